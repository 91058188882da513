package gantry.http;

import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// The key and certificates of TCP sockets. Apart from the rest, whose classes are loaded at every
/// start.
public final class TlsContext {
  private final SslContext context;

  private TlsContext(SslContext context) {
    this.context = context;
  }

  /// Reads PEM files: a certificate with what leads to its root, and its key in PKCS#8.
  ///
  /// @param clientAuthority whose certificates clients must show; none are asked for when empty
  /// @throws IOException naming the file that cannot be used
  public static TlsContext of(Path certificate, Path key, Optional<Path> clientAuthority)
      throws IOException {
    try {
      SslContextBuilder context =
          SslContextBuilder.forServer(readable(certificate).toFile(), readable(key).toFile())
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2");
      if (clientAuthority.isPresent()) {
        context.trustManager(readable(clientAuthority.get()).toFile());
        context.clientAuth(ClientAuth.REQUIRE);
      }
      return new TlsContext(context.build());
    } catch (IllegalArgumentException e) {
      throw new IOException(
          "cannot use the TLS files: %s; the key must be PKCS#8 (openssl pkcs8 -topk8 -nocrypt)"
              .formatted(e.getMessage()),
          e);
    }
  }

  private static Path readable(Path file) throws IOException {
    if (!Files.isReadable(file)) {
      throw new IOException("could not load X509 key pair: cannot read " + file);
    }
    return file;
  }

  SslContext context() {
    return context;
  }
}
