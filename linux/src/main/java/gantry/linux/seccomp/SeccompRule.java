package gantry.linux.seccomp;

import gantry.linux.KernelVersion;
import gantry.linux.security.Capability;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// One entry of a profile's `syscalls`: what happens to calls of these names, when all of `args`
/// hold (or one of them, where two speak of the same argument, as runc reads that).
///
/// @param names system calls; one that an architecture does not have is ignored there
/// @param comment the author's words, empty when none
/// @param includes the rule is there only where all of this holds
/// @param excludes the rule is not there where any of this holds
public record SeccompRule(
    List<String> names,
    SeccompAction action,
    List<ArgumentTest> args,
    String comment,
    Condition includes,
    Condition excludes) {
  public SeccompRule {
    names = List.copyOf(names);
    args = List.copyOf(args);
  }

  /// Where a rule applies; what is empty says nothing.
  ///
  /// @param capabilities names such as `CAP_SYS_ADMIN`; an unknown one is held by nobody
  /// @param arches names such as `amd64`
  public record Condition(
      List<String> capabilities, List<String> arches, Optional<KernelVersion> minKernel) {
    /// Says nothing.
    public static final Condition NONE = new Condition(List.of(), List.of(), Optional.empty());

    public Condition {
      capabilities = List.copyOf(capabilities);
      arches = List.copyOf(arches);
    }
  }

  /// Whether the rule is there for a container with these capabilities on this machine.
  boolean applies(Set<Capability> held, SeccompArch host, KernelVersion kernel) {
    List<String> names = held.stream().map(Capability::linuxName).toList();
    boolean excluded =
        excludes.arches.contains(host.profileName())
            || excludes.capabilities.stream().anyMatch(names::contains)
            || excludes.minKernel.filter(kernel::atLeast).isPresent();
    return !excluded
        && (includes.arches.isEmpty() || includes.arches.contains(host.profileName()))
        && names.containsAll(includes.capabilities)
        && includes.minKernel.map(kernel::atLeast).orElse(true);
  }
}
