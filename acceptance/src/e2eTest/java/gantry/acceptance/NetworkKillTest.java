package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Leftovers;
import gantry.acceptance.harness.Neighbour;
import gantry.acceptance.harness.PatientHttp;
import gantry.acceptance.harness.Result;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.parallel.Isolated;

/// The daemon is killed again and again while containers join and leave networks, publish ports and
/// restart. Connections between containers and through published ports go on, names resolve
/// afterwards, the machine's own firewall rules stay what they are, and nothing is left over.
///
/// `-Dgantry.kills=N` sets how often (200), `-Dgantry.seed=N` repeats a run's random choices.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@Timeout(value = 40, unit = TimeUnit.MINUTES)
@Isolated("the daemons that start here would make others wait for their turn")
class NetworkKillTest {
  private static final int KILLS = Integer.getInteger("gantry.kills", 200);
  private static final long SEED = Long.getLong("gantry.seed", System.nanoTime());
  private static final int PORT = 18080;

  /// Six addresses are left beside the gateway's: one that is not given back is soon missed.
  private static final String SMALL = "10.98.1.0/29";

  private static final String TALK =
      "exec 3<>/dev/tcp/%s/%d; i=0; while :; do i=$((i+1)); echo $i >&3;"
          + " read -r -t 20 said <&3 || { echo silent; exit 9; };"
          + " [ $said = $i ] || { echo wrong; exit 8; }; echo $i; sleep 0.05; done";

  private final List<String> broken = new ArrayList<>();
  private final AtomicInteger names = new AtomicInteger();
  private final AtomicInteger moves = new AtomicInteger();
  private final AtomicInteger publications = new AtomicInteger();
  private volatile boolean over;

  @Test
  void killedDaemon_breaksNoConnection() throws Exception {
    System.out.println("NetworkKillTest: -Dgantry.kills=" + KILLS + " -Dgantry.seed=" + SEED);
    GantryDaemon daemon = GantryDaemon.start();
    try (Neighbour neighbour = Neighbour.of(daemon)) {
      new Cli(daemon, "images").ok("load", "-q", "-i", Checkout.image("busybox").toString());
      neighbour
          .onHost(
              "nft 'table inet own { set s { type ipv4_addr; elements = { 198.51.100.7 }; };"
                  + " chain in { type filter hook input priority 0; policy accept;"
                  + " ip saddr @s counter drop; tcp dport 9 drop; }; }'")
          .expect(0);
      Leftovers leftovers = Leftovers.since(daemon);
      rounds(daemon, neighbour);
      daemon.removeContainers();
      Http http = new Http(daemon.socket());
      http.delete("/networks/work").expect(204);
      http.delete("/networks/small").expect(204);
      leftovers.expectNoneBut("process " + daemon.pid());
    } finally {
      over = true;
      daemon.close();
    }
    assertThat(broken).isEmpty();
  }

  private void rounds(GantryDaemon daemon, Neighbour neighbour) throws Exception {
    PatientHttp http = new PatientHttp(new Http(daemon.socket()));
    network(http, "work", "10.98.0.0/24");
    network(http, "small", SMALL);
    String server = create(http, "server", "work", PORT, "exec nc -ll -p 80 -e cat");
    start(http, server);
    String client =
        create(
            http,
            "client",
            "work",
            0,
            "(i=0; while :; do i=$((i+1)); echo $i; usleep 50000; done) | nc server 80");
    start(http, client);
    String mover = create(http, "mover", "work", 0, "exec sleep 100000");
    start(http, mover);
    String rules = ownRules(neighbour);

    try (Background outside = neighbour.start(TALK.formatted(Neighbour.HOST, PORT));
        Background host = onHost(daemon, TALK.formatted("127.0.0.1", PORT))) {
      List<Thread> load =
          List.of(
              worker("mover", () -> move(http, mover)),
              worker("publisher", () -> publish(http, neighbour)),
              worker("restarter", restarter(http)));
      Random random = new Random(SEED);
      Cli cli = new Cli(daemon, "kill");
      for (int i = 0; i < KILLS; i++) {
        Thread.sleep(random.nextInt(300));
        daemon.kill();
        daemon.launch();
        Result lookup = cli.run("exec", mover, "nslookup", "-type=a", "server");
        check(lookup.exit() == 0, "round %d: %s".formatted(i, lookup));
        check(outside.process().isAlive(), "round %d: %s".formatted(i, outside));
        check(host.process().isAlive(), "round %d: %s".formatted(i, host));
        check(rules.equals(ownRules(neighbour)), "round %d: the machine's rules".formatted(i));
      }
      over = true;
      for (Thread thread : load) {
        thread.join(Duration.ofSeconds(60));
        check(!thread.isAlive(), thread.getName() + " hangs");
      }
      outlives("outside", outside);
      outlives("on the host", host);
    }
    JsonNode state = http.insist(h -> h.get("/containers/" + client + "/json"), 200).json();
    check(state.at("/State/Running").asBoolean(), "the connection between containers broke");
    List<String> echoed = cliLog(daemon, client);
    assertThat(echoed).isEqualTo(numbers(echoed.size())).hasSizeGreaterThan(KILLS);
    check(moves.get() > KILLS / 5, "only %s moves".formatted(moves));
    check(publications.get() > KILLS / 5, "only %s publications".formatted(publications));
    System.out.printf("NetworkKillTest: %s moves, %s publications%n", moves, publications);
  }

