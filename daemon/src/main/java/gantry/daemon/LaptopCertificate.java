package gantry.daemon;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;

/// A key and a certificate that it signed itself, for a Store that nobody bought one for: made
/// once, `<root>/tls/cert.pem` and `key.pem`, good for ten years and for this machine's names.
///
/// The JDK reads certificates and makes none, so the few forms that one needs are written here.
///
/// Spec: RFC 5280, section 4; DER of X.690.
record LaptopCertificate(Path certificate, Path key) {
  private static final int YEARS_IN_DAYS = 3650;
  private static final String COMMON_NAME = "Gantry Store";
  private static final byte[] SHA256_WITH_ECDSA =
      oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
  private static final byte[] NAME = oid(0x55, 0x04, 0x03);
  private static final byte[] ALTERNATIVE_NAMES = oid(0x55, 0x1d, 0x11);
  private static final byte[] BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);
  private static final byte[] TRUE = der(0x01, new byte[] {(byte) 0xff});
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

  static LaptopCertificate in(Path root, InetSocketAddress address) throws IOException {
    Path folder = Files.createDirectories(root.resolve("tls"));
    LaptopCertificate files =
        new LaptopCertificate(folder.resolve("cert.pem"), folder.resolve("key.pem"));
    if (!Files.exists(files.certificate)) {
      files.make(address);
    }
    return files;
  }

  private void make(InetSocketAddress address) throws IOException {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      KeyPair pair = generator.generateKeyPair();
      Files.deleteIfExists(key);
      Files.createFile(
          key, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(key, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
      Files.writeString(certificate, pem("CERTIFICATE", signed(pair, address)));
    } catch (GeneralSecurityException e) {
      throw new IOException("cannot make a certificate: " + e.getMessage(), e);
    }
  }

  private static byte[] signed(KeyPair pair, InetSocketAddress address)
      throws GeneralSecurityException, IOException {
    byte[] algorithm = der(0x30, SHA256_WITH_ECDSA);
    byte[] name =
        der(
            0x30,
            der(0x31, der(0x30, NAME, der(0x0c, COMMON_NAME.getBytes(StandardCharsets.US_ASCII)))));
    byte[] serial = new byte[16];
    new SecureRandom().nextBytes(serial);
    serial[0] = (byte) ((serial[0] & 0x3f) | 0x40);
    Instant now = Instant.now().minus(1, ChronoUnit.HOURS);
    byte[] body =
        der(
            0x30,
            der(0xa0, der(0x02, new byte[] {2})),
            der(0x02, serial),
            algorithm,
            name,
            der(0x30, time(now), time(now.plus(YEARS_IN_DAYS, ChronoUnit.DAYS))),
            name,
            pair.getPublic().getEncoded(),
            der(0xa3, der(0x30, constraints(), names(address))));
    Signature signature = Signature.getInstance("SHA256withECDSA");
    signature.initSign(pair.getPrivate());
    signature.update(body);
    return der(0x30, body, algorithm, der(0x03, new byte[1], signature.sign()));
  }

  private static byte[] time(Instant time) {
    return der(0x18, TIME.format(time).getBytes(StandardCharsets.US_ASCII));
  }

  // It is its own authority: clients are told to trust it as one.
  private static byte[] constraints() {
    return der(0x30, BASIC_CONSTRAINTS, TRUE, der(0x04, der(0x30, TRUE)));
  }

  private static byte[] names(InetSocketAddress address) throws IOException {
    Set<String> hosts = new LinkedHashSet<>();
    hosts.add("localhost");
    hosts.add(InetAddress.getLocalHost().getHostName());
    hosts.add(address.getHostString());
    ByteArrayOutputStream names = new ByteArrayOutputStream();
    for (String host : hosts) {
      boolean isAddress = host.matches("[0-9.]+|.*:.*");
      names.writeBytes(
          isAddress
              ? der(0x87, InetAddress.getByName(host).getAddress())
              : der(0x82, host.getBytes(StandardCharsets.US_ASCII)));
    }
    names.writeBytes(der(0x87, new byte[] {127, 0, 0, 1}));
    return der(0x30, ALTERNATIVE_NAMES, der(0x04, der(0x30, names.toByteArray())));
  }

  private static byte[] oid(int... bytes) {
    byte[] content = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      content[i] = (byte) bytes[i];
    }
    return der(0x06, content);
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream whole = new ByteArrayOutputStream(length + 4);
    whole.write(tag);
    if (length < 0x80) {
      whole.write(length);
    } else if (length < 0x100) {
      whole.write(0x81);
      whole.write(length);
    } else {
      whole.write(0x82);
      whole.write(length >>> 8);
      whole.write(length);
    }
    whole.writeBytes(content.toByteArray());
    return whole.toByteArray();
  }

  private static String pem(String what, byte[] bytes) {
    String lines =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(bytes);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(what, lines, what);
  }
}
