package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.Compose;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.ServiceImages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The shop of `examples/shop`, brought up once, and what people do with such a project. Each way
/// of driving it is a subclass; each test leaves the shop healthy, with two replicas.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ShopContract {
  static final Path FOLDER = Checkout.root().resolve("examples/shop");
  private static final List<String> SERVERS = List.of("db", "cache", "web", "proxy");

  final Cli cli;
  final Engine engine;
  final String project = getClass().getSimpleName().toLowerCase(Locale.ROOT);
  private final int port = freePort();
  private final Compose shop;
  private List<Instant> order = List.of();

  ShopContract(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
    shop = compose(project).with("SHOP_PORT", Integer.toString(port));
  }

  /// The client under test, for the shop's files as project `name`.
  abstract Compose compose(String name);

  /// A port that nobody has now; the engine's network namespace is another, and used by few.
  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port", e);
    }
  }

  @BeforeAll
  void up() {
    ServiceImages.load(cli);
    shop.ok("up", "-d");
    awaitHealth();
    order = Stream.of("db", "web", "proxy").map(this::started).toList();
  }

  @AfterAll
  void down() {
    shop.run("down", "-v");
  }

  private void awaitHealth() {
    Await.until(
        "all is healthy",
        Duration.ofSeconds(60),
        () -> shop.run("ps").stdout(),
        () ->
            SERVERS.stream()
                .flatMap(service -> shop.containers(service).stream())
                .map(id -> cli.inspect(id, "{{.State.Health.Status}}"))
                .allMatch("healthy"::equals));
  }

  /// The shop's front page, through its published port and from the engine's own host.
  private String page() {
    String request =
        "exec 3<>/dev/tcp/127.0.0.1/" + port + "; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    String response =
        cli.ok(
            "run",
            "--rm",
            "--name",
            cli.name(),
            "--network",
            "host",
            "nginx:1.22",
            "bash",
            "-c",
            request);
    assertThat(response).startsWith("HTTP/1.1 200 OK");
    return response.substring(response.indexOf("\r\n\r\n") + 4);
  }

  private String line(String page, String start) {
    return page.lines().filter(line -> line.startsWith(start)).findFirst().orElseThrow();
  }

  private Instant started(String service) {
    return shop.containers(service).stream()
        .map(id -> Instant.parse(cli.inspect(id, "{{.State.StartedAt}}")))
        .min(Instant::compareTo)
        .orElseThrow();
  }

  private List<String> all(String... services) {
    return Stream.of(services).flatMap(service -> shop.containers(service).stream()).toList();
  }

  @Test
  void up_startsInTheOrderOfHealth_andTheShopIsOpen() {
    assertThat(order).isSorted();
    assertThat(page())
        .startsWith("Welcome to the shop, visitor ")
        .contains("anchor: 12\ncrane: 2\nrope: 300\n");
    assertThat(shop.containers("web")).hasSize(2);
  }

  @Test
  void replicas_takeTurns() {
    List<String> hosts = shop.containers("web").stream().map(id -> id.substring(0, 12)).toList();
    Await.until("one page of each replica", new Seen(hosts)::all);
  }

  /// The replicas that have answered so far.
  private final class Seen {
    private final Set<String> missing;

    Seen(List<String> hosts) {
      missing = new HashSet<>(hosts);
    }

    boolean all() {
      missing.remove(line(page(), "served by ").substring("served by ".length()));
      return missing.isEmpty();
    }
  }

  @Test
  void ps_listsTheServices_withHealthAndPorts() {
    String listing = shop.ok("ps");
    assertThat(listing.lines().filter(line -> line.contains("(healthy)"))).hasSize(5);
    assertThat(listing).contains("0.0.0.0:" + port + "->80/tcp");
    assertThat(shop.ok("port", "proxy", "80")).isEqualTo("0.0.0.0:" + port);
  }

  @Test
  void logs_follow() {
    try (var logs = shop.start("logs", "-f", "--tail", "1", "web")) {
      logs.awaitOutput("GET /health 200");
      page();
      logs.awaitOutput("GET / 200");
    }
    assertThat(shop.ok("logs", "db")).contains("database system is ready to accept connections");
  }

  @Test
  void exec_hasInput_output_andExitCode() {
    assertThat(
            shop.pipe("SELECT count(*) FROM goods", "exec", "-T", "db", "psql", "-U", "shop", "-At")
                .expect(0)
                .text())
        .isEqualTo("3");
    shop.run("exec", "-T", "db", "sh", "-c", "exit 7").expect(7);
  }

  @Test
  void run_aServiceOfAProfile_thatIsNotUp() {
    assertThat(shop.ok("run", "--rm", "-T", "backup")).contains("COPY public.goods (name, stock)");
    assertThat(shop.ok("ps", "-a")).doesNotContain("backup");
  }

  @Test
  void secret_isAFile_andConfigIsIn() {
    assertThat(shop.ok("exec", "-T", "web", "cat", "/run/secrets/db_password"))
        .isEqualTo("a password for trying things out");
    assertThat(shop.ok("exec", "-T", "proxy", "cat", "/etc/nginx/nginx.conf"))
        .contains("proxy_pass $web;");
  }

  @Test
  void networks_areApart() {
    String connect = "exec 3<>/dev/tcp/%s/%s";
    shop.run("exec", "-T", "web", "bash", "-c", connect.formatted("db", "5432")).expect(0);
    assertThat(
            shop.run("exec", "-T", "proxy", "bash", "-c", connect.formatted("db", "5432")).stderr())
        .containsIgnoringCase("name resolution");
    String address =
        cli.inspect(
            shop.containers("db").getFirst(),
            "{{(index .NetworkSettings.Networks \"" + project + "_back\").IPAddress}}");
    shop.run("exec", "-T", "proxy", "timeout", "1", "bash", "-c", connect.formatted(address, 5432))
        .expect(124);
  }

  @Test
  void scale_addsAndRemovesReplicas_andLeavesTheOthers() {
    List<String> before = shop.containers("web");
    shop.ok("up", "-d", "--scale", "web=3");
    assertThat(shop.containers("web")).hasSize(3).containsAll(before);
    awaitHealth();
    List<String> hosts = shop.containers("web").stream().map(id -> id.substring(0, 12)).toList();
    Await.until("one page of each of three", new Seen(hosts)::all);
    shop.ok("up", "-d", "--scale", "web=2");
    assertThat(shop.containers("web")).hasSize(2).isSubsetOf(before);
  }

  @Test
  void restart_keepsTheContainers() {
    List<String> before = shop.containers("web");
    Instant started = started("web");
    shop.ok("restart", "-t", "5", "web");
    assertThat(shop.containers("web")).isEqualTo(before);
    assertThat(started("web")).isAfter(started);
    awaitHealth();
    assertThat(page()).contains("served by ");
  }

  @Test
  void up_withAChangedService_recreatesThatAlone() {
    assumeThat(engine.docker() && this instanceof ComposeOneTest)
        .as("docker-compose 1.29 recreates nothing on Docker since 25")
        .isFalse();
    int visits = visits();
    List<String> others = all("db", "cache", "proxy");
    List<String> web = shop.containers("web");
    shop.with("SHOP_GREETING", "Hello").ok("up", "-d");
    assertThat(all("db", "cache", "proxy")).isEqualTo(others);
    assertThat(shop.containers("web")).hasSize(2).doesNotContainAnyElementsOf(web);
    awaitHealth();
    Await.until("the new page", () -> page().startsWith("Hello, visitor "));
    assertThat(visits()).isGreaterThan(visits);
    shop.ok("up", "-d");
    awaitHealth();
  }

  private int visits() {
    String greeting = page().lines().findFirst().orElseThrow();
    return Integer.parseInt(greeting.substring(greeting.lastIndexOf(' ') + 1));
  }

  @Test
  void down_andUpAgain_keepsVolumes_andDownV_leavesNothing() {
    Compose second =
        compose(project + "2").with("SHOP_PORT", "0").with("COMPOSE_IGNORE_ORPHANS", "1");
    String label = "label=com.docker.compose.project=" + project + "2";
    try {
      second.ok("up", "-d", "cache");
      redis(second, "SET", "kept", "yes");
      second.ok("down");
      assertThat(cli.ok("ps", "-aq", "--filter", label)).isEmpty();
      assertThat(cli.ok("network", "ls", "-q", "--filter", label)).isEmpty();
      second.ok("up", "-d", "cache");
      Await.until("what was kept", () -> redis(second, "GET", "kept").equals("yes"));
    } finally {
      second.run("down", "-v");
    }
    assertThat(cli.ok("ps", "-aq", "--filter", label)).isEmpty();
    assertThat(cli.ok("network", "ls", "-q", "--filter", label)).isEmpty();
    assertThat(cli.ok("volume", "ls", "-q", "--filter", label)).isEmpty();
  }

  private static String redis(Compose compose, String... command) {
    String[] args =
        Stream.concat(Stream.of("exec", "-T", "cache", "redis-cli"), Stream.of(command))
            .toArray(String[]::new);
    Await.until(
        "redis takes commands",
        () -> compose.run("exec", "-T", "cache", "redis-cli", "PING").text().equals("PONG"));
    return compose.ok(args);
  }
}
