package gantry.engine;

/// A request that failed: a kind for the program, a sentence for the person.
public final class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final ErrorKind kind;

  public EngineException(ErrorKind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public EngineException(ErrorKind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public ErrorKind kind() {
    return kind;
  }
}
