package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/// A namespace that the container gets: its own, or an existing one.
///
/// Spec: `config-linux.md`, "Namespaces".
///
/// @param path of the namespace to join, e.g. `/proc/123/ns/net`; empty for a new one
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Namespace(Type type, String path) {
  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public Namespace {
    path = path == null ? "" : path;
  }

  public static Namespace fresh(Type type) {
    return new Namespace(type, "");
  }

  /// The kinds of namespaces, named as the spec does.
  public enum Type {
    @JsonProperty("pid")
    PID,
    @JsonProperty("network")
    NETWORK,
    @JsonProperty("mount")
    MOUNT,
    @JsonProperty("ipc")
    IPC,
    @JsonProperty("uts")
    UTS,
    @JsonProperty("user")
    USER,
    @JsonProperty("cgroup")
    CGROUP,
    @JsonProperty("time")
    TIME
  }
}
