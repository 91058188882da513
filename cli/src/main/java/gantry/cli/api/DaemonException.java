package gantry.cli.api;

/// The daemon refused a call, or could not be reached; the message is for the user.
public final class DaemonException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String message;

  /// In place of a status when there was no answer at all.
  public static final int UNREACHABLE = 0;

  private final int status;

  public DaemonException(int status, String message) {
    super(message, null, false, false);
    this.message = message;
    this.status = status;
  }

  /// The HTTP status, or [#UNREACHABLE].
  public int status() {
    return status;
  }

  public boolean notFound() {
    return status == 404;
  }

  @Override
  public String getMessage() {
    return message;
  }
}
