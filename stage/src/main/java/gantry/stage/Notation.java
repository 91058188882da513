package gantry.stage;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/// How a number of a step is shown: the kernel's names where it has some.
public enum Notation {
  DECIMAL {
    @Override
    public String show(long value) {
      return Long.toString(value);
    }
  },
  /// Permission bits.
  MODE {
    @Override
    public String show(long value) {
      return "0" + Long.toOctalString(value & 07777);
    }
  },
  /// A user or group: -1 stands for "as it is".
  ID {
    @Override
    public String show(long value) {
      return Integer.toString((int) value);
    }
  },
  /// A device's major and minor numbers.
  DEVICE {
    @Override
    public String show(long value) {
      return ((value >> 8) & 0xfff) + ":" + ((value & 0xff) | ((value >> 12) & 0xfff00));
    }
  },
  /// `MS_` flags of mount(2), linux/mount.h.
  MOUNT {
    @Override
    public String show(long value) {
      return names(value, MOUNT_FLAGS);
    }
  },
  /// `O_` flags of open(2), the few that are the same on all architectures.
  OPEN {
    @Override
    public String show(long value) {
      return names(value, OPEN_FLAGS);
    }
  },
  /// `CLONE_` flags of clone3, setns and unshare.
  CLONE {
    @Override
    public String show(long value) {
      return names(value, CLONE_FLAGS);
    }
  },
  /// Flags that say nothing to a reader.
  HIDDEN {
    @Override
    public String show(long value) {
      return "";
    }
  },
  HEX {
    @Override
    public String show(long value) {
      return "0x" + Long.toHexString(value);
    }
  },
  /// The first argument of prctl(2).
  PRCTL {
    @Override
    public String show(long value) {
      return switch ((int) value) {
        case 1 -> "PR_SET_PDEATHSIG";
        case 4 -> "PR_SET_DUMPABLE";
        case 8 -> "PR_SET_KEEPCAPS";
        case 15 -> "PR_SET_NAME";
        case 24 -> "PR_CAPBSET_DROP";
        case 36 -> "PR_SET_CHILD_SUBREAPER";
        case 38 -> "PR_SET_NO_NEW_PRIVS";
        case 47 -> "PR_CAP_AMBIENT";
        default -> Long.toString(value);
      };
    }
  },
  /// A resource of setrlimit(2), asm-generic/resource.h.
  RLIMIT {
    @Override
    public String show(long value) {
      return value >= 0 && value < RLIMITS.length ? RLIMITS[(int) value] : Long.toString(value);
    }
  },
  /// A capability's number.
  CAPABILITY {
    @Override
    public String show(long value) {
      return "capability " + value;
    }
  };

  private static final String[] RLIMITS = {
    "RLIMIT_CPU",
    "RLIMIT_FSIZE",
    "RLIMIT_DATA",
    "RLIMIT_STACK",
    "RLIMIT_CORE",
    "RLIMIT_RSS",
    "RLIMIT_NPROC",
    "RLIMIT_NOFILE",
    "RLIMIT_MEMLOCK",
    "RLIMIT_AS",
    "RLIMIT_LOCKS",
    "RLIMIT_SIGPENDING",
    "RLIMIT_MSGQUEUE",
    "RLIMIT_NICE",
    "RLIMIT_RTPRIO",
    "RLIMIT_RTTIME"
  };

  private static final Map<Long, String> MOUNT_FLAGS = new LinkedHashMap<>();
  private static final Map<Long, String> OPEN_FLAGS = new LinkedHashMap<>();
  private static final Map<Long, String> CLONE_FLAGS = new LinkedHashMap<>();

  static {
    MOUNT_FLAGS.put(0x1L, "ro");
    MOUNT_FLAGS.put(0x2L, "nosuid");
    MOUNT_FLAGS.put(0x4L, "nodev");
    MOUNT_FLAGS.put(0x8L, "noexec");
    MOUNT_FLAGS.put(0x10L, "sync");
    MOUNT_FLAGS.put(0x20L, "remount");
    MOUNT_FLAGS.put(0x400L, "noatime");
    MOUNT_FLAGS.put(0x800L, "nodiratime");
    MOUNT_FLAGS.put(0x1000L, "bind");
    MOUNT_FLAGS.put(0x4000L, "rec");
    MOUNT_FLAGS.put(0x20000L, "unbindable");
    MOUNT_FLAGS.put(0x40000L, "private");
    MOUNT_FLAGS.put(0x80000L, "slave");
    MOUNT_FLAGS.put(0x100000L, "shared");
    MOUNT_FLAGS.put(0x200000L, "relatime");
    MOUNT_FLAGS.put(0x1000000L, "strictatime");
    OPEN_FLAGS.put(0x1L, "write");
    OPEN_FLAGS.put(0x2L, "read-write");
    OPEN_FLAGS.put(0x40L, "create");
    OPEN_FLAGS.put(0x80L, "exclusive");
    OPEN_FLAGS.put(0x100L, "noctty");
    CLONE_FLAGS.put(0x20000L, "NEWNS");
    CLONE_FLAGS.put(0x20000000L, "NEWPID");
    CLONE_FLAGS.put(0x8000000L, "NEWIPC");
    CLONE_FLAGS.put(0x4000000L, "NEWUTS");
    CLONE_FLAGS.put(0x40000000L, "NEWNET");
    CLONE_FLAGS.put(0x2000000L, "NEWCGROUP");
    CLONE_FLAGS.put(0x10000000L, "NEWUSER");
    CLONE_FLAGS.put(0x80L, "NEWTIME");
    CLONE_FLAGS.put(0x400L, "FILES");
  }

  /// The number in words.
  public abstract String show(long value);

  private static String names(long value, Map<Long, String> flags) {
    StringJoiner names = new StringJoiner("|");
    flags.forEach(
        (bit, name) -> {
          if ((value & bit) != 0) {
            names.add(name);
          }
        });
    return names.toString();
  }
}
