package gantry.linux.security;

import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// One of the powers that root is made of, in the kernel's order: the ordinal is the bit.
///
/// Source: `linux/capability.h` (41 of them since Linux 5.9), capabilities(7).
public enum Capability {
  CHOWN,
  DAC_OVERRIDE,
  DAC_READ_SEARCH,
  FOWNER,
  FSETID,
  KILL,
  SETGID,
  SETUID,
  SETPCAP,
  LINUX_IMMUTABLE,
  NET_BIND_SERVICE,
  NET_BROADCAST,
  NET_ADMIN,
  NET_RAW,
  IPC_LOCK,
  IPC_OWNER,
  SYS_MODULE,
  SYS_RAWIO,
  SYS_CHROOT,
  SYS_PTRACE,
  SYS_PACCT,
  SYS_ADMIN,
  SYS_BOOT,
  SYS_NICE,
  SYS_RESOURCE,
  SYS_TIME,
  SYS_TTY_CONFIG,
  MKNOD,
  LEASE,
  AUDIT_WRITE,
  AUDIT_CONTROL,
  SETFCAP,
  MAC_OVERRIDE,
  MAC_ADMIN,
  SYSLOG,
  WAKE_ALARM,
  BLOCK_SUSPEND,
  AUDIT_READ,
  PERFMON,
  BPF,
  CHECKPOINT_RESTORE;

  /// The word that stands for every capability in `--cap-add` and `--cap-drop`.
  public static final String ALL = "ALL";

  /// What a container has when nobody says otherwise: Docker's fourteen.
  public static final Set<Capability> CONTAINER_DEFAULT =
      Collections.unmodifiableSet(
          EnumSet.of(
              CHOWN,
              DAC_OVERRIDE,
              FSETID,
              FOWNER,
              MKNOD,
              NET_RAW,
              SETGID,
              SETUID,
              SETFCAP,
              SETPCAP,
              NET_BIND_SERVICE,
              SYS_CHROOT,
              KILL,
              AUDIT_WRITE));

  private static final String PREFIX = "CAP_";
  private static final Map<String, Capability> BY_NAME = new HashMap<>();

  static {
    for (Capability capability : values()) {
      BY_NAME.put(capability.linuxName(), capability);
    }
  }

  /// The kernel's name, e.g. `CAP_NET_RAW`.
  public String linuxName() {
    return PREFIX + name();
  }

  /// The kernel's number, 0 to 40, for capset(2) and prctl(2).
  @SuppressWarnings("EnumOrdinal") // the order is the kernel's, and a test holds it
  public int number() {
    return ordinal();
  }

  /// The bit of this capability in a mask, as in `/proc/<pid>/status`.
  public long mask() {
    return 1L << number();
  }

  /// Reads a name with or without `CAP_`, in any case.
  ///
  /// @throws IllegalArgumentException with Docker's words when there is no such capability
  public static Capability parse(String name) {
    String full = normalize(name);
    Capability found = BY_NAME.get(full);
    if (found == null) {
      throw new IllegalArgumentException("unknown capability: \"%s\"".formatted(full));
    }
    return found;
  }

  /// The name as Docker stores it: upper case with `CAP_`, or [#ALL].
  ///
  /// @throws IllegalArgumentException when there is no such capability
  public static String canonical(String name) {
    return isAll(name) ? ALL : parse(name).linuxName();
  }

  /// What a container gets that asks for `add` and `drop`, as Docker reads the two options: an
  /// `ALL` in `add` gives everything available but `drop`; an `ALL` in `drop` leaves only `add`;
  /// else the default, without `drop`, with `add` (which wins over `drop`).
  ///
  /// @param available what the engine itself has to give, see [#boundingSet]
  /// @throws IllegalArgumentException when a name is unknown, or named in `add` and not available
  public static Set<Capability> select(
      Collection<String> add, Collection<String> drop, Set<Capability> available) {
    Set<Capability> added = parseAll("CapAdd", add);
    Set<Capability> dropped = parseAll("CapDrop", drop);
    requireAvailable(added, available);
    Set<Capability> result = EnumSet.noneOf(Capability.class);
    if (add.stream().anyMatch(Capability::isAll)) {
      result.addAll(available);
      result.removeAll(dropped);
      return result;
    }
    if (drop.stream().noneMatch(Capability::isAll)) {
      result.addAll(CONTAINER_DEFAULT);
      result.retainAll(available);
      result.removeAll(dropped);
    }
    result.addAll(added);
    return result;
  }

  /// The capabilities of a mask; bits the kernel has and this enum does not are left out.
  public static Set<Capability> ofMask(long mask) {
    Set<Capability> result = EnumSet.noneOf(Capability.class);
    for (Capability capability : values()) {
      if ((mask & capability.mask()) != 0) {
        result.add(capability);
      }
    }
    return result;
  }

  /// The mask of a set.
  public static long maskOf(Collection<Capability> capabilities) {
    return capabilities.stream().mapToLong(Capability::mask).reduce(0, (a, b) -> a | b);
  }

  /// The bounding set (`CapBnd`) in the text of a `/proc/<pid>/status`: nobody can be given more.
  ///
  /// @throws IllegalArgumentException when the text has no such line
  public static Set<Capability> boundingSet(String status) {
    return status
        .lines()
        .filter(line -> line.startsWith("CapBnd:"))
        .findFirst()
        .map(line -> ofMask(Long.parseUnsignedLong(line.substring(7).strip(), 16)))
        .orElseThrow(() -> new IllegalArgumentException("no CapBnd line in the process status"));
  }

  private static Set<Capability> parseAll(String option, Collection<String> names) {
    Set<Capability> result = EnumSet.noneOf(Capability.class);
    try {
      names.stream().filter(name -> !isAll(name)).map(Capability::parse).forEach(result::add);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("invalid %s: %s".formatted(option, e.getMessage()), e);
    }
    return result;
  }

  private static void requireAvailable(Set<Capability> added, Set<Capability> available) {
    List<String> missing =
        added.stream().filter(c -> !available.contains(c)).map(Capability::linuxName).toList();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          "capability not supported by your kernel or not available in the current environment: "
              + missing.stream().map(name -> '"' + name + '"').collect(Collectors.joining(", ")));
    }
  }

  private static boolean isAll(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.equals(ALL) || upper.equals(PREFIX + ALL);
  }

  private static String normalize(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith(PREFIX) ? upper : PREFIX + upper;
  }
}
