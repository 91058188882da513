package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/// The steps of a plan in the words of what they do, so that who compiles a config need not know
/// the arguments of each call. Flags are those that have the same value on all architectures.
final class Steps {
  static final int O_RDWR = 2; // asm-generic/fcntl.h
  private static final int O_NOCTTY = 0400;
  private static final int O_CLOEXEC = 02000000;
  private static final int OPEN_TREE_CLONE = 1; // linux/mount.h
  private static final int AT_RECURSIVE = 0x8000; // linux/fcntl.h
  private static final int AT_EMPTY_PATH = 0x1000;
  private static final int MOVE_MOUNT_F_EMPTY_PATH = 4; // linux/mount.h
  private static final int MOVE_MOUNT_T_SYMLINKS = 0x10;
  private static final int MS_BIND = 0x1000;
  private static final int S_IFREG = 0100000;
  private static final long CHANGED_PROPAGATION = 0;

  private final LaunchPlan.Builder plan;

  Steps(LaunchPlan.Builder plan) {
    this.plan = plan;
  }

  LaunchPlan.Builder plan() {
    return plan;
  }

  void mount(String source, String target, String type, long flags, String data, String why) {
    plan.step(
        Op.MOUNT,
        why,
        Arg.text(source),
        Arg.text(target),
        Arg.text(type),
        Arg.number(flags, Notation.MOUNT),
        data.isEmpty() ? Arg.Fixed.NONE : Arg.text(data));
  }

  void bind(String source, String target, long more, String why) {
    plan.step(
        Op.MOUNT,
        why,
        Arg.text(source),
        Arg.text(target),
        Arg.Fixed.NONE,
        Arg.number(MS_BIND | more, Notation.MOUNT),
        Arg.Fixed.NONE);
  }

  void propagate(String target, long propagation, String why) {
    plan.step(
        Op.MOUNT,
        why,
        Arg.Fixed.NONE,
        Arg.text(target),
        Arg.Fixed.NONE,
        Arg.number(propagation, Notation.MOUNT),
        Arg.Fixed.NONE);
  }

  void openTree(Slot slot, String path, boolean recursive, String why) {
    plan.saving(
        slot,
        Op.OPEN_TREE,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.number(OPEN_TREE_CLONE | O_CLOEXEC | (recursive ? AT_RECURSIVE : 0), Notation.HIDDEN));
  }

  void attach(Slot mount, String target, String why) {
    plan.step(
        Op.MOVE_MOUNT,
        why,
        Arg.of(mount),
        Arg.text(""),
        Arg.Fixed.CWD,
        Arg.text(target),
        Arg.number(MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS, Notation.HIDDEN));
  }

  /// Changes a detached mount.
  void change(Slot mount, long set, long clear, long propagation, boolean recursive, String why) {
    plan.step(
        Op.MOUNT_SETATTR,
        why,
        Arg.of(mount),
        Arg.text(""),
        Arg.number(AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), Notation.HIDDEN),
        attributes(set, clear, propagation));
  }

  /// Makes the mount at `path` read-only, for this place in the tree only.
  void readOnly(String path, String why) {
    plan.step(
        Op.MOUNT_SETATTR,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.number(0, Notation.HIDDEN),
        attributes(MountOptions.ATTR_RDONLY, 0, CHANGED_PROPAGATION));
  }

  private static Arg attributes(long set, long clear, long propagation) {
    String shown =
        (set == 0 ? "" : "+" + attributeNames(set))
            + (clear == 0 ? "" : "-" + attributeNames(clear))
            + (propagation == 0 ? "" : Notation.MOUNT.show(propagation));
    return Arg.bytes(Structures.mountAttributes(set, clear, propagation), shown);
  }

  private static String attributeNames(long bits) {
    StringJoiner names = new StringJoiner("|");
    String[] known = {"ro", "nosuid", "nodev", "noexec", "noatime", "strictatime"};
    for (int i = 0; i < known.length; i++) {
      if ((bits & (1L << i)) != 0) {
        names.add(known[i]);
      }
    }
    return names.toString();
  }

  void mkdir(String path, int mode, String why) {
    plan.step(Op.MKDIRAT, why, Arg.Fixed.CWD, Arg.text(path), Arg.number(mode, Notation.MODE))
        .ignoring(Errno.EEXIST);
  }

  /// Makes `path` and the directories above it where they are missing. A read-only or full file
  /// system does not matter here: what needs the directory says so.
  void mkdirs(String path, String why) {
    for (String prefix : prefixes(path)) {
      mkdir(prefix, 0755, why);
    }
  }

  /// Makes an empty file, and the directories above it, where they are missing.
  void touch(String path, String why) {
    int slash = path.lastIndexOf('/');
    mkdirs(path.substring(0, Math.max(slash, 0)), why);
    mknod(path, S_IFREG | 0755, 0, why);
    plan.ignoring(Errno.EEXIST);
  }

  void mknod(String path, int mode, long device, String why) {
    plan.step(
        Op.MKNODAT,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.number(mode, Notation.MODE),
        Arg.number(device, device == 0 ? Notation.HIDDEN : Notation.DEVICE));
  }

  void symlink(String target, String path, String why) {
    plan.step(Op.SYMLINKAT, why, Arg.text(target), Arg.Fixed.CWD, Arg.text(path))
        .ignoring(Errno.EEXIST);
  }

  void chown(Slot file, int uid, int gid, String why) {
    plan.step(
        Op.FCHOWNAT,
        why,
        Arg.of(file),
        Arg.text(""),
        Arg.number(uid, Notation.ID),
        Arg.number(gid, Notation.ID),
        Arg.number(AT_EMPTY_PATH, Notation.HIDDEN));
  }

  void chown(String path, int uid, int gid, String why) {
    plan.step(
        Op.FCHOWNAT,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.number(uid, Notation.ID),
        Arg.number(gid, Notation.ID),
        Arg.number(0, Notation.HIDDEN));
  }

  void write(String path, String text, String why) {
    plan.step(
        Op.WRITE_FILE,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.bytes(text.getBytes(StandardCharsets.UTF_8), "\"" + text + "\""));
  }

  void open(Slot slot, String path, int flags, String why) {
    plan.saving(
        slot,
        Op.OPENAT,
        why,
        Arg.Fixed.CWD,
        Arg.text(path),
        Arg.number(flags | O_CLOEXEC | O_NOCTTY, Notation.OPEN),
        Arg.number(0, Notation.HIDDEN));
  }

  void prctl(long function, long argument, String why) {
    prctl(function, argument, 0, why);
  }

  void prctl(long function, long first, long second, String why) {
    plan.step(
        Op.PRCTL,
        why,
        Arg.number(function, Notation.PRCTL),
        Arg.number(first),
        Arg.number(second, second == 0 ? Notation.HIDDEN : Notation.DECIMAL),
        Arg.number(0, Notation.HIDDEN),
        Arg.number(0, Notation.HIDDEN));
  }

  void setns(Slot namespace, long kinds, String why) {
    plan.step(Op.SETNS, why, Arg.of(namespace), Arg.number(kinds, Notation.CLONE));
  }

  /// `/a/b/c` → `/a`, `/a/b`, `/a/b/c`.
  static List<String> prefixes(String path) {
    List<String> prefixes = new ArrayList<>();
    for (int at = 1; at > 0 && at < path.length(); ) {
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      if (end > at) {
        prefixes.add(path.substring(0, end));
      }
      at = end + 1;
    }
    return prefixes;
  }
}
