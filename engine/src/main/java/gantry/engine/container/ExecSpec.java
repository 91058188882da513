package gantry.engine.container;

import java.util.List;
import java.util.Optional;

/// A further program for a running container.
public record ExecSpec(
    List<String> command,
    List<String> environment,
    String workingDirectory,
    String user,
    boolean privileged,
    boolean terminal,
    boolean attachStdin,
    boolean attachStdout,
    boolean attachStderr,
    TerminalSize terminalSize,
    Optional<String> detachKeys) {}
