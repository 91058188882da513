package gantry.image;

/// Something that could not be done with an image, in a sentence for the person and a kind for the
/// program.
public final class ImageException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// What a failure means.
  public enum Kind {
    /// What was handed in is wrong: a name, an archive, a change.
    INVALID,
    /// There is no such image.
    NOT_FOUND,
    /// It is in use, or otherwise not in a state for it.
    CONFLICT,
    /// The disk is full, or another limit of the machine was met; nothing was changed.
    UNAVAILABLE,
    /// Our own fault, or the machine's.
    INTERNAL
  }

  private final Kind kind;

  public ImageException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public ImageException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }

  /// What was handed in is wrong.
  public static ImageException invalid(String message) {
    return new ImageException(Kind.INVALID, message);
  }

  /// What was handed in is wrong, as `cause` found.
  public static ImageException invalid(String message, Throwable cause) {
    return new ImageException(Kind.INVALID, message, cause);
  }
}
