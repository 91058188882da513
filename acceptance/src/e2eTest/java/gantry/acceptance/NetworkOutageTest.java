package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Neighbour;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.parallel.Isolated;

/// Two hundred containers run on a network when the daemon is killed: a new one answers soon, and
/// not one packet is lost meanwhile, neither between containers nor through published ports.
@Tag("e2e")
@Isolated("it measures")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class NetworkOutageTest {
  private static final int CONTAINERS = Integer.getInteger("gantry.outage.containers", 200);
  private static final int KILLS = 3;

  /// Sends a numbered datagram every two milliseconds until its stdin ends, and says which echoes
  /// never came. UDP, since TCP would send again what was lost.
  private static final String PROBE =
      """
      import select, socket, sys, time
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.connect((sys.argv[1], int(sys.argv[2])))
      s.setblocking(False)
      sent, back, due, ends = 0, set(), time.monotonic(), None
      while ends is None or time.monotonic() < ends:
          now = time.monotonic()
          if ends is None and now >= due:
              s.send(b'%d' % sent)
              sent += 1
              due = max(due + 0.002, now)
          wanted = [s] if ends else [s, sys.stdin]
          for f in select.select(wanted, [], [], max(0, due - now) if ends is None else 0.01)[0]:
              if f is s:
                  try:
                      back.add(int(s.recv(100)))
                  except ConnectionRefusedError:
                      pass
              else:
                  ends = now + 0.5
      lost = [i for i in range(sent) if i not in back]
      print('sent %d lost %d %s' % (sent, len(lost), lost[:10]))
      """;

  /// Answers every datagram with itself.
  private static final String ECHO =
      """
      import socket
      s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      s.bind(('', 7))
      print('listening', flush=True)
      while True:
          data, peer = s.recvfrom(100)
          s.sendto(data, peer)
      """;

  private final GantryDaemon daemon = GantryDaemon.start();
  private final Http http = new Http(daemon.socket());

  @Test
  void killedDaemon_isSoonBack_andNoPacketIsLost() throws Exception {
    try (Neighbour neighbour = Neighbour.of(daemon)) {
      new Cli(daemon, "images").ok("load", "-q", "-i", Checkout.image("busybox").toString());
      http.post("/networks/create", "{\"Name\":\"work\"}").expect(201);
      String inside = run("inside", "");
      String outer = run("outside", "\"7/udp\":[{\"HostPort\":\"18007\"}]");
      String local = run("host", "\"7/udp\":[{\"HostPort\":\"18008\"}]");
      String prober = run("prober", "");
      for (int i = 4; i < CONTAINERS; i++) {
        run("idle-" + i, "");
      }
      try (Background echoInside = echo(inside);
          Background echoOutside = echo(outer);
          Background echoLocal = echo(local);
          Background between = probe(namespace(prober), address(inside), 7);
          Background outside = probe(neighbour.namespace(), Neighbour.HOST, 18007);
          Background host = probe("/run/netns/" + daemon.id(), "127.0.0.1", 18008)) {
        double slowest = 0;
        for (int i = 0; i < KILLS; i++) {
          Thread.sleep(500);
          slowest = Math.max(slowest, secondsAway());
        }
        Thread.sleep(500);
        System.out.printf(
            "NetworkOutageTest: %d containers, the API back after %.2f s at most%n",
            CONTAINERS, slowest);
        lostNothing("between containers", between);
        lostNothing("from outside", outside);
        lostNothing("from the host", host);
        assertThat(List.of(echoInside, echoOutside, echoLocal))
            .allMatch(echo -> echo.process().isAlive());
        // 0.9 on two quiet cores; others may be at work beside
        assertThat(slowest).as("seconds until the API answered").isLessThan(2);
      }
    } finally {
      daemon.close();
    }
  }

  /// From the start of the new daemon until it lists every container as running.
  private double secondsAway() {
    daemon.kill();
    long begin = System.nanoTime();
    daemon.launch();
    JsonNode all = http.get("/containers/json").expect(200).json();
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf("NetworkOutageTest: away for %.2f s%n", seconds);
    assertThat(all).hasSize(CONTAINERS);
    return seconds;
  }

  private static void lostNothing(String where, Background probe) {
    String said = probe.endInput().end(Duration.ofSeconds(20)).expect(0).text();
    System.out.println("NetworkOutageTest: " + where + ": " + said);
    assertThat(said).as(where).matches("sent [1-9]\\d\\d+ lost 0 .*");
  }

  private static Background probe(String namespace, String address, int port) {
    return new Background(
        List.of(
            "nsenter",
            "--net=" + namespace,
            "python3",
            "-c",
            PROBE,
            address,
            Integer.toString(port)),
        Map.of());
  }

  /// An echo in a container's network.
  private Background echo(String container) {
    return new Background(
            List.of("nsenter", "--net=" + namespace(container), "python3", "-c", ECHO), Map.of())
        .awaitOutput("listening");
  }

  private String namespace(String container) {
    return "/proc/" + state(container).at("/State/Pid").asInt() + "/ns/net";
  }

  private String run(String name, String ports) {
    String body =
        ("{\"Image\":\"busybox\",\"Cmd\":[\"sleep\",\"100000\"],\"ExposedPorts\":{\"7/udp\":{}},"
                + "\"HostConfig\":{\"NetworkMode\":\"work\",\"PortBindings\":{%s}}}")
            .formatted(ports);
    String id =
        http.post("/containers/create?name=" + name, body).expect(201).json().path("Id").asText();
    http.post("/containers/" + id + "/start").expect(204);
    return id;
  }

  private JsonNode state(String id) {
    return http.get("/containers/" + id + "/json").expect(200).json();
  }

  private String address(String id) {
    return state(id).at("/NetworkSettings/Networks/work/IPAddress").asText();
  }
}
