/* The program of the bundled image hello-world: no libc, two system calls. Built for x86-64 and arm64. */

#if defined(__x86_64__)
#define SYS_write 1
#define SYS_exit 60
static long call3(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
#define SYS_write 64
#define SYS_exit 93
static long call3(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
#else
#error "hello-world is built for x86-64 and arm64"
#endif

static const char greeting[] =
    "\n"
    "Hello from inside a container that Gantry started.\n"
    "\n"
    "What just happened, in the order it did:\n"
    "  1. The client found the daemon's socket, or started the daemon and then found it,\n"
    "     and asked it in HTTP to create a container and to start it.\n"
    "  2. The daemon looked up the image: one layer that holds one file, this program. It laid\n"
    "     an empty, writable directory over that layer: the container's root, mounted nowhere yet.\n"
    "  3. It wrote a launch plan: some seventy system calls in a row, each with its reason.\n"
    "  4. A stage of a few hundred lines of C took the plan, made a process in namespaces and a\n"
    "     cgroup of its own, and ran the plan in it: mount, pivot_root, drop capabilities, filter\n"
    "     system calls, and at the end execve of the program that wrote these lines.\n"
    "  5. These lines went through a pipe to the daemon's log of this container, and to you.\n"
    "\n"
    "See the plan:          gantry explain run hello-world\n"
    "A shell in a box:      gantry run --rm -it busybox\n"
    "\n";

/* Called by the kernel, not by a function: there is nothing to return to. */
__attribute__((noreturn, used)) void hello(void) {
  const char *rest = greeting;
  long left = sizeof greeting - 1;
  while (left > 0) {
    long written = call3(SYS_write, 1, (long)rest, left);
    if (written <= 0) break;
    rest += written;
    left -= written;
  }
  for (;;) call3(SYS_exit, left != 0, 0, 0);
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call hello\n");
#else
__asm__(".globl _start\n_start: mov x29, xzr\n bl hello\n");
#endif
