package gantry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.testing.RawClient;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class HttpServerTest {
  @TempDir Path directory;

  private final Application application = new Application();
  private HttpServer server;
  private Path socket;

  @BeforeEach
  void listen() throws IOException {
    socket = directory.resolve("http.sock");
    server = HttpServer.open(application, Map.of("X-Ordinary", "yes"));
    server.listen(socket);
  }

  @AfterEach
  void close() {
    server.close();
  }

  private RawClient client() {
    return RawClient.connect(socket);
  }

  @Test
  void get_hasOrdinaryHeadersDateAndLength() {
    try (RawClient client = client()) {
      RawClient.Response response = client.get("/hello");
      assertThat(response.line()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(response.header("X-Ordinary")).isEqualTo("yes");
      assertThat(response.header("Date"))
          .matches("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
      assertThat(response.header("Content-Length")).isEqualTo("5");
      assertThat(response.body()).isEqualTo("hello");
    }
  }

  @Test
  void head_hasLengthAndNoBody() {
    try (RawClient client = client()) {
      assertThat(client.request("HEAD", "/hello").header("Content-Length")).isEqualTo("5");
      assertThat(client.get("/hello").body()).isEqualTo("hello");
    }
  }

  @Test
  void immediateHandler_runsOnTheLoop() {
    try (RawClient client = client()) {
      assertThat(client.get("/immediate").body()).startsWith("http-loop");
      assertThat(client.get("/thread").body()).isEqualTo("http");
    }
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder() {
    try (RawClient client = client()) {
      client.send(
          "GET /slow HTTP/1.1\r\n\r\nGET /hello HTTP/1.1\r\n\r\nGET /immediate HTTP/1.1\r\n\r\n");
      assertThat(client.response().body()).isEqualTo("slow");
      assertThat(client.response().body()).isEqualTo("hello");
      assertThat(client.response().body()).startsWith("http-loop");
    }
  }

  @Test
  void body_isReadWholeInChunksAndWithLength() {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      client.send("4;x=y\r\ndefg\r\n0\r\n\r\n");
      assertThat(client.response().body()).isEqualTo("abcdefg");
      assertThat(client.json("POST", "/echo", "{}").body()).isEqualTo("{}");
    }
  }

  @Test
  void stream_isChunkedAndFlushedAtOnce() throws Exception {
    try (RawClient client = client()) {
      client.send("GET /steps HTTP/1.1\r\n\r\n");
      assertThat(client.head().header("Transfer-Encoding")).isEqualTo("chunked");
      assertThat(client.chunk()).asString().isEqualTo("one");
      application.step.countDown();
      assertThat(client.chunk()).asString().isEqualTo("two");
      assertThat(client.chunk()).isEmpty();
      assertThat(client.get("/hello").body()).isEqualTo("hello");
    }
  }

  @Test
  void stream_toHttp10_endsByClose() {
    try (RawClient client = client()) {
      application.step.countDown();
      client.send("GET /steps HTTP/1.0\r\n\r\n");
      RawClient.Response response = client.response();
      assertThat(response.headers()).doesNotContainKey("transfer-encoding");
      assertThat(response.body()).isEqualTo("onetwo");
    }
  }

  @Test
  void connectionClose_isHonoured() {
    try (RawClient client = client()) {
      client.send("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
      RawClient.Response response = client.response();
      assertThat(response.header("Connection")).isEqualTo("close");
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void expectation_isAnsweredWhenTheBodyIsRead() {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(100);
      client.send("abc");
      assertThat(client.response().body()).isEqualTo("abc");
    }
  }

  @Test
  void expectation_whoseBodyIsNotRead_isRefusedByClosing() {
    try (RawClient client = client()) {
      client.send("POST /hello HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      RawClient.Response response = client.response();
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.header("Connection")).isEqualTo("close");
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void unreadBody_isSkippedBeforeTheNextRequest() {
    try (RawClient client = client()) {
      client.send("POST /hello HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
      assertThat(client.response().body()).isEqualTo("hello");
      client.send(new byte[100_000]);
      assertThat(client.get("/hello").body()).isEqualTo("hello");
    }
  }

  @Test
  void hugeUnreadBody_closesTheConnection() {
    try (RawClient client = client()) {
      client.send("POST /hello HTTP/1.1\r\nContent-Length: 100000000\r\n\r\n");
      assertThat(client.response().body()).isEqualTo("hello");
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 1000; i++) {
                  client.send(new byte[100_000]);
                }
                client.line();
              })
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void cutOffBody_failsTheReader() throws Exception {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc").shutdownOutput();
      assertThat(client.response().body()).contains("before its body was complete");
    }
  }

  @Test
  void halfClosedClient_stillGetsItsAnswer() {
    try (RawClient client = client()) {
      client.send("GET /slow HTTP/1.1\r\n\r\n").shutdownOutput();
      assertThat(client.response().body()).isEqualTo("slow");
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void departedClient_interruptsAWaitingHandler() throws Exception {
    RawClient client = client();
    client.send("GET /wait HTTP/1.1\r\n\r\n");
    assertThat(client.head().status()).isEqualTo(200);
    client.close();
    assertThat(application.events.poll(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
  }

  @Test
  void departedClient_breaksAWriter() throws Exception {
    RawClient client = client();
    client.send("GET /endless HTTP/1.1\r\n\r\n");
    client.head();
    client.close();
    assertThat(application.events.poll(10, TimeUnit.SECONDS)).isEqualTo("broken");
  }

  @Test
  void slowReader_blocksTheWriter() throws Exception {
    try (RawClient client = client()) {
      client.send("GET /endless HTTP/1.1\r\n\r\n");
      client.head();
      Thread.sleep(300);
      long before = application.written.get();
      Thread.sleep(200);
      assertThat(application.written.get()).isEqualTo(before).isLessThan(4 << 20);
    }
  }

  @Test
  void failure_beforeTheResponse_isAnswered() {
    try (RawClient client = client()) {
      assertThat(client.get("/fail").status()).isEqualTo(500);
      assertThat(client.get("/hello").body()).isEqualTo("hello");
    }
  }

  @Test
  void failure_inTheMiddle_breaksOffWithoutAnEnd() {
    try (RawClient client = client()) {
      client.send("GET /fail-late HTTP/1.1\r\n\r\n");
      client.head();
      assertThatThrownBy(
              () -> {
                while (client.chunk().length > 0) {}
              })
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void takeOver_handsOnBytesThatCameWithTheRequest() {
    try (RawClient client = client()) {
      client.send(
          "POST /raw HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nGET / HTTP/1.1\r\n\r\n");
      RawClient.Response head = client.head();
      assertThat(head.line()).isEqualTo("HTTP/1.1 101 UPGRADED");
      assertThat(head.header("Upgrade")).isEqualTo("tcp");
      assertThat(head.headers()).doesNotContainKey("x-ordinary");
      client.send("more").shutdownOutput();
      assertThat(client.rest()).asString().isEqualTo("GET / HTTP/1.1\r\n\r\nmore.");
    }
  }

  @Test
  void takeOver_withoutUpgrade_is200AndRaw() {
    try (RawClient client = client()) {
      client.send("POST /raw HTTP/1.1\r\nContent-Length: 0\r\n\r\n").shutdownOutput();
      RawClient.Response head = client.head();
      assertThat(head.line()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(head.headers().keySet()).containsExactly("content-type");
      assertThat(client.rest()).asString().isEqualTo(".");
    }
  }

  @Test
  void takeOver_largeOutputAfterHalfClose_arrivesWhole() throws Exception {
    try (RawClient client = client()) {
      client.send("POST /raw-large HTTP/1.1\r\nUpgrade: tcp\r\n\r\n").shutdownOutput();
      client.head();
      Thread.sleep(100);
      assertThat(client.rest()).hasSize(8 << 20);
    }
  }

  @Test
  void takeOver_hangUpAfterHalfClose_isNoticed() throws Exception {
    RawClient client = client();
    client.send("POST /raw-quiet HTTP/1.1\r\nUpgrade: tcp\r\n\r\n").shutdownOutput();
    client.head();
    assertThat(application.events.poll(10, TimeUnit.SECONDS)).isEqualTo("input ended");
    assertThat(application.events.poll(200, TimeUnit.MILLISECONDS)).isNull();
    client.close();
    assertThat(application.events.poll(10, TimeUnit.SECONDS)).isEqualTo("hung up");
  }

  @Test
  void malformedRequests_areRefusedAndClosed() {
    for (String bytes :
        new String[] {
          "nonsense\r\n\r\n",
          "GET\r\n\r\n",
          "GET / HTTP/1.1\r\nBad Header\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n",
        }) {
      try (RawClient client = client()) {
        client.send(bytes);
        assertThat(client.response().status()).as(bytes).isEqualTo(400);
        assertThat(client.read()).isEqualTo(-1);
      }
    }
  }

  @Test
  void malformedChunk_failsTheReader() {
    try (RawClient client = client()) {
      client.send("POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n");
      assertThat(client.response().body()).contains("malformed request body");
      assertThat(client.read()).isEqualTo(-1);
    }
  }

  @Test
  void tooLongHeaders_are431() {
    try (RawClient client = client()) {
      client.send("GET / HTTP/1.1\r\nX: ");
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 64; i++) {
                  client.send("a".repeat(64 << 10));
                }
                assertThat(client.response().status()).isEqualTo(431);
                throw new UncheckedIOException(new IOException("refused"));
              })
          .isInstanceOf(UncheckedIOException.class);
    }
  }

  @Test
  void http2Preface_isRefused() {
    try (RawClient client = client()) {
      client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      assertThat(client.response().status()).isIn(400, 505);
    }
  }

  @Test
  void tcp_worksToo() throws Exception {
    InetSocketAddress address =
        server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty());
    try (Socket tcp = new Socket(address.getAddress(), address.getPort())) {
      tcp.getOutputStream()
          .write(
              "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(new String(tcp.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
          .endsWith("\r\n\r\nhello");
    }
  }

  @Test
  void largeBodies_inBothDirections_areExact() throws Exception {
    try (RawClient client = client()) {
      byte[] data = new byte[5_000_001];
      for (int i = 0; i < data.length; i++) {
        data[i] = (byte) ((i * 31) >>> 3);
      }
      client
          .send("POST /digest HTTP/1.1\r\nContent-Length: " + data.length + "\r\n\r\n")
          .send(data);
      assertThat(client.response().body()).isEqualTo(sha256(data));
      client.send("GET /pattern HTTP/1.1\r\n\r\n");
      assertThat(sha256(client.response().bytes())).isEqualTo(sha256(data));
    }
  }

  @Test
  void close_endsWaitingHandlers() throws Exception {
    try (RawClient client = client()) {
      client.send("GET /wait HTTP/1.1\r\n\r\n");
      client.head();
      server.close();
      assertThat(application.events.poll(10, TimeUnit.SECONDS)).isEqualTo("interrupted");
    }
    assertThatThrownBy(this::client).isInstanceOf(UncheckedIOException.class);
  }

  static String sha256(byte[] data) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(data));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /// What the server of this test serves.
  private static final class Application implements Handler {
    final CountDownLatch step = new CountDownLatch(1);
    final BlockingQueue<String> events = new ArrayBlockingQueue<>(10);
    final AtomicLong written = new AtomicLong();

    @Override
    public boolean immediate(String method, String path) {
      return path.equals("/immediate");
    }

    @Override
    public void handle(Exchange exchange) throws Exception {
      switch (exchange.path()) {
        case "/hello" -> exchange.send(200, "text/plain", "hello");
        case "/immediate", "/thread" ->
            exchange.send(200, "text/plain", Thread.currentThread().getName());
        case "/slow" -> {
          Thread.sleep(100);
          exchange.send(200, "text/plain", "slow");
        }
        case "/echo" -> {
          byte[] body = exchange.body().readAllBytes();
          exchange.send(200, "text/plain", body, body.length);
        }
        case "/digest" -> exchange.send(200, "text/plain", sha256(exchange.body().readAllBytes()));
        case "/pattern" -> pattern(exchange.stream(200, "application/octet-stream"));
        case "/steps" -> steps(exchange);
        case "/wait" -> await(exchange);
        case "/endless" -> endless(exchange);
        case "/fail" -> throw new IllegalStateException("broken");
        case "/fail-late" -> {
          OutputStream out = exchange.stream(200, "text/plain");
          out.write(new byte[100]);
          out.flush();
          throw new IllegalStateException("broken");
        }
        case "/raw" -> raw(exchange);
        case "/raw-large" -> rawLarge(exchange);
        case "/raw-quiet" -> rawQuiet(exchange);
        default -> exchange.send(404);
      }
    }

    private static void pattern(OutputStream out) throws IOException {
      byte[] data = new byte[5_000_001];
      for (int i = 0; i < data.length; i++) {
        data[i] = (byte) ((i * 31) >>> 3);
      }
      int at = 0;
      for (int n = 1; at < data.length; n = n * 3 % 70_001) {
        int length = Math.min(n, data.length - at);
        out.write(data, at, length);
        at += length;
        if (n % 5 == 0) {
          out.flush();
        }
      }
    }

    private void steps(Exchange exchange) throws Exception {
      OutputStream out = exchange.stream(200, "text/plain");
      out.write("one".getBytes(StandardCharsets.US_ASCII));
      out.flush();
      step.await();
      out.write("two".getBytes(StandardCharsets.US_ASCII));
    }

    private void await(Exchange exchange) throws Exception {
      try (OutputStream out = exchange.stream(200, "text/plain");
          var _ = exchange.interruptWhenClientGoes()) {
        out.flush();
        new CountDownLatch(1).await();
      } catch (InterruptedException _) {
        events.add("interrupted");
      }
    }

    private void endless(Exchange exchange) {
      try (OutputStream out = exchange.stream(200, "text/plain")) {
        byte[] line = new byte[10_000];
        Arrays.fill(line, (byte) 'x');
        while (true) {
          out.write(line);
          written.addAndGet(line.length);
        }
      } catch (IOException _) {
        events.add("broken");
      }
    }

    private static RawStream takeOver(Exchange exchange, boolean ordinary) throws IOException {
      return exchange.header("Upgrade").isPresent()
          ? exchange.takeOver("101 UPGRADED", Map.of("Upgrade", "tcp"), ordinary)
          : exchange.takeOver("200 OK", Map.of("Content-Type", "application/raw"), ordinary);
    }

    private static void raw(Exchange exchange) throws IOException {
      try (RawStream raw = takeOver(exchange, false)) {
        raw.input().transferTo(raw.output());
        raw.output().write('.');
      }
    }

    private static void rawLarge(Exchange exchange) throws IOException {
      try (RawStream raw = takeOver(exchange, true)) {
        InputStream input = raw.input();
        while (input.read() >= 0) {}
        byte[] part = new byte[1 << 20];
        for (int i = 0; i < 8; i++) {
          raw.output().write(part);
          raw.output().flush();
        }
      }
    }

    private void rawQuiet(Exchange exchange) throws Exception {
      try (RawStream raw = takeOver(exchange, false)) {
        CountDownLatch gone = new CountDownLatch(1);
        raw.onHangUp(gone::countDown);
        while (raw.input().read() >= 0) {}
        events.add("input ended");
        gone.await();
        events.add("hung up");
      }
    }

    @Override
    public void failed(Exchange exchange, Throwable failure) {
      exchange.send(500, "text/plain", String.valueOf(failure.getMessage()));
    }
  }
}
