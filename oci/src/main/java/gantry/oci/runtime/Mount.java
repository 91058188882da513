package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/// One mount inside the container. Spec: `config.md`, "Mounts".
///
/// @param destination absolute path in the container
/// @param type file system type, or `bind`; empty means `bind` when the options say so
/// @param source host path, device or pseudo name
/// @param options as of mount(8): `ro nosuid rbind rprivate size=64k …`
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Mount(String destination, String type, String source, List<String> options) {
  @SuppressWarnings("ConstantValue") // Jackson passes null for what the document leaves out
  public Mount {
    type = type == null ? "" : type;
    source = source == null ? "" : source;
    options = Immutable.list(options);
  }

  public static Mount of(String destination, String type, String source, String... options) {
    return new Mount(destination, type, source, List.of(options));
  }
}
