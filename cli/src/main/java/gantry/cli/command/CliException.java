package gantry.cli.command;

/// A command ends with a message and an exit code.
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;
  private final int exitCode;

  /// @param message printed on stderr unless it is empty
  public CliException(String message, int exitCode) {
    super(message, null, false, false);
    this.message = message;
    this.exitCode = exitCode;
  }

  /// Ends with exit code 1.
  public CliException(String message) {
    this(message, 1);
  }

  public int exitCode() {
    return exitCode;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
