/* Makes system calls that a container must not make, with arguments that do no harm where they are allowed, and
   prints for each its name and the errno. No libc: nothing but the calls themselves. x86-64. */

static long call(long number, long a, long b, long c, long d, long e) {
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = 0;
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

struct probe {
  const char *name;
  long number, a, b, c, d, e;
};

#define BAD (-1L) /* a bad pointer, descriptor or flag: EFAULT, EBADF or EINVAL where the call is allowed */

static const struct probe probes[] = {
    {"acct", 163, BAD, 0, 0, 0, 0},
    {"add_key", 248, BAD, BAD, 0, 0, 0},
    {"adjtimex", 159, BAD, 0, 0, 0, 0},
    {"afs_syscall", 183, 0, 0, 0, 0, 0},
    {"bpf", 321, 99, BAD, 0, 0, 0},
    {"cachestat", 451, BAD, BAD, BAD, BAD, 0},
    {"chroot", 161, BAD, 0, 0, 0, 0},
    {"clock_adjtime", 305, 0, BAD, 0, 0, 0},
    {"clock_settime", 227, 0, BAD, 0, 0, 0},
    {"clone3", 435, 0, 0, 0, 0, 0},
    {"clone(NEWNET)", 56, 0x40000000L | 0x800, 0, 0, 0, 0}, /* CLONE_SIGHAND without CLONE_VM is EINVAL */
    {"clone(NEWUSER)", 56, 0x10000000L | 0x800, 0, 0, 0, 0},
    {"create_module", 174, BAD, 0, 0, 0, 0},
    {"delete_module", 176, BAD, BAD, 0, 0, 0},
    {"fanotify_init", 300, BAD, BAD, 0, 0, 0},
    {"finit_module", 313, BAD, BAD, BAD, 0, 0},
    {"fsconfig", 431, BAD, BAD, 0, 0, 0},
    {"fsmount", 432, BAD, BAD, 0, 0, 0},
    {"fsopen", 430, BAD, BAD, 0, 0, 0},
    {"fspick", 433, BAD, BAD, BAD, 0, 0},
    {"get_kernel_syms", 177, BAD, 0, 0, 0, 0},
    {"get_mempolicy", 239, BAD, BAD, 0, 0, BAD},
    {"init_module", 175, BAD, 0, BAD, 0, 0},
    {"io_uring_enter", 426, BAD, 0, 0, 0, 0},
    {"io_uring_register", 427, BAD, 0, 0, 0, 0},
    {"io_uring_setup", 425, 0, BAD, 0, 0, 0},
    {"ioperm", 173, BAD, 1, 1, 0, 0},
    {"iopl", 172, 99, 0, 0, 0, 0},
    {"kcmp", 312, BAD, BAD, BAD, 0, 0},
    {"kexec_file_load", 320, BAD, BAD, 0, 0, BAD},
    {"kexec_load", 246, 0, 99999, BAD, BAD, 0},
    {"keyctl", 250, 99, 0, 0, 0, 0},
    {"landlock_create_ruleset", 444, BAD, 1, 0, 0, 0},
    {"lookup_dcookie", 212, 0, BAD, 0, 0, 0},
    {"mbind", 237, BAD, BAD, BAD, BAD, BAD},
    {"memfd_secret", 447, BAD, 0, 0, 0, 0},
    {"migrate_pages", 256, BAD, 0, BAD, BAD, 0},
    {"mount", 165, BAD, BAD, BAD, 0, 0},
    {"mount_setattr", 442, BAD, BAD, BAD, 0, 0},
    {"move_mount", 429, BAD, BAD, BAD, BAD, BAD},
    {"move_pages", 279, BAD, 0, BAD, BAD, BAD},
    {"name_to_handle_at", 303, BAD, BAD, BAD, BAD, BAD},
    {"nfsservctl", 180, 0, 0, 0, 0, 0},
    {"open_by_handle_at", 304, BAD, BAD, 0, 0, 0},
    {"open_tree", 428, BAD, BAD, BAD, 0, 0},
    {"perf_event_open", 298, BAD, BAD, BAD, BAD, BAD},
    {"personality(linux)", 135, 0, 0, 0, 0, 0},
    {"personality(bsd)", 135, 6, 0, 0, 0, 0},
    {"pidfd_getfd", 438, BAD, BAD, BAD, 0, 0},
    {"pidfd_open", 434, BAD, BAD, 0, 0, 0},
    {"pivot_root", 155, BAD, BAD, 0, 0, 0},
    {"process_madvise", 440, BAD, BAD, 0, 0, 0},
    {"process_vm_readv", 310, BAD, BAD, 1, BAD, 1},
    {"process_vm_writev", 311, BAD, BAD, 1, BAD, 1},
    {"ptrace", 101, 16, BAD, 0, 0, 0},
    {"query_module", 178, 0, 0, 0, 0, 0},
    {"quotactl", 179, BAD, BAD, 0, 0, 0},
    {"quotactl_fd", 443, BAD, BAD, 0, 0, 0},
    {"reboot", 169, BAD, BAD, 0, 0, 0},
    {"request_key", 249, BAD, BAD, BAD, 0, 0},
    {"seccomp", 317, BAD, 0, 0, 0, 0},
    {"set_mempolicy", 238, BAD, BAD, BAD, 0, 0},
    {"set_mempolicy_home_node", 450, BAD, BAD, BAD, BAD, 0},
    {"setdomainname", 171, BAD, 1, 0, 0, 0},
    {"sethostname", 170, BAD, 1, 0, 0, 0},
    {"setns", 308, BAD, 0, 0, 0, 0},
    {"settimeofday", 164, BAD, 0, 0, 0, 0},
    {"socket(ALG)", 41, 38, 0, 0, 0, 0},
    {"socket(INET,RAW)", 41, 2, 3, 1, 0, 0},
    {"socket(PACKET)", 41, 17, 3, 0, 0, 0},
    {"socket(VSOCK)", 41, 40, 1, 0, 0, 0},
    {"swapoff", 168, BAD, 0, 0, 0, 0},
    {"swapon", 167, BAD, 0, 0, 0, 0},
    {"_sysctl", 156, BAD, 0, 0, 0, 0},
    {"sysfs", 139, 99, 0, 0, 0, 0},
    {"syslog", 103, 99, 0, 0, 0, 0},
    {"tuxcall", 184, 0, 0, 0, 0, 0},
    {"umount2", 166, BAD, BAD, 0, 0, 0},
    {"unshare(NEWNS)", 272, 0x00020000L, 0, 0, 0, 0},
    {"unshare(NEWUSER)", 272, 0x10000000L, 0, 0, 0, 0},
    {"uselib", 134, BAD, 0, 0, 0, 0},
    {"userfaultfd", 323, BAD, 0, 0, 0, 0},
    {"ustat", 136, 0, BAD, 0, 0, 0},
    {"vhangup", 153, 0, 0, 0, 0, 0},
    {"vserver", 236, 0, 0, 0, 0, 0},
    {"unknown(999)", 999, 0, 0, 0, 0, 0},
};

static char line[128];
static int length;

static void put(char c) {
  line[length++] = c;
}

static void text(const char *s) {
  while (*s) put(*s++);
}

static void number(long n) {
  if (n >= 10) number(n / 10);
  put((char)('0' + n % 10));
}

__attribute__((noreturn, used)) void probe(void) {
  for (unsigned i = 0; i < sizeof probes / sizeof *probes; i++) {
    const struct probe *p = &probes[i];
    long result = call(p->number, p->a, p->b, p->c, p->d, p->e);
    length = 0;
    text(p->name);
    put(' ');
    number(result < 0 ? -result : 0);
    put('\n');
    call(1, 1, (long)line, length, 0, 0);
  }
  for (;;) call(60, 0, 0, 0, 0, 0);
}

__asm__(".globl _start\n_start: xor %ebp, %ebp\n and $-16, %rsp\n call probe\n");
