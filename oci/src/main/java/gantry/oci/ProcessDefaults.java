package gantry.oci;

import com.fasterxml.jackson.annotation.JsonFormat;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What an image says of the processes run from it: the `config` object of the image config.
///
/// Docker's superset of the spec's fields; those of a container alone (`Hostname`, `Tty`, …), which
/// old Docker wrote here too, are read and dropped.
///
/// Spec: OCI image-spec 1.1, `config.md`, `config`; Docker's image-spec 1.3.
///
/// @param env `NAME=value`
/// @param exposedPorts `80/tcp`
/// @param stopTimeoutSeconds from SIGTERM to SIGKILL
/// @param argsEscaped Windows only: the command line is escaped already
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record ProcessDefaults(
    @JsonProperty("User") String user,
    @JsonProperty("ExposedPorts")
        @JsonSerialize(using = EmptyObjects.Writer.class)
        @JsonDeserialize(using = EmptyObjects.Reader.class)
        Set<String> exposedPorts,
    @JsonProperty("Env") List<String> env,
    @JsonProperty("Entrypoint") @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<String> entrypoint,
    @JsonProperty("Cmd") @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<String> cmd,
    @JsonProperty("Healthcheck") Optional<Healthcheck> healthcheck,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("ArgsEscaped") boolean argsEscaped,
    @JsonProperty("Volumes")
        @JsonSerialize(using = EmptyObjects.Writer.class)
        @JsonDeserialize(using = EmptyObjects.Reader.class)
        Set<String> volumes,
    @JsonProperty("WorkingDir") String workingDir,
    @JsonProperty("OnBuild") List<String> onBuild,
    @JsonProperty("Labels") Map<String, String> labels,
    @JsonProperty("StopSignal") Optional<String> stopSignal,
    @JsonProperty("StopTimeout") Optional<Integer> stopTimeoutSeconds,
    @JsonProperty("Shell") @JsonFormat(with = JsonFormat.Feature.ACCEPT_SINGLE_VALUE_AS_ARRAY)
        List<String> shell) {

  public ProcessDefaults {
    user = Values.text(user);
    exposedPorts = Values.set(exposedPorts);
    env = Values.list(env);
    entrypoint = Values.list(entrypoint);
    cmd = Values.list(cmd);
    volumes = Values.set(volumes);
    workingDir = Values.text(workingDir);
    onBuild = Values.list(onBuild);
    labels = Values.map(labels);
    stopSignal = stopSignal.filter(s -> !s.isEmpty());
    shell = Values.list(shell);
  }

  /// Nothing said.
  public static ProcessDefaults none() {
    return new Builder().build();
  }

  /// A builder that starts from these.
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.user = user;
    builder.exposedPorts = exposedPorts;
    builder.env = env;
    builder.entrypoint = entrypoint;
    builder.cmd = cmd;
    builder.healthcheck = healthcheck;
    builder.argsEscaped = argsEscaped;
    builder.volumes = volumes;
    builder.workingDir = workingDir;
    builder.onBuild = onBuild;
    builder.labels = labels;
    builder.stopSignal = stopSignal;
    builder.stopTimeoutSeconds = stopTimeoutSeconds;
    builder.shell = shell;
    return builder;
  }

  /// Puts a [ProcessDefaults] together; starts with nothing said.
  public static final class Builder {
    private String user = "";
    private Set<String> exposedPorts = Set.of();
    private List<String> env = List.of();
    private List<String> entrypoint = List.of();
    private List<String> cmd = List.of();
    private Optional<Healthcheck> healthcheck = Optional.empty();
    private boolean argsEscaped;
    private Set<String> volumes = Set.of();
    private String workingDir = "";
    private List<String> onBuild = List.of();
    private Map<String, String> labels = Map.of();
    private Optional<String> stopSignal = Optional.empty();
    private Optional<Integer> stopTimeoutSeconds = Optional.empty();
    private List<String> shell = List.of();

    private Builder() {}

    public Builder user(String value) {
      user = value;
      return this;
    }

    public Builder exposedPorts(Set<String> values) {
      exposedPorts = values;
      return this;
    }

    public Builder env(List<String> values) {
      env = values;
      return this;
    }

    public Builder entrypoint(List<String> values) {
      entrypoint = values;
      return this;
    }

    public Builder cmd(List<String> values) {
      cmd = values;
      return this;
    }

    public Builder healthcheck(Optional<Healthcheck> value) {
      healthcheck = value;
      return this;
    }

    public Builder volumes(Set<String> values) {
      volumes = values;
      return this;
    }

    public Builder workingDir(String value) {
      workingDir = value;
      return this;
    }

    public Builder onBuild(List<String> values) {
      onBuild = values;
      return this;
    }

    public Builder labels(Map<String, String> values) {
      labels = values;
      return this;
    }

    /// Adds a label, or replaces its value.
    public Builder label(String name, String value) {
      Map<String, String> changed = new LinkedHashMap<>(labels);
      changed.put(name, value);
      labels = changed;
      return this;
    }

    public Builder stopSignal(Optional<String> value) {
      stopSignal = value;
      return this;
    }

    public Builder stopTimeoutSeconds(Optional<Integer> value) {
      stopTimeoutSeconds = value;
      return this;
    }

    public Builder shell(List<String> values) {
      shell = values;
      return this;
    }

    public ProcessDefaults build() {
      return new ProcessDefaults(
          user,
          exposedPorts,
          env,
          entrypoint,
          cmd,
          healthcheck,
          argsEscaped,
          volumes,
          workingDir,
          onBuild,
          labels,
          stopSignal,
          stopTimeoutSeconds,
          shell);
    }
  }
}
