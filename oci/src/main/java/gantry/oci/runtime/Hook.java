package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A program of the host that a runtime runs at some point of a container's life. Spec:
/// `config.md`, "POSIX-platform Hooks".
///
/// @param path absolute, on the host
/// @param args with the program's own name first
/// @param timeout in seconds, null for none
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Hook(String path, List<String> args, List<String> env, @Nullable Integer timeout) {
  public Hook {
    args = Immutable.list(args);
    env = Immutable.list(env);
  }
}
