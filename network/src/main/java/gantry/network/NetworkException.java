package gantry.network;

/// A network could not do what was asked: what was tried, why it failed, and what to do.
public final class NetworkException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /// What the failure means to who asked.
  public enum Kind {
    /// The request itself is wrong.
    INVALID,
    NOT_FOUND,
    CONFLICT,
    FORBIDDEN,
    /// The machine cannot, or has no more of it.
    UNAVAILABLE,
    /// The machine refused, for a reason that lies elsewhere on it.
    FAILED
  }

  private final Kind kind;

  public NetworkException(String message) {
    this(Kind.UNAVAILABLE, message);
  }

  public NetworkException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public NetworkException(String message, Throwable cause) {
    super(message, cause);
    kind = Kind.UNAVAILABLE;
  }

  public Kind kind() {
    return kind;
  }
}
