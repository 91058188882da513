package gantry.linux.seccomp;

import gantry.linux.KernelVersion;
import gantry.linux.seccomp.SeccompRule.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What containers may call when nobody says otherwise: equal in effect to Docker's profile of
/// 28.5, so that what runs there runs here.
///
/// A call that is not listed fails with EPERM. Not listed are those that reach past the container
/// (`mount`, `setns`, `bpf`, `ptrace` before Linux 4.8), hand the kernel's insides to a program
/// (`keyctl`, `userfaultfd`, `io_uring_setup`, which has had too many holes), or are obsolete
/// (`uselib`, `_sysctl`). Those that the kernel itself guards by a capability are let through to
/// whoever holds it.
final class DefaultProfile {
  private static final SeccompAction ALLOW = new SeccompAction.Allow();
  private static final SeccompAction ENOSYS = new SeccompAction.Errno(38);
  private static final int AF_VSOCK = 40;
  private static final String SYS_ADMIN = "CAP_SYS_ADMIN";

  /// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET`.
  private static final long NEW_NAMESPACES = 0x7e020000L;

  private static final String FILES =
      """
      access cachestat chdir chmod chown chown32 copy_file_range creat faccessat faccessat2
      fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown
      fchown32 fchownat fdatasync fgetxattr flistxattr flock fremovexattr fsetxattr fstat fstat64
      fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futimesat getcwd getdents getdents64
      getxattr getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch lchown
      lchown32 lgetxattr link linkat listmount listxattr listxattrat llistxattr _llseek
      lremovexattr lseek lsetxattr lstat lstat64 mkdir mkdirat mknod mknodat name_to_handle_at
      newfstatat open openat openat2 readahead readlink readlinkat removexattr removexattrat
      rename renameat renameat2 rmdir setxattr setxattrat stat stat64 statfs statfs64 statmount
      statx symlink symlinkat sync sync_file_range syncfs truncate truncate64 umask unlink
      unlinkat utime utimensat utimensat_time64 utimes
      """;

  private static final String DESCRIPTORS =
      """
      close close_range dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old
      epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 fcntl fcntl64 io_cancel
      io_destroy io_getevents io_pgetevents io_pgetevents_time64 io_setup io_submit ioctl
      memfd_create memfd_secret _newselect pipe pipe2 poll ppoll ppoll_time64 pread64 preadv
      preadv2 pselect6 pselect6_time64 pwrite64 pwritev pwritev2 read readv select sendfile
      sendfile64 signalfd signalfd4 splice tee vmsplice write writev
      """;

  private static final String MEMORY =
      """
      brk madvise map_shadow_stack membarrier mincore mlock mlock2 mlockall mmap mmap2 mprotect
      mremap mseal msync munlock munlockall munmap pkey_alloc pkey_free pkey_mprotect
      process_mrelease remap_file_pages
      """;

  private static final String PROCESSES =
      """
      capget capset execve execveat exit exit_group fork get_robust_list get_thread_area getcpu
      getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getpgid getpgrp
      getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
      getrusage getsid gettid getuid getuid32 ioprio_get ioprio_set landlock_add_rule
      landlock_create_ruleset landlock_restrict_self pidfd_open pidfd_send_signal prctl prlimit64
      riscv_hwprobe rseq sched_get_priority_max sched_get_priority_min sched_getaffinity
      sched_getattr sched_getparam sched_getscheduler sched_rr_get_interval
      sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
      sched_setscheduler sched_yield seccomp set_robust_list set_thread_area set_tid_address
      setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32 setpgid
      setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid
      setreuid32 setrlimit setsid setuid setuid32 sysinfo times ugetrlimit uname uretprobe vfork
      wait4 waitid waitpid
      """;

  private static final String SIGNALS_AND_LOCKS =
      """
      futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake kill pause
      restart_syscall rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn
      rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo sigaltstack
      sigprocmask sigreturn tgkill tkill
      """;

  private static final String TIME =
      """
      adjtimex alarm clock_adjtime clock_adjtime64 clock_getres clock_getres_time64 clock_gettime
      clock_gettime64 clock_nanosleep clock_nanosleep_time64 getitimer gettimeofday nanosleep
      setitimer time timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64
      timer_settime timer_settime64 timerfd_create timerfd_gettime timerfd_gettime64
      timerfd_settime timerfd_settime64
      """;

  private static final String SYSTEM_V_AND_POSIX_IPC =
      """
      ipc mq_getsetattr mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend
      mq_timedsend_time64 mq_unlink msgctl msgget msgrcv msgsnd semctl semget semop semtimedop
      semtimedop_time64 shmat shmctl shmdt shmget
      """;

  private static final String SOCKETS =
      """
      accept accept4 bind connect getpeername getsockname getsockopt listen recv recvfrom recvmmsg
      recvmmsg_time64 recvmsg send sendmmsg sendmsg sendto setsockopt shutdown socketcall
      socketpair
      """;

