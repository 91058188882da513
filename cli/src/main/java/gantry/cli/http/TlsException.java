package gantry.cli.http;

import java.io.IOException;

/// The two ends do not trust each other, or a key or certificate cannot be read; the message is for
/// the user.
public final class TlsException extends IOException {
  private static final long serialVersionUID = 1L;

  TlsException(String message, Throwable cause) {
    super(message, cause);
  }
}
