package gantry.acceptance.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Result;
import gantry.acceptance.harness.ServiceImages;
import gantry.acceptance.harness.Subprocess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// Projects that use Testcontainers, with each way in which it comes to an engine.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TestcontainersTest {
  private static final Duration DEADLINE = Duration.ofSeconds(110);
  private static final String SUITE = "suite";

  @TempDir Path scratch = Path.of("/");

  private List<GantryDaemon> daemons = List.of();

  @BeforeAll
  void start() {
    daemons = List.of(GantryDaemon.start());
    ServiceImages.load(new Cli(daemon(), "testcontainers"));
  }

  @AfterAll
  void stop() {
    daemons.forEach(GantryDaemon::close);
  }

  private GantryDaemon daemon() {
    return daemons.getFirst();
  }

  @Test
  void daemon_byDockerHost() {
    passed(
        java(
            List.of("nsenter", "--net=/run/netns/" + daemon().id()),
            Map.of("DOCKER_HOST", daemon().host(), "TESTCONTAINERS_RYUK_DISABLED", "true"),
            "EnvironmentAndSystemPropertyClientProviderStrategy",
            classPath(),
            SUITE));
  }

  @Test
  void daemon_byItsUsualSocket() {
    // The machine's own socket is covered, for this one process.
    String covered =
        "mount -t tmpfs tmpfs /run && ln -s '%s' /run/docker.sock && exec \"$@\""
            .formatted(daemon().socket());
    List<String> inside = List.of("nsenter", "--net=/run/netns/" + daemon().id());
    List<String> around = List.of("unshare", "--mount", "sh", "-c", covered, "sh");
    passed(
        java(
            Stream.concat(inside.stream(), around.stream()).toList(),
            Map.of("TESTCONTAINERS_RYUK_DISABLED", "true"),
            "UnixSocketClientProviderStrategy",
            classPathWithoutOurs(),
            SUITE));
  }

  @Test
  void noDaemon_theEngineIsInTheTest() throws Exception {
    String name = scratch.getFileName().toString().replaceAll("[^A-Za-z0-9]", "");
    Set<Path> before = runFolders();
    Subprocess.run(List.of("ip", "netns", "add", name)).expect(0);
    try {
      Subprocess.run(List.of("ip", "-n", name, "link", "set", "lo", "up")).expect(0);
      Files.createDirectory(home());
      Path properties = home().resolve(".testcontainers.properties");
      Files.writeString(
          properties,
          "docker.client.strategy=org.testcontainers.dockerclient.UnixSocketClientProviderStrategy\n");
      List<String> inside = List.of("nsenter", "--net=/run/netns/" + name);

      Result left = java(inside, inProcess(), "GantryStrategy", classPath(), "leave").expect(9);
      assertThat(processes()).as("of container %s", left.text()).isNotEmpty();

      passed(java(inside, inProcess(), "GantryStrategy", classPath(), SUITE));
      assertThat(processes()).isEmpty();
      assertThat(Subprocess.run(List.of("ip", "-n", name, "-br", "link")).expect(0).lines())
          .allMatch(link -> link.startsWith("lo "), "is no link of a container");
      assertThat(runFolders()).isSubsetOf(before);
      assertThat(properties).content().contains("UnixSocketClientProviderStrategy");
    } finally {
      Subprocess.run(List.of("ip", "netns", "del", name)).expect(0);
    }
  }

  @Test
  void noDaemon_notRoot_isToldSo() throws Exception {
    // Not root, with root's files to read.
    List<String> somebody = List.of("unshare", "--user", "--map-user=1000");
    Result result = java(somebody, inProcess(), "GantryStrategy", classPath(), "leave");
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.stderr())
        .contains("as user 1000: that needs root; run the tests as root, or set DOCKER_HOST");
  }

  private Path home() {
    return scratch.resolve("home");
  }

  private Map<String, String> inProcess() {
    return Map.of(
        "TESTCONTAINERS_GANTRY_DATA_ROOT",
        scratch.resolve("roots").toString(),
        "TESTCONTAINERS_GANTRY_IMAGES",
        Checkout.distribution().resolve("images") + ":" + ServiceImages.archive());
  }

  /// Processes with the root of a container in our data roots.
  private List<String> processes() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/proc"))) {
      return all.filter(process -> process.getFileName().toString().matches("[0-9]+"))
          .filter(this::ours)
          .map(Path::toString)
          .toList();
    }
  }

  private static Set<Path> runFolders() throws IOException {
    try (Stream<Path> all = Files.list(Path.of("/run"))) {
      return all.filter(folder -> folder.toString().contains("gantry-testcontainers"))
          .collect(Collectors.toSet());
    }
  }

  private boolean ours(Path process) {
    try {
      return Files.readString(process.resolve("mountinfo"))
          .contains(scratch.resolve("roots").toString());
    } catch (IOException _) { // it ended since it was listed
      return false;
    }
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  /// That of a project that uses Testcontainers alone.
  private static String classPathWithoutOurs() {
    return Stream.of(classPath().split(":"))
        .filter(entry -> !entry.matches(".*(/testcontainers/target/|gantry-testcontainers).*"))
        .collect(Collectors.joining(":"));
  }

  private Result java(
      List<String> around,
      Map<String, String> environment,
      String strategy,
      String classPath,
      String what) {
    List<String> command = new ArrayList<>(around);
    command.addAll(List.of("env", "-u", "XDG_RUNTIME_DIR"));
    if (!environment.containsKey("DOCKER_HOST")) {
      command.addAll(List.of("-u", "DOCKER_HOST"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-Duser.home=" + home(),
            "-Dsuite.strategy=" + strategy,
            "-cp",
            classPath,
            SuiteMain.class.getName(),
            what));
    return Subprocess.run(command, environment, new byte[0], DEADLINE);
  }

  private static void passed(Result result) {
    assertThat(result.exit()).as("%s%s", result.stdout(), result.stderr()).isZero();
    assertThat(result.lines().getLast()).matches("[1-9][0-9]+ passed");
  }
}