  static final SeccompProfile PROFILE =
      new SeccompProfile(
          new SeccompAction.Errno(1),
          Set.of(),
          Map.of(
              SeccompArch.X86_64, Set.of(SeccompArch.X86, SeccompArch.X32),
              SeccompArch.AARCH64, Set.of(SeccompArch.ARM)),
          Set.of(),
          rules());

  private DefaultProfile() {}

  private static List<SeccompRule> rules() {
    List<SeccompRule> rules = new ArrayList<>();
    for (String names :
        List.of(
            FILES,
            DESCRIPTORS,
            MEMORY,
            PROCESSES,
            SIGNALS_AND_LOCKS,
            TIME,
            SYSTEM_V_AND_POSIX_IPC,
            SOCKETS)) {
      rules.add(allow(names, Condition.NONE));
    }
    addTested(rules);
    addByMachine(rules);
    addByCapability(rules);
    return List.copyOf(rules);
  }

  private static void addTested(List<SeccompRule> rules) {
    // vsock reaches the machine's hypervisor from any network namespace
    rules.add(tested("socket", new ArgumentTest(0, ArgumentTest.Operator.NOT_EQUAL, AF_VSOCK, 0)));
    // PER_LINUX, PER_LINUX32, each with and without UNAME26, and the question what it is
    for (long persona : new long[] {0, 0x8, 0x20000, 0x20008, 0xffffffffL}) {
      rules.add(
          tested("personality", new ArgumentTest(0, ArgumentTest.Operator.EQUAL, persona, 0)));
    }
    ArgumentTest noNamespaces =
        new ArgumentTest(0, ArgumentTest.Operator.MASKED_EQUAL, NEW_NAMESPACES, 0);
    rules.add(
        new SeccompRule(
            List.of("clone"),
            ALLOW,
            List.of(noNamespaces),
            "",
            Condition.NONE,
            capability(SYS_ADMIN)));
    rules.add(
        new SeccompRule(
            List.of("clone3"),
            ENOSYS,
            List.of(),
            "its flags are in memory, where a filter cannot look; libc falls back to clone",
            Condition.NONE,
            capability(SYS_ADMIN)));
  }

  private static void addByMachine(List<SeccompRule> rules) {
    rules.add(
        allow(
            "process_vm_readv process_vm_writev ptrace",
            new Condition(List.of(), List.of(), Optional.of(new KernelVersion(4, 8)))));
    rules.add(
        allow(
            "arm_fadvise64_64 arm_sync_file_range breakpoint cacheflush set_tls sync_file_range2",
            arches("arm", "arm64")));
    rules.add(allow("arch_prctl", arches("amd64", "x32")));
    rules.add(allow("modify_ldt", arches("amd64", "x32", "x86")));
  }

  private static void addByCapability(List<SeccompRule> rules) {
    rules.add(allow("open_by_handle_at", capability("CAP_DAC_READ_SEARCH")));
    rules.add(
        allow(
            """
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
            lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount
            open_tree perf_event_open quotactl quotactl_fd setdomainname sethostname setns syslog
            umount umount2 unshare
            """,
            capability(SYS_ADMIN)));
    rules.add(allow("reboot", capability("CAP_SYS_BOOT")));
    rules.add(allow("chroot", capability("CAP_SYS_CHROOT")));
    rules.add(allow("delete_module finit_module init_module", capability("CAP_SYS_MODULE")));
    rules.add(allow("acct", capability("CAP_SYS_PACCT")));
    rules.add(
        allow(
            "kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace",
            capability("CAP_SYS_PTRACE")));
    rules.add(allow("ioperm iopl", capability("CAP_SYS_RAWIO")));
    rules.add(
        allow("clock_settime clock_settime64 settimeofday stime", capability("CAP_SYS_TIME")));
    rules.add(allow("vhangup", capability("CAP_SYS_TTY_CONFIG")));
    rules.add(
        allow(
            "get_mempolicy mbind set_mempolicy set_mempolicy_home_node",
            capability("CAP_SYS_NICE")));
    rules.add(allow("syslog", capability("CAP_SYSLOG")));
    rules.add(allow("bpf", capability("CAP_BPF")));
    rules.add(allow("perf_event_open", capability("CAP_PERFMON")));
  }

  private static SeccompRule allow(String names, Condition includes) {
    return new SeccompRule(
        List.of(names.strip().split("\\s+", -1)), ALLOW, List.of(), "", includes, Condition.NONE);
  }

  private static SeccompRule tested(String name, ArgumentTest test) {
    return new SeccompRule(List.of(name), ALLOW, List.of(test), "", Condition.NONE, Condition.NONE);
  }

  private static Condition capability(String name) {
    return new Condition(List.of(name), List.of(), Optional.empty());
  }

  private static Condition arches(String... names) {
    return new Condition(List.of(), List.of(names), Optional.empty());
  }
}
