package gantry.cli.http;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/// Reads [TlsFiles].
final class TlsKeys {
  private static final Pattern KEY =
      Pattern.compile(
          "-----BEGIN (RSA |EC |)PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END \\1PRIVATE KEY-----");

  /// What PKCS #8 has in front of a key of PKCS #1: version 0, `rsaEncryption`, no parameters.
  private static final byte[] RSA_HEAD = {
    2, 1, 0, 0x30, 13, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 13, 1, 1, 1, 5, 0
  };

  private TlsKeys() {}

  static SSLContext context(TlsFiles files) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(files), trust(files), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new TlsException("cannot use the TLS keys: " + e.getMessage(), e);
    }
  }

  private static TrustManager[] trust(TlsFiles files) throws IOException, GeneralSecurityException {
    if (!files.verify()) {
      return new TrustManager[] {new TrustAll()};
    }
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init((KeyStore) null);
    if (files.ca().isPresent()) {
      KeyStore store = emptyStore();
      int count = 0;
      for (Certificate certificate : certificates(files.ca().get(), "CA certificate")) {
        store.setCertificateEntry("ca-" + count++, certificate);
      }
      factory.init(store);
    }
    return factory.getTrustManagers();
  }

  private static KeyManager[] keys(TlsFiles files) throws IOException, GeneralSecurityException {
    if (files.certificate().isEmpty() || files.key().isEmpty()) {
      return new KeyManager[0];
    }
    KeyStore store = emptyStore();
    Certificate[] chain =
        certificates(files.certificate().get(), "TLS certificate").toArray(Certificate[]::new);
    store.setKeyEntry("ours", privateKey(files.key().get()), new char[0], chain);
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, new char[0]);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(Path file, String what)
      throws IOException, GeneralSecurityException {
    byte[] pem = read(file);
    Collection<? extends Certificate> found =
        CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
    if (found.isEmpty()) {
      throw new IOException("could not read %s \"%s\": there is none in it".formatted(what, file));
    }
    return found;
  }

  private static byte[] read(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new TlsException(
          "Failed to initialize: unable to resolve docker endpoint: open %s: no such file or directory"
              .formatted(file),
          e);
    }
  }

  static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
    Matcher key = KEY.matcher(new String(read(file), StandardCharsets.ISO_8859_1));
    if (!key.find() || key.group(1).equals("EC ")) {
      throw new IOException(
          "could not read TLS key \"%s\": expected an unencrypted PRIVATE KEY in PEM form; \"openssl pkcs8 -topk8 -nodes\" makes one"
              .formatted(file));
    }
    byte[] der = Base64.getMimeDecoder().decode(key.group(2));
    PKCS8EncodedKeySpec spec =
        new PKCS8EncodedKeySpec(key.group(1).isEmpty() ? der : wrappedRsa(der));
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(spec);
      } catch (InvalidKeySpecException _) { // it is of another kind
      }
    }
    throw new IOException(
        "could not read TLS key \"%s\": it is neither RSA nor EC nor EdDSA".formatted(file));
  }

  private static byte[] wrappedRsa(byte[] pkcs1) {
    ByteArrayOutputStream inner = new ByteArrayOutputStream();
    inner.writeBytes(RSA_HEAD);
    inner.writeBytes(element(4, pkcs1)); // OCTET STRING
    return element(0x30, inner.toByteArray()); // SEQUENCE
  }

  /// Tag, length in two bytes, value: a DER element of 256 to 65535 bytes, as RSA keys are.
  private static byte[] element(int tag, byte[] value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    out.write(0x82);
    out.write(value.length >> 8);
    out.write(value.length);
    out.writeBytes(value);
    return out.toByteArray();
  }

  /// `--tls` without `--tlsverify`: encrypted, but with whom is not asked.
  private static final class TrustAll extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
