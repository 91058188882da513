package gantry.oci;

/// Text or bytes from outside that are not what they should be. The message is a sentence for the
/// person who sent them, in Docker's words where its clients match the text.
public final class FormatException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public FormatException(String message) {
    super(message);
  }

  public FormatException(String message, Throwable cause) {
    super(message, cause);
  }
}
