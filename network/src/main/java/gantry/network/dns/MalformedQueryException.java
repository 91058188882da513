package gantry.network.dns;

/// Bytes that are no query that can be answered.
final class MalformedQueryException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int code;

  MalformedQueryException(int code, String message) {
    super(message);
    this.code = code;
  }

  /// What the sender is told, see [ResponseCode].
  int code() {
    return code;
  }
}
