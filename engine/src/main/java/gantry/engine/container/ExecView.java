package gantry.engine.container;

import java.util.OptionalInt;

/// An exec at one moment.
///
/// @param exitCode empty until it ended
public record ExecView(
    String id,
    String containerId,
    ExecSpec spec,
    boolean started,
    boolean running,
    OptionalInt exitCode,
    int pid) {}
