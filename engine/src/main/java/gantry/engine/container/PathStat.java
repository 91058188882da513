package gantry.engine.container;

import java.time.Instant;

/// A path in a container.
///
/// @param mode st_mode of the kernel
/// @param linkTarget where a symbolic link leads inside the container; empty for anything else
public record PathStat(
    String name, long sizeBytes, int mode, Instant modified, String linkTarget) {}
