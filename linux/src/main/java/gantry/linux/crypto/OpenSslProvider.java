package gantry.linux.crypto;

import java.security.Provider;
import java.security.Security;
import org.jspecify.annotations.Nullable;

/// SHA-256 by the machine's libcrypto, for `MessageDigest` and all that is built on it.
///
/// Only the second compiler of the virtual machine knows the processor's instructions for SHA, and
/// the daemon runs without that compiler (see `daemon.args`); libcrypto always knows them. Where
/// the library is missing the provider offers nothing, and Java's own digest is used.
public final class OpenSslProvider extends Provider {
  private static final long serialVersionUID = 1;
  private static final String DIGEST = "MessageDigest";
  private static final String SHA256 = "SHA-256";

  private final transient @Nullable Service sha256;

  OpenSslProvider() {
    super("GantryOpenSsl", "1", "SHA-256 by the machine's libcrypto");
    Service service =
        new Service(this, DIGEST, SHA256, OpenSslSha256.class.getName(), null, null) {
          @Override
          public Object newInstance(@Nullable Object parameter) {
            return new OpenSslSha256();
          }
        };
    putService(service);
    sha256 = service;
  }

  /// Prefers this provider to Java's own from now on, in the whole virtual machine.
  public static void install() {
    Security.insertProviderAt(new OpenSslProvider(), 1);
  }

  /// The library is looked for when the first digest is wanted, not when the process starts.
  @Override
  public @Nullable Service getService(String type, String algorithm) {
    boolean asked = type.equals(DIGEST) && algorithm.equalsIgnoreCase(SHA256);
    return asked && OpenSslSha256.isAvailable() ? sha256 : null;
  }
}
