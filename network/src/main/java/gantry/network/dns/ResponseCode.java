package gantry.network.dns;

/// What an answer says of its question (RFC 1035, 4.1.1).
final class ResponseCode {
  static final int NO_ERROR = 0;
  static final int FORMAT_ERROR = 1;
  static final int SERVER_FAILURE = 2;
  static final int NOT_IMPLEMENTED = 4;
  static final int REFUSED = 5;

  private ResponseCode() {}
}
