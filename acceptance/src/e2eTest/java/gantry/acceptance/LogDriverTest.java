package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Result;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import gantry.linux.socket.UnixDatagram;
import gantry.linux.socket.UnixSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// Log drivers on a daemon of their own, which is killed here, with listeners of ours: unix
/// sockets, which reach into the daemon's network namespace, and datagrams and streams on loopback
/// by `socat` where a driver has nothing else.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class LogDriverTest {
  private static GantryDaemon daemon;
  private static Cli cli;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    daemon = GantryDaemon.start("--log-opt", "max-size=1m", "--log-opt", "max-file=2");
    cli = new Cli(daemon, "logdriver");
    cli.ok("load", "-i", Checkout.image("busybox").toString());
  }

  @AfterAll
  static void stop() {
    if (daemon != null) {
      daemon.close();
    }
  }

  /// Makes a socket in the daemon's network namespace.
  private static <T> T there(NamespaceThread.Task<T, IOException> task) throws IOException {
    try (OwnedFd namespace = At.open(Fd.CWD, "/run/netns/" + daemon.id(), OpenFlags.O_RDONLY)) {
      return NamespaceThread.in(Namespace.NETWORK, namespace, task);
    }
  }

  private static DatagramSocket udp(int port) throws IOException {
    DatagramSocket socket = there(() -> new DatagramSocket(port));
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static String receive(DatagramSocket socket) throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[64 * 1024], 64 * 1024);
    socket.receive(packet);
    return new String(packet.getData(), 0, packet.getLength(), StandardCharsets.UTF_8);
  }

  private static String receive(OwnedFd server) {
    return new String(UnixSocket.receive(server, 64 * 1024).bytes(), StandardCharsets.UTF_8);
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void local_isReadable_andInTheCompactForm() throws IOException {
    String name = cli.box("--log-driver", "local", "busybox", "sh", "-c", "echo out; echo err >&2");
    cli.ok("wait", name);
    Result logs = cli.run("logs", name).expect(0);
    assertThat(logs.stdout()).isEqualTo("out\n");
    assertThat(logs.stderr()).isEqualTo("err\n");
    assertThat(cli.ok("logs", "-t", "--tail", "1", name)).isEmpty();
    assertThat(cli.run("logs", "-t", name).stdout()).matches("\\d{4}-.*Z out\n");
    String id = cli.inspect(name, "{{.Id}}");
    String stored = read(daemon.data().resolve("containers").resolve(id).resolve(id + "-json.log"));
    assertThat(stored).matches("o[0-9a-f]{16}out\ne[0-9a-f]{16}err\n");
  }

  @Test
  void daemonsOptions_boundWhatAContainerWrites() {
    String name = cli.box("busybox", "sh", "-c", "yes 1234567890123456789 | head -n 300000");
    cli.ok("wait", name);
    assertThat(cli.inspect(name, "{{index .HostConfig.LogConfig.Config \"max-size\"}}"))
        .isEqualTo("1m");
    String id = cli.inspect(name, "{{.Id}}");
    Path log = daemon.data().resolve("containers").resolve(id).resolve(id + "-json.log");
    assertThat(log.toFile().length()).isLessThan(1_200_000);
    assertThat(Path.of(log + ".1")).exists();
    assertThat(Path.of(log + ".2")).doesNotExist();
  }

  @Test
  void syslog_unixgram_getsLines_andLogsReadsThemToo() throws IOException {
    Path socket = folder.resolve("syslog.sock");
    try (OwnedFd server = UnixDatagram.bind(socket.toString())) {
      String name =
          cli.box(
              "--log-driver",
              "syslog",
              "--log-opt",
              "syslog-address=unixgram://" + socket,
              "--log-opt",
              "tag={{.Name}}/{{.ID}}",
              "--log-opt",
              "syslog-facility=local3",
              "busybox",
              "sh",
              "-c",
              "echo first; sleep 1; echo second >&2");
      String id = cli.inspect(name, "{{.Id}}").substring(0, 12);
      String tag = " " + name + "/" + id + "[" + daemonPid() + "]: ";
      assertThat(receive(server)).startsWith("<158>").endsWith(tag + "first\n");
      assertThat(receive(server)).startsWith("<155>").endsWith(tag + "second\n");
      assertThat(cli.run("logs", name).stdout()).isEqualTo("first\n");
    }
  }

  private static long daemonPid() throws IOException {
    return Long.parseLong(Files.readString(daemon.folder().resolve("pid")).strip());
  }

  private static void syslogTo(String address) {
    cli.box(
        "--log-driver",
        "syslog",
        "--log-opt",
        "syslog-address=" + address,
        "--log-opt",
        "syslog-format=rfc5424micro",
        "--log-opt",
        "tag=box",
        "busybox",
        "echo",
        "over " + address.substring(0, 3));
  }

  @Test
  void syslog_tcpAndUdp_getLines() throws IOException {
    try (ServerSocket tcp = there(() -> new ServerSocket(1514));
        DatagramSocket udp = udp(1515)) {
      syslogTo("udp://127.0.0.1:1515");
      assertThat(receive(udp)).startsWith("<30>1 20").endsWith(" box - over udp\n");
      syslogTo("tcp://127.0.0.1:1514");
      try (Socket client = tcp.accept();
          BufferedReader in =
              new BufferedReader(
                  new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8))) {
        assertThat(in.readLine()).startsWith("<30>1 20").endsWith(" box - over tcp");
      }
    }
  }

  @Test
  void gelf_udp_getsJson() throws IOException {
    try (DatagramSocket udp = udp(12201)) {
      String name =
          cli.box(
              "--log-driver",
              "gelf",
              "--log-opt",
              "gelf-address=udp://127.0.0.1:12201",
              "--log-opt",
              "gelf-compression-type=none",
              "--log-opt",
              "labels=tier",
              "--label",
              "tier=front",
              "busybox",
              "echo",
              "hello graylog");
      JsonNode json = new ObjectMapper().readTree(receive(udp));
      assertThat(json.get("version").asText()).isEqualTo("1.1");
      assertThat(json.get("short_message").asText()).isEqualTo("hello graylog");
      assertThat(json.get("_container_name").asText()).isEqualTo(name);
      assertThat(json.get("_tier").asText()).isEqualTo("front");
      assertThat(json.get("_command").asText()).isEqualTo("echo hello graylog");
    }
  }

  @Test
  void fluentd_acknowledges_andGetsEachLineOnce() throws Exception {
    Path socket = folder.resolve("fluentd.sock");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(socket));
      cli.box(
          "--log-driver",
          "fluentd",
          "--log-opt",
          "fluentd-address=unix://" + socket,
          "--log-opt",
          "fluentd-request-ack=true",
          "--log-opt",
          "tag=my.tag",
          "busybox",
          "sh",
          "-c",
          "echo one; echo two");
      try (SocketChannel client = server.accept()) {
        assertThat(acknowledge(client)).contains("my.tag", "one", "source", "stdout");
        assertThat(acknowledge(client)).contains("my.tag", "two", "container_id");
      }
    }
  }

  /// Reads one message and answers with the id of its chunk, which stands at its end.
  private static String acknowledge(SocketChannel client) throws IOException {
    ByteBuffer message = ByteBuffer.allocate(64 * 1024);
    int length = client.read(message);
    String text = new String(message.array(), 0, length, StandardCharsets.ISO_8859_1);
    int chunk = text.lastIndexOf("chunk") + 5;
    byte[] answer =
        ("\u0081\u00a3ack" + text.substring(chunk)).getBytes(StandardCharsets.ISO_8859_1);
    client.write(ByteBuffer.wrap(answer));
    return text;
  }

  @Test
  void targetThatIsAway_holdsNobodyUp_andGetsItLater() throws IOException {
    Path socket = folder.resolve("later.sock");
    String name =
        cli.box(
            "--log-driver",
            "syslog",
            "--log-opt",
            "syslog-address=unixgram://" + socket,
            "busybox",
            "seq",
            "20000");
    Await.until("the program's end", () -> cli.inspect(name, "{{.State.Status}}").equals("exited"));
    assertThat(cli.run("logs", name).lines()).hasSize(20000);
    assertThat(daemon.log()).contains("output of container " + name + " stays here for now");
    try (OwnedFd server = UnixDatagram.bind(socket.toString())) {
      assertThat(received(server)).startsWith("]: 1\n");
    }
  }

  private static String received(OwnedFd server) {
    String text = receive(server);
    return text.substring(text.indexOf("]: "));
  }

  @Test
  void daemonKilled_whatWasWrittenMeanwhile_arrivesOnce() throws IOException {
    Path socket = folder.resolve("kill.sock");
    try (OwnedFd server = UnixDatagram.bind(socket.toString())) {
      String name =
          cli.box(
              "--log-driver",
              "syslog",
              "--log-opt",
              "syslog-address=unixgram://" + socket,
              "busybox",
              "sh",
              "-c",
              "echo 0; sleep 3; seq 200; sleep 600");
      assertThat(received(server)).isEqualTo("]: 0\n");
      Path sent = daemon.data().resolve("containers/" + cli.inspect(name, "{{.Id}}") + "/sent");
      Await.until("the delivery is on record", () -> sent.toFile().length() > 0);
      daemon.kill();
      Await.pause(Duration.ofSeconds(4));
      daemon.launch();
      String all =
          IntStream.range(0, 200)
              .mapToObj(_ -> received(server).substring(3).strip())
              .collect(Collectors.joining(" "));
      assertThat(all)
          .isEqualTo(
              IntStream.rangeClosed(1, 200)
                  .mapToObj(Integer::toString)
                  .collect(Collectors.joining(" ")));
      assertThat(cli.run("logs", name).lines()).hasSize(201);
    }
  }

  @Test
  void journald_getsFields() throws IOException {
    Path journal = Path.of("/run/systemd/journal/socket");
    if (Files.exists(journal)) { // a real one: ask it
      String name = cli.box("--log-driver", "journald", "busybox", "echo", "to the journal");
      Await.until("the entry", () -> journal("CONTAINER_NAME=" + name).contains("to the journal"));
      return;
    }
    Files.createDirectories(journal.getParent());
    try (OwnedFd server = UnixDatagram.bind(journal.toString())) {
      String name = cli.box("--log-driver", "journald", "busybox", "echo", "to the journal");
      String entry = receive(server);
      assertThat(entry)
          .startsWith("MESSAGE=to the journal\nPRIORITY=6\n")
          .contains("\nCONTAINER_NAME=" + name + "\n", "\nSYSLOG_IDENTIFIER=");
    } finally {
      Files.deleteIfExists(journal);
    }
  }

  private static String journal(String match) {
    try {
      Process journalctl =
          new ProcessBuilder("journalctl", "--no-pager", "-o", "cat", match).start();
      return new String(journalctl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void none_andACacheThatIsSwitchedOff_cannotBeRead() {
    String none = cli.box("--log-driver", "none", "busybox", "echo", "x");
    String off =
        cli.box(
            "--log-driver",
            "gelf",
            "--log-opt",
            "gelf-address=udp://127.0.0.1:9",
            "--log-opt",
            "cache-disabled=true",
            "busybox",
            "echo",
            "x");
    for (String name : List.of(none, off)) {
      Result result = cli.run("logs", name);
      assertThat(result.exit()).isNotZero();
      assertThat(result.stderr()).contains("configured logging driver does not support reading");
    }
  }

  @Test
  void badDriversAndOptions_areNamed() {
    assertThat(cli.run("create", "--log-driver", "splunk", "busybox").stderr())
        .contains("no log driver named 'splunk' is registered");
    assertThat(
            cli.run("create", "--log-driver", "syslog", "--log-opt", "syslog-format=x", "busybox")
                .stderr())
        .contains("invalid value 'x' for syslog-format");
  }

  @Test
  void info_namesTheDrivers() {
    assertThat(cli.ok("info", "--format", "{{.Plugins.Log}}"))
        .isEqualTo("[fluentd gelf journald json-file local none syslog]");
  }
}
