package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A process to run: the container's first, or one more by exec. Spec: `config.md`, "Process".
///
/// @param consoleSize size of the terminal when there is one
/// @param args command and arguments; the first is looked up in the container's `PATH`
/// @param env `NAME=value`
/// @param cwd absolute path in the container
/// @param capabilities null leaves the caller's capabilities as they are
/// @param apparmorProfile empty for none
/// @param oomScoreAdj -1000 to 1000, null to inherit
/// @param selinuxLabel empty for none
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ProcessSpec(
    boolean terminal,
    @Nullable ConsoleSize consoleSize,
    User user,
    List<String> args,
    List<String> env,
    String cwd,
    @Nullable Capabilities capabilities,
    List<Rlimit> rlimits,
    boolean noNewPrivileges,
    String apparmorProfile,
    @Nullable Integer oomScoreAdj,
    String selinuxLabel) {

  public static final ProcessSpec EMPTY =
      new ProcessSpec(
          false, null, User.ROOT, List.of(), List.of(), "/", null, List.of(), false, "", null, "");

  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public ProcessSpec {
    user = user == null ? User.ROOT : user;
    args = Immutable.list(args);
    env = Immutable.list(env);
    cwd = cwd == null || cwd.isEmpty() ? "/" : cwd;
    rlimits = Immutable.list(rlimits);
    apparmorProfile = apparmorProfile == null ? "" : apparmorProfile;
    selinuxLabel = selinuxLabel == null ? "" : selinuxLabel;
  }

  /// Size of a terminal in characters.
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record ConsoleSize(int height, int width) {}

  /// The five capability sets, each a list of names such as `CAP_CHOWN`.
  @JsonIgnoreProperties(ignoreUnknown = true)
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  public record Capabilities(
      List<String> bounding,
      List<String> effective,
      List<String> inheritable,
      List<String> permitted,
      List<String> ambient) {
    public Capabilities {
      bounding = Immutable.list(bounding);
      effective = Immutable.list(effective);
      inheritable = Immutable.list(inheritable);
      permitted = Immutable.list(permitted);
      ambient = Immutable.list(ambient);
    }

    /// Bounding, effective and permitted are `names`; nothing is inheritable or ambient: what a
    /// container of Docker's gets.
    public static Capabilities of(List<String> names) {
      return new Capabilities(names, names, List.of(), names, List.of());
    }
  }

  public ProcessSpec withTerminal(boolean changed) {
    return builder().terminal(changed).build();
  }

  public ProcessSpec withUser(User changed) {
    return builder().user(changed).build();
  }

  public ProcessSpec withArgs(List<String> changed) {
    return builder().args(changed).build();
  }

  public ProcessSpec withEnv(List<String> changed) {
    return builder().env(changed).build();
  }

  public ProcessSpec withCwd(String changed) {
    return builder().cwd(changed).build();
  }

  public ProcessSpec withCapabilities(Capabilities changed) {
    return builder().capabilities(changed).build();
  }

  public ProcessSpec withRlimits(List<Rlimit> changed) {
    return builder().rlimits(changed).build();
  }

  public ProcessSpec withNoNewPrivileges(boolean changed) {
    return builder().noNewPrivileges(changed).build();
  }

  /// A builder that starts from this process.
  public Builder builder() {
    return new Builder(this);
  }

  /// Collects the parts of a process; not thread-safe.
  public static final class Builder {
    private boolean terminal;
    private @Nullable ConsoleSize consoleSize;
    private User user;
    private List<String> args;
    private List<String> env;
    private String cwd;
    private @Nullable Capabilities capabilities;
    private List<Rlimit> rlimits;
    private boolean noNewPrivileges;
    private String apparmorProfile;
    private @Nullable Integer oomScoreAdj;
    private String selinuxLabel;

    private Builder(ProcessSpec from) {
      terminal = from.terminal;
      consoleSize = from.consoleSize;
      user = from.user;
      args = from.args;
      env = from.env;
      cwd = from.cwd;
      capabilities = from.capabilities;
      rlimits = from.rlimits;
      noNewPrivileges = from.noNewPrivileges;
      apparmorProfile = from.apparmorProfile;
      oomScoreAdj = from.oomScoreAdj;
      selinuxLabel = from.selinuxLabel;
    }

    public Builder terminal(boolean value) {
      terminal = value;
      return this;
    }

    public Builder consoleSize(ConsoleSize value) {
      consoleSize = value;
      return this;
    }

    public Builder user(User value) {
      user = value;
      return this;
    }

    public Builder args(List<String> value) {
      args = value;
      return this;
    }

    public Builder env(List<String> value) {
      env = value;
      return this;
    }

    public Builder cwd(String value) {
      cwd = value;
      return this;
    }

    public Builder capabilities(@Nullable Capabilities value) {
      capabilities = value;
      return this;
    }

    public Builder rlimits(List<Rlimit> value) {
      rlimits = value;
      return this;
    }

    public Builder noNewPrivileges(boolean value) {
      noNewPrivileges = value;
      return this;
    }

    public Builder apparmorProfile(String value) {
      apparmorProfile = value;
      return this;
    }

    public Builder oomScoreAdj(@Nullable Integer value) {
      oomScoreAdj = value;
      return this;
    }

    public Builder selinuxLabel(String value) {
      selinuxLabel = value;
      return this;
    }

    public ProcessSpec build() {
      return new ProcessSpec(
          terminal,
          consoleSize,
          user,
          args,
          env,
          cwd,
          capabilities,
          rlimits,
          noNewPrivileges,
          apparmorProfile,
          oomScoreAdj,
          selinuxLabel);
    }
  }
}
