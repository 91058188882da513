package gantry.linux.process;

import static gantry.linux.SyscallException.check;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import java.util.Locale;
import java.util.Set;

/// The kinds of namespaces. See namespaces(7).
public enum Namespace {
  MOUNT("mnt", 0x00020000),
  CGROUP("cgroup", 0x02000000),
  UTS("uts", 0x04000000),
  IPC("ipc", 0x08000000),
  USER("user", 0x10000000),
  PID("pid", 0x20000000),
  NETWORK("net", 0x40000000),
  TIME("time", 0x00000080);

  private static final int CLONE_FS = 0x200; // linux/sched.h

  private final String file;
  private final int flag;

  Namespace(String file, int flag) {
    this.file = file;
    this.flag = flag;
  }

  /// Its name under `/proc/PID/ns`.
  public String file() {
    return file;
  }

  /// Its `CLONE_NEW…` bit.
  public int flag() {
    return flag;
  }

  /// The namespace that the calling thread is in. See [NamespaceThread] for how to be in another.
  public OwnedFd ofThread() {
    return At.open(Fd.CWD, "/proc/thread-self/ns/" + file, OpenFlags.O_RDONLY);
  }

  /// The namespace that a process is in.
  public OwnedFd ofProcess(int pid) {
    return At.open(Fd.CWD, "/proc/" + pid + "/ns/" + file, OpenFlags.O_RDONLY);
  }

  /// Makes a new network namespace that lives as long as its descriptor, or as somebody is in it.
  public static OwnedFd newNetwork() {
    return NamespaceThread.unshared(Set.of(NETWORK), NETWORK::ofThread);
  }

  /// Puts the calling thread into new namespaces of these kinds. Only for a thread that is thrown
  /// away.
  static void unshare(Set<Namespace> kinds) {
    int flags = 0;
    for (Namespace kind : kinds) {
      flags |= kind.flag;
    }
    try (Frame frame = Frame.open()) {
      check(frame.call(Sys.UNSHARE, flags), "unshare", kinds.toString().toLowerCase(Locale.ROOT));
    }
  }

  /// Puts the calling thread into a namespace of this kind. Only for a thread that is thrown away.
  void enter(Fd namespace) {
    try (Frame frame = Frame.open()) {
      if (this == MOUNT) { // refused while root and current directory are shared with other threads
        check(frame.call(Sys.UNSHARE, CLONE_FS), "unshare", "CLONE_FS");
      }
      check(frame.call(Sys.SETNS, namespace.value(), flag), "setns", file);
    }
  }
}
