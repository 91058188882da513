/* What the stage needs of the kernel's interface, so that no libc and no kernel headers are needed
 * to build it for another architecture. Numbers: asm/unistd_64.h (x86-64), asm-generic/unistd.h
 * (arm64); from 424 on both have the same. Structures are those of linux 5.14, little-endian. */
#ifndef GANTRY_SYSCALLS_H
#define GANTRY_SYSCALLS_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef int i32;
typedef long i64;

#if defined(__x86_64__)
#define NR(x86_64, arm64) (x86_64)
#elif defined(__aarch64__)
#define NR(x86_64, arm64) (arm64)
#else
#error "the stage is written for x86-64 and arm64"
#endif

enum {
  NR_capset = NR(126, 91),
  NR_chdir = NR(80, 49),
  NR_clock_gettime = NR(228, 113),
  NR_clone = NR(56, 220),
  NR_clone3 = 435,
  NR_close = NR(3, 57),
  NR_close_range = 436,
  NR_dup3 = NR(292, 24),
  NR_execve = NR(59, 221),
  NR_exit_group = NR(231, 94),
  NR_fchdir = NR(81, 50),
  NR_fchmodat = NR(268, 53),
  NR_fchownat = NR(260, 54),
  NR_getpid = NR(39, 172),
  NR_ioctl = NR(16, 29),
  NR_keyctl = NR(250, 219),
  NR_kill = NR(62, 129),
  NR_lseek = NR(8, 62),
  NR_mkdirat = NR(258, 34),
  NR_mknodat = NR(259, 33),
  NR_mmap = NR(9, 222),
  NR_mount = NR(165, 40),
  NR_mount_setattr = 442,
  NR_move_mount = 429,
  NR_munmap = NR(11, 215),
  NR_open_tree = 428,
  NR_openat = NR(257, 56),
  NR_personality = NR(135, 92),
  NR_pivot_root = NR(155, 41),
  NR_prctl = NR(157, 167),
  NR_prlimit64 = NR(302, 261),
  NR_read = NR(0, 63),
  NR_recvmsg = NR(47, 212),
  NR_rt_sigaction = NR(13, 134),
  NR_rt_sigprocmask = NR(14, 135),
  NR_rt_sigtimedwait = NR(128, 137),
  NR_seccomp = NR(317, 277),
  NR_sendmsg = NR(46, 211),
  NR_setdomainname = NR(171, 162),
  NR_setgroups = NR(116, 159),
  NR_sethostname = NR(170, 161),
  NR_setpgid = NR(109, 154),
  NR_setns = NR(308, 268),
  NR_setresgid = NR(119, 149),
  NR_setresuid = NR(117, 147),
  NR_setsid = NR(112, 157),
  NR_symlinkat = NR(266, 36),
  NR_umask = NR(95, 166),
  NR_umount2 = NR(166, 39),
  NR_unshare = NR(272, 97),
  NR_wait4 = NR(61, 260),
  NR_waitid = NR(247, 95),
  NR_write = NR(1, 64),
};

enum {
  AT_FDCWD = -100,
  CLOCK_MONOTONIC = 1,
  CLOCK_REALTIME = 0,
  EINTR = 4,
  ECANCELED = 125,
  FIONREAD = 0x541b,
  EINVAL = 22,
  ECHILD = 10,
  MAP_SHARED = 1,
  O_CLOEXEC = 02000000,
  O_WRONLY = 1,
  PROT_READ_WRITE = 3,
  SEEK_CUR = 1,
  SEEK_END = 2,
  SIG_SETMASK = 2,
  SIGCHLD = 17,
  SIGKILL = 9,
  SIGSTOP = 19,
  SIGTERM = 15,
  SIGUSR1 = 10,
  SIGNALS = 64,
};

enum { P_ALL = 0, WNOHANG = 1, WEXITED = 4, WNOWAIT = 0x01000000, CLD_EXITED = 1, CLD_DUMPED = 3 };

enum { SECCOMP_SET_MODE_FILTER = 1, KEYCTL_JOIN_SESSION_KEYRING = 1 };

enum {
  ENOTSOCK = 88,
  MSG_CMSG_CLOEXEC = 0x40000000,
  MSG_DONTWAIT = 0x40,
  MSG_NOSIGNAL = 0x4000,
  SCM_RIGHTS = 1,
  SOL_SOCKET = 1,
};

#define CLONE_FILES 0x400ul
#define CLONE_VFORK 0x4000ul
#define CLONE_INTO_CGROUP 0x200000000ul
#define CLONE_NAMESPACES 0x7e020080ul /* NEWTIME NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET */
#define CLONE_ALLOWED (CLONE_FILES | CLONE_VFORK | CLONE_NAMESPACES)

struct timespec {
  i64 seconds;
  i64 nanoseconds;
};

struct clone_args { /* linux/sched.h, version 2 */
  u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
  u64 set_tid, set_tid_size, cgroup;
};

struct sock_fprog { /* linux/filter.h */
  u16 length;
  u16 padding[3];
  u64 filter;
};

struct iovec {
  void *base;
  u64 length;
};

struct msghdr { /* linux/socket.h */
  u64 name, name_length;
  struct iovec *vector;
  u64 vector_length;
  void *control;
  u64 control_length, flags;
};

struct control { /* struct cmsghdr, with one descriptor */
  u64 length;
  i32 level, type, fd, padding;
};
enum { CONTROL = 20 };

struct kernel_sigaction {
  u64 handler, flags, restorer, mask;
};

struct siginfo { /* asm-generic/siginfo.h, of a child that ended */
  i32 signal, error, code, padding, pid, uid, status, rest[25];
};

#if defined(__x86_64__)
static inline i64 syscall6(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f) {
  register i64 r10 __asm__("r10") = d;
  register i64 r8 __asm__("r8") = e;
  register i64 r9 __asm__("r9") = f;
  i64 result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}
/* A program's first instructions: calls `function` with the address of argc, argv and envp. */
#define ENTRY(function) \
  "mov %rsp, %rdi\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call " function "\n  hlt"
#else
static inline i64 syscall6(i64 number, i64 a, i64 b, i64 c, i64 d, i64 e, i64 f) {
  register i64 x8 __asm__("x8") = number;
  register i64 x0 __asm__("x0") = a;
  register i64 x1 __asm__("x1") = b;
  register i64 x2 __asm__("x2") = c;
  register i64 x3 __asm__("x3") = d;
  register i64 x4 __asm__("x4") = e;
  register i64 x5 __asm__("x5") = f;
  __asm__ volatile("svc 0"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                   : "memory");
  return x0;
}
#define ENTRY(function) "mov x0, sp\n  mov x29, xzr\n  mov x30, xzr\n  bl " function "\n  brk 0"
#endif

#define CALL1(n, a) syscall6(n, (i64)(a), 0, 0, 0, 0, 0)
#define CALL2(n, a, b) syscall6(n, (i64)(a), (i64)(b), 0, 0, 0, 0)
#define CALL3(n, a, b, c) syscall6(n, (i64)(a), (i64)(b), (i64)(c), 0, 0, 0)
#define CALL4(n, a, b, c, d) syscall6(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), 0, 0)
#define CALL5(n, a, b, c, d, e) syscall6(n, (i64)(a), (i64)(b), (i64)(c), (i64)(d), (i64)(e), 0)

#endif
