package gantry.linux.nftables;

/// The packet filter could not be changed: libnftables is missing, or refused, in its own words.
public final class NftablesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  NftablesException(String message) {
    super(message);
  }

  NftablesException(String message, Throwable cause) {
    super(message, cause);
  }
}
