package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;

/// The container's root file system. Spec: `config.md`, "Root".
///
/// @param path absolute, or relative to the bundle; empty when the caller hands over a mount
/// @param readonly whether the container sees it read-only
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Root(String path, boolean readonly) {
  public static final Root NONE = new Root("", false);

  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public Root {
    path = path == null ? "" : path;
  }
}
