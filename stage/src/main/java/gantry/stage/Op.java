package gantry.stage;

/// What a step can do: system calls as they are, and a few operations of more than one call.
///
/// The number is the one in the plan and the index in the stage's own table (`OPS` in stage.c); the
/// letters say what the arguments are: `i` number, `f` descriptor, `s` string, `z` string or
/// nothing, `b` and `g` bytes with their length, `p` list of strings, a digit: a structure of so
/// many times 8 bytes.
public enum Op {
  SETSID(0, "setsid", ""),
  UMASK(1, "umask", "i"),
  OPENAT(2, "openat", "fsii"),
  CLOSE(3, "close", "f"),
  WRITE(4, "write", "fb"),
  MKDIRAT(5, "mkdirat", "fsi"),
  MKNODAT(6, "mknodat", "fsii"),
  SYMLINKAT(7, "symlinkat", "sfs"),
  FCHOWNAT(8, "fchownat", "fsiii"),
  FCHMODAT(9, "fchmodat", "fsi"),
  DUP3(10, "dup3", "fii"),
  MOUNT(11, "mount", "zsziz"),
  UMOUNT2(12, "umount2", "si"),
  OPEN_TREE(13, "open_tree", "fsi"),
  MOVE_MOUNT(14, "move_mount", "fsfsi"),
  MOUNT_SETATTR(15, "mount_setattr", "fsib"),
  PIVOT_ROOT(16, "pivot_root", "ss"),
  FCHDIR(17, "fchdir", "f"),
  CHDIR(18, "chdir", "s"),
  SETNS(19, "setns", "fi"),
  UNSHARE(20, "unshare", "i"),
  SETHOSTNAME(21, "sethostname", "b"),
  SETDOMAINNAME(22, "setdomainname", "b"),
  PRLIMIT64(23, "prlimit64", "ii2"),
  SETRESUID(24, "setresuid", "iii"),
  SETRESGID(25, "setresgid", "iii"),
  SETGROUPS(26, "setgroups", "g"),
  CAPSET(27, "capset", "13"),
  PRCTL(28, "prctl", "iiiii"),
  IOCTL(29, "ioctl", "fii"),
  IOCTL_DATA(30, "ioctl", "fi1"),
  PERSONALITY(31, "personality", "i"),
  CLOSE_RANGE(32, "close_range", "iii"),
  KEYCTL(33, "keyctl", "is"),
  PRCTL_NAME(34, "prctl", "is"),
  /// Directory, path, contents: opens, writes, closes.
  WRITE_FILE(35, "write_file", "fsb"),
  /// Flags and a BPF program.
  SECCOMP(36, "seccomp", "ib"),
  /// Flags, slot of a cgroup v2 directory or -1, index of the parent's next step. The steps that
  /// follow are the child's.
  CLONE(37, "clone3", "iii"),
  /// Path, argv, envp: the end of the child's steps.
  EXEC(38, "execve", "spp"),
  /// Mask of slots to keep, slot of the stdin to close on SIGUSR1, or of the socket over which a
  /// terminal comes then, or -1, slot of the exit record's file, slot of the sync pipe, whether to
  /// record every child and stay until none is left: the end of the parent's steps.
  MONITOR(39, "monitor", "iiiii"),
  /// Socket, descriptor: sends a byte with a copy of the descriptor.
  SEND(40, "sendmsg", "ff"),
  /// Pipe: waits for a byte, from who has done what is to be done outside.
  AWAIT(41, "read", "f");

  private final int number;
  private final String call;
  private final String letters;

  Op(int number, String call, String letters) {
    this.number = number;
    this.call = call;
    this.letters = letters;
  }

  /// The name of the system call, or of the operation.
  public String call() {
    return call;
  }

  int number() {
    return number;
  }

  String letters() {
    return letters;
  }

  int arguments() {
    return letters.length();
  }
}
