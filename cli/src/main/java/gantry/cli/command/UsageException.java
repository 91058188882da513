package gantry.cli.command;

/// The command line was not understood; the message is the whole text for stderr, its last line
/// feed excepted.
public final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;
  private final int exitCode;

  public UsageException(String message, int exitCode) {
    super(message, null, false, false);
    this.message = message;
    this.exitCode = exitCode;
  }

  /// 125 for a flag that cannot be read, 1 for a wrong number of arguments or an unknown command.
  public int exitCode() {
    return exitCode;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
