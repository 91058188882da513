package gantry.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.cli.api.DaemonException;
import gantry.cli.http.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class DaemonStarterTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  @TempDir Path dir;
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path log;
  private Path socket;

  @BeforeEach
  void place() {
    log = dir.resolve("log");
    socket = dir.resolve("s.sock");
  }

  private DaemonStarter starter(Duration quiet, Duration patience) {
    return starter(() -> true, new DaemonStarter.Waiting(quiet, patience));
  }

  private DaemonStarter starter(BooleanSupplier root, DaemonStarter.Waiting waiting) {
    PrintStream stream = new PrintStream(err, true, UTF_8);
    return new DaemonStarter(new Endpoint.Unix(socket.toString()), stream, root, log, waiting);
  }

  private ServerSocketChannel listen() throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket));
  }

  @Test
  void start_notRoot_saysWhoMay() {
    DaemonStarter starter = starter(() -> false, new DaemonStarter.Waiting(LONG, LONG));
    assertThatThrownBy(starter::start)
        .isInstanceOf(DaemonException.class)
        .hasMessage(
            "no daemon answers at unix://%s, and only root may start one: run \"sudo gantry daemon\", or this command with sudo"
                .formatted(socket));
    assertThat(err.size()).isZero();
  }

  @Test
  void start_answersAtOnce_saysNothing() throws Exception {
    try (ServerSocketChannel _ = listen()) {
      assertThat(starter(LONG, LONG).start(List.of("true"))).isTrue();
    }
    assertThat(err.toString(UTF_8)).isEmpty();
  }

  @Test
  void start_slowDaemon_isWaitedForAndSaidSoOnce() throws Exception {
    CompletableFuture<ServerSocketChannel> listening = new CompletableFuture<>();
    CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS)
        .execute(
            () -> {
              try {
                listening.complete(listen());
              } catch (IOException e) {
                listening.completeExceptionally(e);
              }
            });
    assertThat(starter(Duration.ofMillis(50), LONG).start(List.of("sleep", "2"))).isTrue();
    listening.get().close();
    assertThat(err.toString(UTF_8)).isEqualTo("gantry: still waiting for the daemon to answer\n");
  }

  @Test
  void start_daemonEnds_saysTheEndOfItsLog() throws Exception {
    Files.writeString(log, "of the day before\n");
    String script = "for i in $(seq 12); do echo line $i; done; exit 3";
    assertThatThrownBy(() -> starter(LONG, LONG).start(List.of("sh", "-c", script)))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the daemon ended with code 3 before it answered:\nline 3\nline 4")
        .hasMessageEndingWith("\nline 12");
  }

  @Test
  void start_daemonEndsWithoutAWord_isAnErrorToo() {
    assertThatThrownBy(() -> starter(LONG, LONG).start(List.of("true")))
        .hasMessage("the daemon ended with code 0 before it answered");
  }

  @Test
  void start_daemonHangs_isGivenUpOnce() {
    assertThatThrownBy(() -> starter(LONG, Duration.ofMillis(100)).start(List.of("sleep", "1")))
        .hasMessage(
            "the daemon was started and does not answer at unix://%s after 0 s; it is still at it, see %s"
                .formatted(socket, log));
  }
}
