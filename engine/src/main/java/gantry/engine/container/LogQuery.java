package gantry.engine.container;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;

/// Which log lines; `tail` empty: all.
public record LogQuery(
    boolean stdout,
    boolean stderr,
    boolean follow,
    boolean timestamps,
    boolean details,
    Optional<Instant> since,
    Optional<Instant> until,
    OptionalInt tail) {}
