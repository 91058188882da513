package gantry.acceptance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Result;
import gantry.acceptance.harness.Subprocess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Daemons on other machines, by TLS and by ssh, named by options, the environment and contexts:
/// with our client and with the stock one.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostsTest {
  private static final String URL = "tcp://127.0.0.1:2376";
  private static final Path GANTRY = Checkout.distribution().resolve("bin/gantry");
  private static final String NO_INPUT = "";

  private Path folder = Path.of("/");
  private Path keys = Path.of("/");
  private List<GantryDaemon> daemons = List.of();

  @BeforeAll
  void start(@TempDir Path scratch) throws Exception {
    folder = scratch;
    keys = Files.createDirectory(folder.resolve("keys"));
    certificate("ca", List.of());
    certificate("server", signed("subjectAltName=IP:127.0.0.1"));
    certificate("cert", signed("extendedKeyUsage=clientAuth"));
    Files.move(keys.resolve("cert.key"), keys.resolve("key.pem"));
    certificate("other", List.of());
    daemons =
        List.of(
            GantryDaemon.start(
                "-H",
                URL,
                "--tlsverify",
                "--tlscacert=" + keys.resolve("ca.pem"),
                "--tlscert=" + keys.resolve("server.pem"),
                "--tlskey=" + keys.resolve("server.key")));
    // The other machine: what ssh runs there finds our client, under the name docker only too.
    Path far = Files.createDirectory(folder.resolve("far"));
    Files.createSymbolicLink(far.resolve("docker"), GANTRY);
    Path ssh = Files.createDirectory(folder.resolve("near")).resolve("ssh");
    Files.writeString(
        ssh,
        """
        #!/bin/sh
        echo "$@" >>%1$s/ssh.log
        while [ "$1" != -- ]; do shift; done
        [ "$2" = far ] || { echo "ssh: Could not resolve hostname $2" >&2; exit 255; }
        shift 2
        DOCKER_HOST=unix://%2$s PATH=%1$s/far:/usr/bin:/bin exec sh -c "$*"
        """
            .formatted(folder, daemon().socket()));
    assertThat(ssh.toFile().setExecutable(true)).isTrue();
  }

  @AfterAll
  void stop() {
    daemons.forEach(GantryDaemon::close);
  }

  private GantryDaemon daemon() {
    return daemons.getFirst();
  }

  private List<String> signed(String extension) {
    return List.of("-CA", keys + "/ca.pem", "-CAkey", keys + "/ca.key", "-addext", extension);
  }

  private void certificate(String name, List<String> more) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"));
    command.addAll(List.of("/CN=" + name, "-keyout", keys + "/" + name + ".key"));
    command.addAll(List.of("-out", keys + "/" + name + ".pem"));
    command.addAll(more);
    Subprocess.run(command).expect(0);
  }

  static Stream<Path> clients() {
    return Stream.of(GANTRY, Checkout.dockerClient());
  }

  /// In the daemon's network, where it listens.
  private Result run(
      Path client, Map<String, String> environment, String stdin, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + daemon().id(), client.toString()));
    command.addAll(List.of(arguments));
    Map<String, String> all =
        new TreeMap<>(
            Map.of(
                "DOCKER_HOST",
                "",
                "DOCKER_CONFIG",
                folder.resolve("config").toString(),
                "PATH",
                folder.resolve("near") + ":" + System.getenv("PATH")));
    all.putAll(environment);
    return Subprocess.run(command, all, stdin.getBytes(UTF_8));
  }

  private void works(Path client, Map<String, String> environment, String... options) {
    List<String> line = new ArrayList<>(List.of(options));
    line.addAll(List.of("run", "-i", "--rm", "--network", "none", "busybox"));
    line.addAll(List.of("sh", "-c", "cat; exit 7"));
    Result result = run(client, environment, "through\n", line.toArray(String[]::new)).expect(7);
    assertThat(result.stdout()).isEqualTo("through\n");
  }

  private String[] tls(String... more) {
    return Stream.concat(Stream.of("-H", URL), Stream.of(more)).toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("clients")
  void tls_byOptions_andByTheEnvironment(Path client) {
    works(
        client,
        Map.of(),
        tls(
            "--tlsverify",
            "--tlscacert=" + keys.resolve("ca.pem"),
            "--tlscert=" + keys.resolve("cert.pem"),
            "--tlskey=" + keys.resolve("key.pem")));
    works(
        client,
        Map.of("DOCKER_HOST", URL, "DOCKER_TLS_VERIFY", "1", "DOCKER_CERT_PATH", keys.toString()));
    works(client, Map.of("DOCKER_CERT_PATH", keys.toString()), tls("--tls"));
  }

  @ParameterizedTest
  @MethodSource("clients")
  void tls_withoutTrust_isRefused(Path client) {
    Map<String, String> ours = Map.of("DOCKER_CERT_PATH", keys.toString());
    Path other = keys.resolve("other.pem");
    assertThat(run(client, ours, NO_INPUT, tls("--tlsverify", "--tlscacert=" + other, "ps")))
        .returns(1, Result::exit)
        .satisfies(result -> assertThat(result.stderr()).contains("error during connect"));
    assertThat(
            run(client, ours, NO_INPUT, tls("--tlsverify", "--tlscacert=/nosuch", "ps")).stderr())
        .contains("open /nosuch: no such file");
    // Without a certificate of ours the daemon hangs up.
    assertThat(run(client, Map.of(), NO_INPUT, tls("--tls", "ps")).exit()).isEqualTo(1);
    assertThat(run(client, Map.of(), NO_INPUT, tls("ps")).exit()).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("clients")
  void ssh_carriesEverything(Path client) throws Exception {
    works(client, Map.of(), "-H", "ssh://me@far:2222");
    assertThat(Files.readString(folder.resolve("ssh.log")))
        .contains("-l me")
        .contains("-p 2222")
        .contains("system dial-stdio");
    assertThat(run(client, Map.of(), NO_INPUT, "-H", "ssh://nowhere", "ps"))
        .returns(1, Result::exit)
        .satisfies(
            result ->
                assertThat(result.stderr())
                    .contains("Could not resolve hostname nowhere")
                    .contains("exit status 255"));
  }

  @Test
  void contexts_areTheSameForBothClients() throws Exception {
    Path docker = Checkout.dockerClient();
    List<Path> both = List.of(GANTRY, docker);
    for (Path client : both) {
      String other = client.equals(GANTRY) ? "one" : "two";
      run(
              client,
              Map.of(),
              NO_INPUT,
              "context",
              "create",
              other,
              "--description",
              "by TLS",
              "--docker",
              "host=%s,ca=%s/ca.pem,cert=%s/cert.pem,key=%s/key.pem"
                  .formatted(URL, keys, keys, keys))
          .expect(0);
    }
    for (Path client : both) {
      works(client, Map.of(), "--context", "one");
      works(client, Map.of("DOCKER_CONTEXT", "two"));
    }
    run(GANTRY, Map.of(), NO_INPUT, "context", "use", "two").expect(0);
    assertThat(run(docker, Map.of(), NO_INPUT, "context", "show").text()).isEqualTo("two");
    works(docker, Map.of());
    run(docker, Map.of(), NO_INPUT, "context", "use", "one").expect(0);
    assertThat(run(GANTRY, Map.of(), NO_INPUT, "context", "show").text()).isEqualTo("one");
    works(GANTRY, Map.of());
    assertThat(run(GANTRY, Map.of(), NO_INPUT, "context", "inspect", "one", "two").stdout())
        .isEqualTo(run(docker, Map.of(), NO_INPUT, "context", "inspect", "one", "two").stdout())
        .contains("key.pem");
    run(docker, Map.of(), NO_INPUT, "context", "rm", "-f", "one").expect(0);
    run(GANTRY, Map.of(), NO_INPUT, "context", "rm", "two").expect(0);
    try (Stream<Path> left = Files.walk(folder.resolve("config/contexts"))) {
      assertThat(left.filter(Files::isRegularFile)).isEmpty();
    }
  }
}
