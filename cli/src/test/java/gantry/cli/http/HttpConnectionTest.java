package gantry.cli.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
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
