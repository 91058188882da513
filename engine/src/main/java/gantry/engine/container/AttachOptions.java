package gantry.engine.container;

import java.util.Optional;

/// @param logs replay what was logged first
/// @param stream go on with live output
/// @param detachKeys `ctrl-p,ctrl-q` form; empty for the default
public record AttachOptions(
    boolean stdin,
    boolean stdout,
    boolean stderr,
    boolean logs,
    boolean stream,
    Optional<String> detachKeys) {}
