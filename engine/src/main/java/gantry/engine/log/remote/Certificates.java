package gantry.engine.log.remote;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// TLS as the `syslog-tls-…` options ask for it: files of PEM.
final class Certificates {
  private static final long FILE_MAX = 1 << 20;

  private Certificates() {}

  static Optional<Syslog.Security> security(Map<String, String> options, List<String> problems) {
    boolean check = options.getOrDefault("syslog-tls-skip-verify", "").isEmpty();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(
          keys(options),
          check ? trust(options.getOrDefault("syslog-tls-ca-cert", "")) : everybody(),
          null);
      return Optional.of(new Syslog.Security(context, check));
    } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
      problems.add("cannot set up TLS for syslog: " + e.getMessage());
      return Optional.empty();
    }
  }

  /// The machine's own authorities when no file is named.
  private static TrustManager[] trust(String file) throws IOException, GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore store = null;
    if (!file.isEmpty()) {
      store = empty();
      int number = 0;
      for (Certificate certificate : certificates(file)) {
        store.setCertificateEntry("ca-" + number++, certificate);
      }
    }
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] keys(Map<String, String> options)
      throws IOException, GeneralSecurityException {
    String certificate = options.getOrDefault("syslog-tls-cert", "");
    String key = options.getOrDefault("syslog-tls-key", "");
    if (certificate.isEmpty() && key.isEmpty()) {
      return new KeyManager[0];
    }
    KeyStore store = empty();
    char[] nothing = new char[0];
    store.setKeyEntry(
        "client", privateKey(key), nothing, certificates(certificate).toArray(Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, nothing);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static byte[] read(String file) throws IOException {
    Path path = Path.of(file);
    if (!Files.isRegularFile(path) || Files.size(path) > FILE_MAX) {
      throw new IOException("'%s' is no file of at most 1 MiB".formatted(file));
    }
    return Files.readAllBytes(path);
  }

  private static Collection<? extends Certificate> certificates(String file)
      throws IOException, GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(read(file)));
  }

  private static PrivateKey privateKey(String file) throws IOException, GeneralSecurityException {
    String pem = new String(read(file), StandardCharsets.US_ASCII);
    String head = "-----BEGIN PRIVATE KEY-----";
    int begin = pem.indexOf(head);
    int end = pem.indexOf("-----END PRIVATE KEY-----");
    if (begin < 0 || end < begin) {
      throw new IOException(
          "'%s' has no key in PKCS#8 form; make one by 'openssl pkcs8 -topk8 -nocrypt'"
              .formatted(file));
    }
    byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin + head.length(), end));
    PKCS8EncodedKeySpec spec = new PKCS8EncodedKeySpec(der);
    for (String algorithm : List.of("RSA", "EC")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (GeneralSecurityException _) { // of another kind
      }
    }
    return KeyFactory.getInstance("EdDSA").generatePrivate(spec);
  }

  /// For `syslog-tls-skip-verify`, as its user asked: encrypted, and nobody's identity is checked.
  private static TrustManager[] everybody() {
    return new TrustManager[] {
      new X509ExtendedTrustManager() {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkClientTrusted(
            X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkServerTrusted(
            X509Certificate[] chain, String type, java.net.Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
          return new X509Certificate[0];
        }
      }
    };
  }
}
