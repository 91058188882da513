package gantry.oci.runtime;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/// A device node to make in the container. Spec: `config-linux.md`, "Devices".
///
/// @param type `c` or `u` (character), `b` (block), `p` (fifo)
/// @param fileMode permission bits, null for 0666
/// @param uid null for 0
/// @param gid null for 0
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Device(
    String type,
    String path,
    long major,
    long minor,
    @Nullable Integer fileMode,
    @Nullable Integer uid,
    @Nullable Integer gid) {}
