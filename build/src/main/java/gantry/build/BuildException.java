package gantry.build;

/// A build that cannot go on; the message is for the person who wrote the Dockerfile.
public class BuildException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// What kind of failure it is, for programs.
  public enum Kind {
    /// The Dockerfile, the context or an option is wrong.
    INVALID,
    /// An image, a stage or a file that is named does not exist.
    NOT_FOUND,
    /// A file was changed while the build read it: a new look at it may go well.
    CHANGED,
    /// A step's command ended with another code than 0.
    STEP_FAILED,
    /// Whoever asked for the build gave it up.
    CANCELLED,
    /// The engine or the machine failed.
    INTERNAL
  }

  private final Kind kind;

  public BuildException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  public BuildException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /// Something that the user wrote is wrong.
  public static BuildException invalid(String message) {
    return new BuildException(Kind.INVALID, message);
  }

  public Kind kind() {
    return kind;
  }
}
