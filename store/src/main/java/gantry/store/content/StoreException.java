package gantry.store.content;

/// A request that the Store does not fulfil, with the code that the distribution-spec has for it
/// and a sentence for the person.
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /// Why; the names are those on the wire.
  ///
  /// Spec: OCI distribution-spec 1.1, "Error Codes".
  public enum Code {
    BLOB_UNKNOWN(404),
    BLOB_UPLOAD_INVALID(400),
    BLOB_UPLOAD_UNKNOWN(404),
    DIGEST_INVALID(400),
    MANIFEST_BLOB_UNKNOWN(404),
    MANIFEST_INVALID(400),
    MANIFEST_UNKNOWN(404),
    NAME_INVALID(400),
    NAME_UNKNOWN(404),
    SIZE_INVALID(400),
    UNAUTHORIZED(401),
    DENIED(403),
    UNSUPPORTED(405),
    TOOMANYREQUESTS(429),
    // Not of the spec, which has no word for these.
    PAGINATION_NUMBER_INVALID(400),
    RANGE_INVALID(416),
    TAG_INVALID(400),
    UNAVAILABLE(503),
    UNKNOWN(500);

    private final int status;

    Code(int status) {
      this.status = status;
    }

    /// The HTTP status that goes with it, where nothing more fitting is said.
    public int status() {
      return status;
    }
  }

  private final Code code;
  private final int status;

  public StoreException(Code code, String message) {
    this(code, code.status(), message);
  }

  public StoreException(Code code, int status, String message) {
    super(message);
    this.code = code;
    this.status = status;
  }

  public StoreException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.status = code.status();
  }

  public Code code() {
    return code;
  }

  public int status() {
    return status;
  }
}
