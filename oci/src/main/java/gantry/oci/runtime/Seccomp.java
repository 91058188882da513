package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A filter of system calls. Spec: `config-linux.md`, "Seccomp".
///
/// Names of actions, operators and architectures are the spec's: `SCMP_ACT_ERRNO`, `SCMP_CMP_EQ`,
/// `SCMP_ARCH_X86_64`.
///
/// @param defaultErrnoRet errno of the default action, null for EPERM
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Seccomp(
    String defaultAction,
    @Nullable Integer defaultErrnoRet,
    List<String> architectures,
    List<String> flags,
    List<Rule> syscalls) {
  public Seccomp {
    architectures = Immutable.list(architectures);
    flags = Immutable.list(flags);
    syscalls = Immutable.list(syscalls);
  }

  /// What happens to the calls `names` when all of `args` hold.
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Rule(
      List<String> names, String action, @Nullable Integer errnoRet, List<Argument> args) {
    public Rule {
      names = Immutable.list(names);
      args = Immutable.list(args);
    }
  }

  /// A condition on argument `index`, counted from 0.
  ///
  /// @param value compared with, or the mask of `SCMP_CMP_MASKED_EQ`
  /// @param valueTwo what the masked argument must equal
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Argument(int index, long value, long valueTwo, String op) {}
}
