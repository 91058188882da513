package gantry.runtime.staged;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/// The options of a mount, sorted: what mount(2) takes as flags, what mount_setattr(2) takes, and
/// the rest, which is for the file system.
///
/// Spec: runtime-spec 1.2, `config.md`, "Linux mount options".
///
/// @param flags `MS_` bits for a new file system
/// @param set `MOUNT_ATTR_` bits to add to a bind mount itself
/// @param clear `MOUNT_ATTR_` bits to take from it
/// @param setAll the same for it and all mounts beneath (`rro`, `rnosuid` …)
/// @param clearAll the same
/// @param bind whether this is a bind mount
/// @param recursive whether mounts beneath the source come along
/// @param propagation `MS_` bits, 0 if none was asked for
/// @param data options of the file system, separated by commas
record MountOptions(
    long flags,
    long set,
    long clear,
    long setAll,
    long clearAll,
    boolean bind,
    boolean recursive,
    long propagation,
    String data) {

  static final long ATTR_RDONLY = 1; // MOUNT_ATTR_*, linux/mount.h, since 5.12
  private static final long ATTR_ATIME = 0x70;
  static final long MS_REC = 0x4000; // linux/mount.h
  static final long MS_PRIVATE = 0x40000;

  private record Meaning(long flag, long attribute, boolean on) {}

  private static final Map<String, Meaning> MEANINGS = new HashMap<>();
  private static final Map<String, Long> PROPAGATIONS =
      Map.of(
          "shared", 0x100000L,
          "slave", 0x80000L,
          "private", MS_PRIVATE,
          "unbindable", 0x20000L);

  static {
    pair("ro", "rw", 0x1, ATTR_RDONLY);
    pair("nosuid", "suid", 0x2, 0x2);
    pair("nodev", "dev", 0x4, 0x4);
    pair("noexec", "exec", 0x8, 0x8);
    pair("nodiratime", "diratime", 0x800, 0x80);
    pair("nosymfollow", "symfollow", 0x100, 0x200000);
    pair("noatime", "atime", 0x400, 0x10);
    pair("strictatime", "nostrictatime", 0x1000000, 0x20);
    pair("sync", "async", 0x10, 0);
    pair("dirsync", "nodirsync", 0x80, 0);
    pair("mand", "nomand", 0x40, 0);
    pair("lazytime", "nolazytime", 0x2000000, 0);
    pair("iversion", "noiversion", 0x800000, 0);
    MEANINGS.put("relatime", new Meaning(0x200000, 0, true));
    MEANINGS.put("norelatime", new Meaning(0x200000, 0, false));
    MEANINGS.put("defaults", new Meaning(0, 0, true));
  }

  private static void pair(String on, String off, long flag, long attribute) {
    MEANINGS.put(on, new Meaning(flag, attribute, true));
    MEANINGS.put(off, new Meaning(flag, attribute, false));
  }

  /// Sorts the options of a mount of that type.
  static MountOptions parse(String type, List<String> options) {
    Collector sorted = new Collector();
    sorted.bind = type.equals("bind");
    options.forEach(sorted::add);
    return sorted.result();
  }

  private static final class Collector {
    private long flags;
    private long set;
    private long clear;
    private long setAll;
    private long clearAll;
    private boolean bind;
    private boolean recursive;
    private long propagation;
    private final StringJoiner data = new StringJoiner(",");

    void add(String option) {
      Meaning meaning = MEANINGS.get(option);
      if (meaning != null) {
        flags = meaning.on ? flags | meaning.flag : flags & ~meaning.flag;
        addAttribute(meaning);
      } else if (option.equals("bind") || option.equals("rbind")) {
        bind = true;
        recursive |= option.equals("rbind");
      } else if (!addRecursive(option)) {
        data.add(option);
      }
    }

    private void addAttribute(Meaning meaning) {
      set = meaning.on ? set | meaning.attribute : set & ~meaning.attribute;
      clear = meaning.on ? clear & ~meaning.attribute : clear | meaning.attribute;
    }

    /// Options that begin with `r` and hold for all mounts beneath: `rprivate`, `rro`.
    private boolean addRecursive(String option) {
      boolean all = option.startsWith("r");
      Long kind = PROPAGATIONS.get(all ? option.substring(1) : option);
      if (kind != null) {
        propagation = kind | (all ? MS_REC : 0);
        return true;
      }
      Meaning meaning = all ? MEANINGS.get(option.substring(1)) : null;
      if (meaning == null || meaning.attribute == 0) {
        return false;
      }
      setAll = meaning.on ? setAll | meaning.attribute : setAll;
      clearAll = meaning.on ? clearAll : clearAll | meaning.attribute;
      return true;
    }

    MountOptions result() {
      return new MountOptions(
          flags,
          set,
          atime(set, clear),
          setAll,
          atime(setAll, clearAll),
          bind,
          recursive,
          propagation,
          data.toString());
    }

    /// The three ways to keep access times are one field: to set one is to clear the others.
    private static long atime(long set, long clear) {
      long plain = clear & ~ATTR_ATIME;
      return ((set | clear) & ATTR_ATIME) == 0 ? plain : plain | ATTR_ATIME;
    }
  }
}
