package gantry.linux.seccomp;

import gantry.linux.KernelVersion;
import gantry.linux.security.Capability;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which system calls a container may make, as a user writes it down: Docker's and OCI's JSON.
///
/// A profile holds for every container and machine; [#compile] makes from it the filter of one
/// container on one machine.
///
/// @param defaultAction what happens to a call that no rule speaks of
/// @param architectures the conventions listed, those of `archMap` for the machine included; the
///   machine's own is always served
/// @param subArchitectures `archMap`: by a machine's own convention those it serves besides
/// @param flags how the filter is installed
public record SeccompProfile(
    SeccompAction defaultAction,
    Set<SeccompArch> architectures,
    Map<SeccompArch, Set<SeccompArch>> subArchitectures,
    Set<Flag> flags,
    List<SeccompRule> rules) {
  public SeccompProfile {
    architectures = Set.copyOf(architectures);
    subArchitectures = Map.copyOf(subArchitectures);
    flags = Set.copyOf(flags);
    rules = List.copyOf(rules);
  }

  /// How a filter is installed: `SECCOMP_FILTER_FLAG_*` of seccomp(2).
  public enum Flag {
    TSYNC(1),
    LOG(1 << 1),
    SPEC_ALLOW(1 << 2),
    WAIT_KILLABLE_RECV(1 << 5);

    private final int bit;

    Flag(int bit) {
      this.bit = bit;
    }

    /// The name in a profile, e.g. `SECCOMP_FILTER_FLAG_LOG`.
    public String ociName() {
      return "SECCOMP_FILTER_FLAG_" + name();
    }
  }

  /// The profile that containers get: equal in effect to Docker's of 28.5.
  public static SeccompProfile defaultProfile() {
    return DefaultProfile.PROFILE;
  }

  /// Reads a profile of at most 1 MiB.
  ///
  /// @throws IllegalArgumentException naming every field that is wrong
  public static SeccompProfile parse(String json) {
    return ProfileReader.read(json);
  }

  /// The rules that hold for a container with these capabilities on this machine, without
  /// conditions left: what an OCI bundle lists.
  public List<SeccompRule> rulesFor(
      Set<Capability> capabilities, SeccompArch host, KernelVersion kernel) {
    return rules.stream().filter(rule -> rule.applies(capabilities, host, kernel)).toList();
  }

  /// The conventions that the filter serves on this machine, its own first.
  public List<SeccompArch> archesFor(SeccompArch host) {
    Set<SeccompArch> listed = EnumSet.of(host);
    listed.addAll(architectures);
    listed.addAll(subArchitectures.getOrDefault(host, Set.of()));
    return FilterCompiler.arches(host, listed);
  }

  /// The filter of one container: an array of `struct sock_filter`, at most 4096 of them, in this
  /// machine's byte order.
  ///
  /// @param capabilities the container's bounding set
  /// @throws IllegalArgumentException when the profile needs a longer program
  public byte[] compile(Set<Capability> capabilities, SeccompArch host, KernelVersion kernel) {
    return new FilterCompiler(defaultAction, rulesFor(capabilities, host, kernel))
        .compile(archesFor(host));
  }

  /// The flags for seccomp(2), without TSYNC: a container begins with one thread.
  public int installFlags() {
    return flags.stream()
        .filter(flag -> flag != Flag.TSYNC)
        .mapToInt(flag -> flag.bit)
        .reduce(0, (a, b) -> a | b);
  }

  /// Whether a rule asks a listener, which somebody must then be.
  public boolean notifies() {
    return rules.stream().anyMatch(rule -> rule.action() instanceof SeccompAction.Notify);
  }
}
