package gantry.daemon;

import gantry.daemon.config.ConfigException;
import gantry.daemon.config.DaemonConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The keys and certificates of TCP sockets. Apart from the rest, whose classes are loaded at every
/// start.
final class TlsContext {
  private TlsContext() {}

  static SslContext of(DaemonConfig.TlsFiles files) throws IOException {
    Path certificate = readable(files.certificate().orElseThrow());
    Path key = readable(files.key().orElseThrow());
    try {
      SslContextBuilder context =
          SslContextBuilder.forServer(certificate.toFile(), key.toFile())
              .sslProvider(SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2");
      if (files.verifyClients()) {
        context.trustManager(readable(files.authority().orElseThrow()).toFile());
        context.clientAuth(ClientAuth.REQUIRE);
      }
      return context.build();
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "cannot use the TLS files: %s; the key must be PKCS#8 (openssl pkcs8 -topk8 -nocrypt)"
              .formatted(e.getMessage()),
          e);
    }
  }

  private static Path readable(Path file) {
    if (!Files.isReadable(file)) {
      throw new ConfigException("could not load X509 key pair: cannot read " + file);
    }
    return file;
  }
}
