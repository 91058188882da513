package gantry.engine.spec;

import gantry.linux.KernelVersion;
import gantry.linux.seccomp.ArgumentTest;
import gantry.linux.seccomp.SeccompAction;
import gantry.linux.seccomp.SeccompArch;
import gantry.linux.seccomp.SeccompProfile;
import gantry.linux.seccomp.SeccompRule;
import gantry.linux.security.AppArmor;
import gantry.linux.security.Capability;
import gantry.oci.runtime.Seccomp;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// What the machine and the engine give to every container: the capabilities there are to give, the
/// filter of system calls, the AppArmor profile. Thread-safe.
///
/// @param available capabilities that this process has to give
/// @param seccomp the profile of containers that name none
/// @param appArmor name of the profile of containers that name none; empty where AppArmor is off
/// @param swapLimit whether the kernel counts swap of a group
/// @param oomScoreAdj this process's own, which a container would inherit
/// @param filters of the default profile, by capabilities: containers share them
public record HostProfile(
    Set<Capability> available,
    SeccompProfile seccomp,
    Optional<String> appArmor,
    KernelVersion kernel,
    boolean swapLimit,
    int oomScoreAdj,
    Map<Set<Capability>, Seccomp> filters) {

  public HostProfile(
      Set<Capability> available,
      SeccompProfile seccomp,
      boolean appArmor,
      KernelVersion kernel,
      boolean swapLimit,
      int oomScoreAdj) {
    this(
        available,
        seccomp,
        appArmor ? Optional.of(AppArmor.DEFAULT_PROFILE) : Optional.empty(),
        kernel,
        swapLimit,
        oomScoreAdj,
        new ConcurrentHashMap<>());
  }

  /// The default filter for a container with these capabilities.
  Seccomp defaultFilter(Set<Capability> capabilities) {
    return filters.computeIfAbsent(capabilities, these -> filter(seccomp, these));
  }

  /// A profile as an OCI config has it: no conditions left.
  Seccomp filter(SeccompProfile profile, Set<Capability> capabilities) {
    SeccompArch host = SeccompArch.host();
    return new Seccomp(
        profile.defaultAction().ociName(),
        number(profile.defaultAction()),
        profile.archesFor(host).stream().map(SeccompArch::ociName).toList(),
        profile.flags().stream().map(SeccompProfile.Flag::ociName).toList(),
        profile.rulesFor(capabilities, host, kernel).stream().map(HostProfile::rule).toList());
  }

  private static Seccomp.Rule rule(SeccompRule rule) {
    return new Seccomp.Rule(
        rule.names(),
        rule.action().ociName(),
        number(rule.action()),
        rule.args().stream().map(HostProfile::argument).toList());
  }

  private static Seccomp.Argument argument(ArgumentTest test) {
    return new Seccomp.Argument(
        test.index(), test.value(), test.valueTwo(), test.operator().ociName());
  }

  private static @Nullable Integer number(SeccompAction action) {
    return switch (action) {
      case SeccompAction.Errno(int number) -> number;
      case SeccompAction.Trace(int number) -> number;
      default -> null;
    };
  }
}