  /// The connection still carries something now.
  private void outlives(String where, Background connection) throws InterruptedException {
    int before = connection.stdout().length();
    Thread.sleep(1000);
    check(connection.stdout().length() > before, where + " the connection is dead: " + connection);
  }

  private static Background onHost(GantryDaemon daemon, String line) {
    return new Background(
        List.of("nsenter", "--net=/run/netns/" + daemon.id(), "bash", "-c", line),
        java.util.Map.of());
  }

  private static List<String> cliLog(GantryDaemon daemon, String container) {
    return new Cli(daemon, "kill").run("logs", container).expect(0).lines();
  }

  private static String ownRules(Neighbour neighbour) {
    return neighbour.onHost("nft list table inet own").expect(0).stdout();
  }

  /// What was answered must be so afterwards, whatever happened in between.
  private void move(PatientHttp http, String mover) {
    String body = "{\"Container\":\"%s\"}".formatted(mover);
    // 403: a connect whose answer was cut off has happened.
    http.insist(h -> h.post("/networks/small/connect", body), 200, 403);
    check(joined(http, mover).has("small"), "connected, and not in the network");
    // 500 is Docker's for one that is in the network no more, when that answer was cut off.
    http.insist(h -> h.post("/networks/small/disconnect", body), 200, 500);
    check(!joined(http, mover).has("small"), "disconnected, and still in the network");
    moves.incrementAndGet();
  }

  private static JsonNode joined(PatientHttp http, String container) {
    return http.insist(h -> h.get("/containers/" + container + "/json"), 200)
        .json()
        .at("/NetworkSettings/Networks");
  }

  /// A container that publishes a port is reached by it, and by nothing when it is gone.
  private void publish(PatientHttp http, Neighbour neighbour) {
    int port = PORT + 1 + names.incrementAndGet() % 1000;
    String id = create(http, "port-" + port, "small", port, "exec nc -ll -p 80 -e echo here");
    start(http, id);
    Result answer = neighbour.run(read(port));
    check(answer.text().equals("here"), "port %d: %s".formatted(port, answer));
    http.insist(h -> h.delete("/containers/" + id + "?force=1"), 204, 404);
    Result silence = neighbour.run(refused(port));
    check(silence.exit() == 0, "port %d is open after its container is gone".formatted(port));
    publications.incrementAndGet();
  }

  /// Asks until the program listens: it is started, no more.
  private static String read(int port) {
    return ("for i in 1 2 3 4 5 6 7 8 9 10; do exec 3<&-;"
            + " if exec 3<>/dev/tcp/%1$s/%2$d && read -r -t 5 line <&3; then echo $line; exit 0; fi;"
            + " sleep 0.1; done 2>/dev/null; exit 1")
        .formatted(Neighbour.HOST, port);
  }

  /// Asks once: when the removal is answered the port is closed.
  private static String refused(int port) {
    return "! timeout 5 bash -c 'exec 3<>/dev/tcp/%s/%d' 2>/dev/null"
        .formatted(Neighbour.HOST, port);
  }

  private Runnable restarter(PatientHttp http) {
    String id = create(http, "again", "work", 0, "exec sleep 100000");
    start(http, id);
    return () -> {
      http.insist(h -> h.post("/containers/" + id + "/restart?t=0"), 204);
      JsonNode state = http.insist(h -> h.get("/containers/" + id + "/json"), 200).json();
      check(state.at("/State/Running").asBoolean(), "restarted, and does not run");
      check(
          state.at("/NetworkSettings/Networks/work/IPAddress").asText().startsWith("10.98.0."),
          "restarted without an address: " + state.at("/NetworkSettings/Networks"));
    };
  }

  private static void network(PatientHttp http, String name, String subnet) {
    String body =
        "{\"Name\":\"%s\",\"IPAM\":{\"Config\":[{\"Subnet\":\"%s\"}]}}".formatted(name, subnet);
    http.insist(h -> h.post("/networks/create", body), 201);
  }

  /// @param port published for the container's port 80; 0 for none
  private static String create(
      PatientHttp http, String name, String network, int port, String script) {
    String ports =
        port == 0 ? "" : ",\"PortBindings\":{\"80/tcp\":[{\"HostPort\":\"%d\"}]}".formatted(port);
    String body =
        ("{\"Image\":\"busybox\",\"Cmd\":[\"sh\",\"-c\",\"%s\"],"
                + "\"ExposedPorts\":{\"80/tcp\":{}},\"HostConfig\":{\"NetworkMode\":\"%s\"%s}}")
            .formatted(script, network, ports);
    Http.Answer answer =
        http.insist(h -> h.post("/containers/create?name=" + name, body), 201, 409);
    return answer.status() == 201
        ? answer.json().path("Id").asText()
        : http.insist(h -> h.get("/containers/" + name + "/json"), 200).json().path("Id").asText();
  }

  /// A start whose answer was cut off may have happened.
  private static void start(PatientHttp http, String id) {
    http.insist(h -> h.post("/containers/" + id + "/start"), 204, 304);
  }

  private Thread worker(String name, Runnable work) {
    return Thread.ofPlatform()
        .name(name)
        .start(
            () -> {
              while (!over) {
                try {
                  work.run();
                } catch (RuntimeException | AssertionError e) {
                  check(false, "%s: %s".formatted(name, e));
                }
              }
            });
  }

  private synchronized void check(boolean fact, String sentence) {
    if (!fact) {
      System.out.println("NetworkKillTest: " + sentence);
      broken.add(sentence);
    }
  }

  private static List<String> numbers(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(Integer::toString).toList();
  }
}
