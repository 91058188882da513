package gantry.image.tar;

/// An archive that is damaged, cut off, beyond our limits, or has an entry that must not be made.
/// The message names the entry and says why.
public final class TarException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public TarException(String message) {
    super(message);
  }

  public TarException(String message, Throwable cause) {
    super(message, cause);
  }
}
