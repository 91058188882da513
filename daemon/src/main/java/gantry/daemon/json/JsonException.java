package gantry.daemon.json;

/// A document that is no JSON, or not of the expected shape. The message names the field and is
/// meant for the person who sent the document.
public final class JsonException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public JsonException(String message) {
    super(message);
  }

  public JsonException(String message, Throwable cause) {
    super(message, cause);
  }
}
