package gantry.daemon.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineConfig;
import gantry.engine.container.Ulimit;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DaemonConfigTest {
  @TempDir Path directory;

  private DaemonConfig parse(String json, String... arguments) throws IOException {
    Path file = directory.resolve("daemon.json");
    Files.writeString(file, json);
    List<String> all = new ArrayList<>(List.of("--config-file", file.toString()));
    all.addAll(List.of(arguments));
    return ((DaemonConfig.Request.Serve) DaemonConfig.parse(all)).config();
  }

  @Test
  void nothingSaid_isTheDefault() throws IOException {
    DaemonConfig config = parse("{}");
    assertThat(config.listen())
        .containsExactly(new ListenAddress.Unix(Path.of("/run/gantry/gantry.sock")));
    assertThat(config.pidfile()).isEqualTo(Path.of("/run/gantry/gantry.pid"));
    assertThat(config.logLevel()).isEqualTo("info");
    assertThat(config.engine().liveRestore()).isTrue();
    assertThat(config.engine().dataRoot()).isEqualTo(Path.of("/var/lib/gantry"));
  }

  @Test
  void options_areReadInAllTheirForms() throws IOException {
    DaemonConfig config =
        parse(
            "{}",
            "-H",
            "unix:///a/b.sock",
            "-H=tcp://127.0.0.1:7000",
            "-Hfd://",
            "--host",
            "tcp://[::1]",
            "--data-root=/d",
            "--exec-root",
            "/e",
            "-p",
            "/p",
            "-D",
            "--live-restore=false",
            "--default-ulimit",
            "nofile=10:20",
            "--default-ulimit=core=0",
            "--log-opt",
            "max-size=1m",
            "--default-shm-size",
            "1G",
            "--dns",
            "1.1.1.1",
            "--label",
            "a=b",
            "-b",
            "none",
            "--add-runtime",
            "x=/bin/x",
            "--shutdown-timeout",
            "3",
            "--cgroup-parent",
            "cg");
    assertThat(config.listen())
        .containsExactly(
            new ListenAddress.Unix(Path.of("/a/b.sock")),
            new ListenAddress.Tcp(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 7000)),
            new ListenAddress.Inherited(),
            new ListenAddress.Tcp(new InetSocketAddress(InetAddress.ofLiteral("::1"), 2375)));
    assertThat(config.logLevel()).isEqualTo("debug");
    assertThat(config.pidfile()).isEqualTo(Path.of("/p"));
    assertThat(config.engine().dataRoot()).isEqualTo(Path.of("/d"));
    assertThat(config.engine().execRoot()).isEqualTo(Path.of("/e"));
    assertThat(config.engine().liveRestore()).isFalse();
    assertThat(config.engine().defaultUlimits())
        .containsEntry("nofile", new Ulimit("nofile", 10, 20))
        .containsEntry("core", new Ulimit("core", 0, 0));
    assertThat(config.engine().defaultLog().options()).containsEntry("max-size", "1m");
    assertThat(config.engine().defaultShmSizeBytes()).isEqualTo(1L << 30);
    assertThat(config.engine().bridge().enabled()).isFalse();
    assertThat(config.engine().runtimes())
        .containsEntry("x", new EngineConfig.RuntimeBinary("/bin/x", List.of()));
    assertThat(config.engine().shutdownTimeoutSeconds()).isEqualTo(3);
    assertThat(config.engine().cgroupParent()).isEqualTo("cg");
  }

  @Test
  void file_hasDockersKeys() throws IOException {
    DaemonConfig config =
        parse(
            """
            {"hosts":["unix:///x.sock"],"debug":true,"live-restore":false,"mtu":1400,
             "default-ulimits":{"nofile":{"Name":"nofile","Soft":1,"Hard":2}},
             "runtimes":{"crun":{"path":"/usr/bin/crun","runtimeArgs":["--debug"]}},
             "default-address-pools":[{"base":"10.0.0.0/8","size":24}],
             "log-opts":{"max-file":"3"},"labels":["a=b"],"registry-mirrors":["https://x"]}
            """);
    assertThat(config.listen()).containsExactly(new ListenAddress.Unix(Path.of("/x.sock")));
    assertThat(config.logLevel()).isEqualTo("debug");
    assertThat(config.engine().bridge().mtu()).isEqualTo(1400);
    assertThat(config.engine().bridge().addressPools()).containsExactly("base=10.0.0.0/8,size=24");
    assertThat(config.engine().runtimes())
        .containsEntry("crun", new EngineConfig.RuntimeBinary("/usr/bin/crun", List.of("--debug")));
    assertThat(config.engine().defaultUlimits())
        .containsEntry("nofile", new Ulimit("nofile", 1, 2));
    assertThat(config.unusedKeys()).containsExactly("registry-mirrors");
  }

  @Test
  void sayingItTwice_isRefused() {
    assertThatThrownBy(() -> parse("{\"debug\":true,\"labels\":[\"a=b\"]}", "-D", "--label", "c=d"))
        .hasMessageContaining(
            "the following directives are specified both as a flag and in the configuration file: debug: (from flag: true, from file: true), labels: (from flag: [c=d], from file: [a=b])");
  }

  @Test
  void unknownKeys_areNamed() {
    assertThatThrownBy(() -> parse("{\"debug\":true,\"nope\":1,\"what\":2}"))
        .hasMessageContaining(
            "the following directives don't match any configuration option: nope, what");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|unexpected EOF",
        "{\"debug\":\"yes\"}|debug must be a boolean",
        "{\"hosts\":\"unix:///x\"}|hosts must be an array of strings",
        "{\"hosts\":[\"x\"]}|invalid bind address 'x'",
        "{\"mtu\":\"x\"}|mtu must be a number",
        "{\"log-level\":\"loud\"}|invalid logging level: 'loud'",
        "{\"default-shm-size\":\"big\"}|invalid size: 'big'",
        "{\"storage-driver\":\"zfs\"}|gantry stores layers with overlay2 only",
        "{\"tlsverify\":true}|give --tlscert and --tlskey",
        "{\"default-address-pools\":[{\"base\":\"\"}]}|invalid address pool",
      })
  void badValues_areNamed(String json, String words) {
    assertThatThrownBy(() -> parse(json)).hasMessageContaining(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--nope|unknown flag: --nope",
        "-x|unknown shorthand flag: 'x' in -x",
        "--dns|flag needs an argument: --dns",
        "word|accepts no arguments",
        "--debug=maybe|expected true or false",
        "--mtu=x|expected a whole number",
        "--default-ulimit=nofile|expected NAME=VALUE",
        "--default-ulimit=nofile=x|expected NAME=SOFT[:HARD]",
        "--host=unix://relative|invalid bind address",
        "--host=tcp://h:x|is not a port",
        "--host=npipe://x|expected unix:///PATH, tcp://HOST:PORT or fd://",
        "--config-file=/nonexistent/x.json|unable to configure the daemon with file /nonexistent/x.json",
      })
  void badOptions_areRefused(String argument, String words) {
    assertThatThrownBy(() -> DaemonConfig.parse(List.of(argument)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(words);
  }

  @Test
  void lettersMayBeJoined_andAskForOtherThingsThanServing() {
    assertThat(DaemonConfig.parse(List.of("-v")))
        .isInstanceOf(DaemonConfig.Request.ShowVersion.class);
    assertThat(DaemonConfig.parse(List.of("-Dv")))
        .isInstanceOf(DaemonConfig.Request.ShowVersion.class);
    assertThat(DaemonConfig.parse(List.of("--validate")))
        .isInstanceOf(DaemonConfig.Request.Validate.class);
    assertThat(DaemonConfig.parse(List.of("--help")))
        .isInstanceOfSatisfying(
            DaemonConfig.Request.ShowHelp.class,
            help -> assertThat(help.text()).contains("-H, --host list", "--live-restore"));
  }

  @Test
  void group_isKept() throws IOException {
    assertThat(parse("{}", "-G", "wheel").group()).isEqualTo(Optional.of("wheel"));
  }
}
