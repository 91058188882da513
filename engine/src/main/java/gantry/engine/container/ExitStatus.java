package gantry.engine.container;

/// How a wait ended: the exit code (128 + n for signal n), and an error when the wait itself failed
/// (empty otherwise).
public record ExitStatus(int code, String error) {}
