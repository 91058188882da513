package gantry.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.daemon.config.ConfigException;
import gantry.daemon.config.DaemonConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.testing.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class DaemonTest {
  @TempDir Path directory;

  private DaemonConfig config(String... more) throws IOException {
    Path file = directory.resolve("daemon.json");
    Files.writeString(file, "{}");
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "--config-file=" + file,
                "--data-root=" + directory.resolve("data"),
                "--exec-root=" + directory.resolve("exec"),
                "-Hunix://" + socket()));
    arguments.addAll(List.of(more));
    return ((DaemonConfig.Request.Serve) DaemonConfig.parse(arguments)).config();
  }

  private Path socket() {
    return directory.resolve("deep/d.sock");
  }

  private static EngineException broken() {
    return new EngineException(ErrorKind.UNAVAILABLE, "the disk is gone");
  }

  @Test
  void ping_isAnsweredBeforeTheEngineIsOpen_othersWait() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    try (Daemon daemon =
            Daemon.start(
                config(),
                _ -> {
                  awaitUnchecked(open);
                  throw broken();
                });
        RawClient client = RawClient.connect(socket())) {
      assertThat(client.get("/_ping").body()).isEqualTo("OK");
      client.send("GET /info HTTP/1.1\r\n\r\n");
      open.countDown();
      RawClient.Response response = client.response();
      assertThat(response.status()).isEqualTo(503);
      assertThat(response.body()).contains("the disk is gone");
      assertThatThrownBy(daemon::awaitEngine).hasRootCauseMessage("the disk is gone");
    }
    assertThat(socket()).doesNotExist();
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void socket_isForOwnerAndGroupOnly() throws IOException {
    try (Daemon _ = start()) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket())))
          .isEqualTo("rw-rw----");
    }
  }

  private Daemon start(String... arguments) throws IOException {
    return Daemon.start(
        config(arguments),
        _ -> {
          throw broken();
        });
  }

  @Test
  void socketThatNobodyServes_isTakenOver() throws IOException {
    Files.createDirectories(socket().getParent());
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(socket()));
    }
    assertThat(socket()).exists();
    try (Daemon _ = start();
        RawClient client = RawClient.connect(socket())) {
      assertThat(client.get("/_ping").status()).isEqualTo(200);
    }
  }

  @Test
  void socketThatIsServed_isLeftAlone() throws IOException {
    try (Daemon _ = start()) {
      assertThatThrownBy(this::start)
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("another daemon answers there");
      try (RawClient client = RawClient.connect(socket())) {
        assertThat(client.get("/_ping").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void unknownGroup_isRefused() {
    assertThatThrownBy(() -> start("-G", "nosuchgroup")).hasMessage("group nosuchgroup not found");
  }

  @Test
  void pidfile_holdsThePid_andIsTakenFromTheDead() throws IOException {
    Path file = directory.resolve("a/pid");
    try (Pidfile _ = Pidfile.create(file)) {
      assertThat(file).hasContent(Long.toString(ProcessHandle.current().pid()));
    }
    assertThat(file).doesNotExist();
    Files.writeString(file, "999999999");
    try (Pidfile _ = Pidfile.create(file)) {
      assertThat(file).hasContent(Long.toString(ProcessHandle.current().pid()));
    }
    Files.writeString(file, "rubbish");
    Pidfile.create(file).close();
  }

  @Test
  void tls_isSpokenWhereAsked() throws Exception {
    Path key = resource("key.pem");
    Path certificate = resource("cert.pem");
    try (Daemon daemon =
        start("-Htcp://127.0.0.1:0", "--tls", "--tlscert=" + certificate, "--tlskey=" + key)) {
      int port = daemon.addresses().getFirst().getPort();
      try (SSLSocket client =
          (SSLSocket) trusting(certificate).getSocketFactory().createSocket("localhost", port)) {
        client
            .getOutputStream()
            .write(
                "GET /_ping HTTP/1.1\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .endsWith("\r\n\r\nOK");
      }
    }
    assertThatThrownBy(
            () -> start("-Htcp://127.0.0.1:0", "--tls", "--tlscert=/x", "--tlskey=" + key))
        .hasMessageContaining("cannot read /x");
  }

  private Path resource(String name) throws IOException {
    Path file = directory.resolve(name);
    try (InputStream in = DaemonTest.class.getResourceAsStream("/tls/" + name)) {
      if (in == null) {
        throw new IOException("no " + name);
      }
      Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
    }
    return file;
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "x", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
