package gantry.state;

/// The database could not do what it was asked: it is in use, damaged, full or too new. The message
/// says which, and what to do.
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public StateException(String message) {
    super(message);
  }

  public StateException(String message, Throwable cause) {
    super(message, cause);
  }
}
