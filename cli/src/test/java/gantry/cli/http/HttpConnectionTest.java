package gantry.cli.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(10) // an answer that is waited for in vain fails the test, not the build
class HttpConnectionTest {

  @TempDir Path directory;

  private String answerOf(String raw) throws IOException {
    Path socket = directory.resolve("s");
    try (FakeDaemon daemon = FakeDaemon.listen(socket, _ -> raw);
        HttpConnection connection =
            new HttpConnection(new Endpoint.Unix(socket.toString()).connect())) {
      Response response = connection.send(Request.of("GET", "/x"));
      String text = response.status() + " " + new String(response.bytes(), StandardCharsets.UTF_8);
      assertThat(daemon.last().target()).isEqualTo("/x");
      return text + (connection.reusable() ? " kept" : "");
    }
  }

  @Test
  void send_fixedLength_readsAsMuchAndKeepsTheConnection() throws IOException {
    assertThat(answerOf("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
        .isEqualTo("200 hello kept");
  }

  @Test
  void send_chunked_joinsChunksAndPassesExtensionsAndTrailersOver() throws IOException {
    String raw =
        "HTTP/1.1 200 OK\r\ntransfer-ENCODING: Chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: 1\r\n\r\n";
    assertThat(answerOf(raw)).isEqualTo("200 abcde kept");
  }

  @Test
  void send_continueFirst_readsTheAnswerBehindIt() throws IOException {
    assertThat(
            answerOf(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"))
        .isEqualTo("404 no kept");
  }

  @Test
  void send_alongside_readsAnAnswerThatComesBeforeTheBodyIsRead() throws Exception {
    Path path = directory.resolve("early");
    int size = 4 << 20; // more than a socket's buffers hold
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      AtomicLong received = new AtomicLong();
      Thread daemon = Thread.ofVirtual().start(() -> received.set(answerFirst(server, size)));
      try (HttpConnection connection =
          new HttpConnection(new Endpoint.Unix(path.toString()).connect())) {
        Request request =
            Request.of("POST", "/x")
                .body("x/x", new Request.Alongside(out -> out.write(new byte[size])));
        assertThat(connection.send(request).bytes()).hasSize(size);
        daemon.join();
        assertThat(received.get()).isGreaterThan(size);
        assertThat(connection.reusable()).isFalse();
      }
    }
  }

  /// Sends an answer, then reads the request to the end of its body.
  private static long answerFirst(ServerSocketChannel server, int size) {
    try (SocketChannel client = server.accept()) {
      String head = "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n";
      client.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(size);
      while (answer.hasRemaining()) {
        client.write(answer);
      }
      ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
      long received = 0;
      boolean ended = false;
      while (!ended) {
        buffer.clear();
        received += client.read(buffer);
        String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1);
        ended = text.endsWith("\r\n0\r\n\r\n") || text.equals("0\r\n\r\n");
      }
      return received;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void send_connectionClose_isNotKept() throws IOException {
    assertThat(answerOf("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"))
        .isEqualTo("200 ok");
  }

  @Test
  void send_noContent_hasNoBody() throws IOException {
    assertThat(answerOf("HTTP/1.1 204 No Content\r\n\r\n")).isEqualTo("204  kept");
  }

  @Test
  void send_otherProtocol_isRefused() {
    assertThatThrownBy(() -> answerOf("HTTP/1.1x\r\n\r\n")).isInstanceOf(IOException.class);
  }

  @Test
  void body_badChunkSize_isRefused() {
    assertThatThrownBy(
            () -> answerOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chunk size");
  }

  @Test
  void body_cutOff_isNotTakenForTheEnd() throws IOException {
    Path socket = directory.resolve("s");
    try (FakeDaemon _ =
            FakeDaemon.listen(socket, _ -> "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
        HttpConnection connection =
            new HttpConnection(new Endpoint.Unix(socket.toString()).connect())) {
      Response response = connection.send(Request.of("GET", "/x"));
      assertThat(response.body().readNBytes(5)).hasSize(5);
      connection.rawOutput().close(); // the fake daemon sees our end and closes
      assertThatThrownBy(() -> response.body().read())
          .isInstanceOf(EOFException.class)
          .hasMessageContaining("45 bytes");
    }
  }

  private static Endpoint parse(String url) {
    return Endpoint.parse(url, Optional.empty());
  }

  @Test
  void endpoint_urls_areReadAsDockerReadsThem() {
    assertThat(parse("unix:///a/b.sock")).isEqualTo(new Endpoint.Unix("/a/b.sock"));
    assertThat(parse("tcp://h:1")).isEqualTo(new Endpoint.Tcp("h", 1));
    assertThat(parse("h")).isEqualTo(new Endpoint.Tcp("h", 2375));
    assertThat(parse("ssh://h")).isEqualTo(new Endpoint.Ssh("", "h", 0, ""));
    assertThat(parse("ssh://me@[::1]:22/run/x.sock"))
        .isEqualTo(new Endpoint.Ssh("me", "::1", 22, "/run/x.sock"));
    assertThat(parse("ssh://me@h:22/run/x.sock")).hasToString("ssh://me@h:22/run/x.sock");
    TlsFiles files = new TlsFiles(true, Optional.empty(), Optional.empty(), Optional.empty());
    assertThat(Endpoint.parse("tcp://h", Optional.of(files)))
        .isEqualTo(new Endpoint.Tls(new Endpoint.Tcp("h", 2376), files));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "npipe://h",
        "tcp://h:x",
        "ssh://",
        "ssh://me:secret@h",
        "ssh://-oProxyCommand=x@h",
        "ssh://h/$(id)",
        "ssh://h/';id'",
        "ssh://h?x"
      })
  void endpoint_others_areRefused(String url) {
    assertThatThrownBy(() -> parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(url);
  }

  @Test
  void ssh_command_cannotBeReadAsOptions() {
    assertThat(SshWire.command(new Endpoint.Ssh("me", "h", 22, "/s")))
        .containsSequence("-l", "me", "-p", "22", "--", "h")
        .last()
        .asString()
        .contains("exec gantry --host=unix:///s system dial-stdio");
  }
}
