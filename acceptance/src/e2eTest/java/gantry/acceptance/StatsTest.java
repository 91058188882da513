package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// `stats` and `top`: what a container uses and what runs in it.
@E2e
class StatsTest {
  private final Cli cli;
  private final Http http;

  StatsTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  @Test
  void oneShot_hasDockersShape() {
    String name = cli.box("--memory", "64m", "--pids-limit", "10", "busybox", "sleep", "600");
    String path = "/containers/" + name + "/stats?stream=0&one-shot=1";
    // the kernel books a process's time when it leaves the processor
    Await.until(
        "some processor time",
        () -> http.get(path).json().at("/cpu_stats/cpu_usage/total_usage").asLong() > 0);
    JsonNode stats = http.get(path).expect(200).json();
    assertThat(Instant.parse(stats.get("read").asText())).isAfter(Instant.now().minusSeconds(60));
    assertThat(stats.get("preread").asText()).isEqualTo("0001-01-01T00:00:00Z");
    assertThat(stats.get("num_procs").asInt()).isZero();
    JsonNode cpu = stats.get("cpu_stats");
    assertThat(cpu.get("cpu_usage").get("total_usage").asLong()).isPositive();
    assertThat(cpu.get("system_cpu_usage").asLong())
        .isGreaterThan(cpu.get("cpu_usage").get("total_usage").asLong());
    assertThat(cpu.get("online_cpus").asInt())
        .isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(cpu.get("throttling_data").has("throttled_periods")).isTrue();
    assertThat(stats.get("memory_stats").get("limit").asLong()).isEqualTo(64L << 20);
    assertThat(stats.get("memory_stats").get("usage").asLong()).isBetween(1L, 64L << 20);
    assertThat(stats.get("pids_stats").get("current").asInt()).isEqualTo(1);
    assertThat(stats.get("pids_stats").get("limit").asInt()).isEqualTo(10);
    assertThat(stats.has("blkio_stats")).isTrue();
  }

  @Test
  void withoutStream_takesTwoSamplesWithinThreeSeconds() {
    String name = cli.box("busybox", "sh", "-c", "while :; do :; done");
    long begin = System.nanoTime();
    JsonNode stats = http.get("/containers/" + name + "/stats?stream=0").expect(200).json();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
    assertThat(stats.get("name").asText()).isEqualTo("/" + name);
    assertThat(stats.get("id").asText()).isEqualTo(cli.inspect(name, "{{.Id}}"));
    long cpu =
        stats.get("cpu_stats").get("cpu_usage").get("total_usage").asLong()
            - stats.get("precpu_stats").get("cpu_usage").get("total_usage").asLong();
    assertThat(cpu).isGreaterThan(50_000_000L);
    cli.ok("kill", name);
  }

  @Test
  void stream_sendsOneASecond() throws Exception {
    String name = cli.sleeper();
    try (var stream = http.open("GET", "/containers/" + name + "/stats", Map.of(), null)) {
      JsonNode first = new ObjectMapper().readTree(Objects.requireNonNull(stream.readJsonLine()));
      JsonNode second = new ObjectMapper().readTree(Objects.requireNonNull(stream.readJsonLine()));
      Duration between =
          Duration.between(
              Instant.parse(first.get("read").asText()),
              Instant.parse(second.get("read").asText()));
      assertThat(between).isBetween(Duration.ofMillis(500), Duration.ofSeconds(3));
      assertThat(second.get("preread").asText()).isEqualTo(first.get("read").asText());
    }
  }

  @Test
  void stoppedContainer_hasZeros() {
    String name = cli.created("busybox", "true");
    JsonNode stats = http.get("/containers/" + name + "/stats?stream=0").expect(200).json();
    assertThat(stats.get("read").asText()).isEqualTo("0001-01-01T00:00:00Z");
    assertThat(stats.get("cpu_stats").get("cpu_usage").get("total_usage").asLong()).isZero();
  }

  @Test
  void bridge_countsBytes() {
    String name = cli.name();
    cli.ok("run", "-d", "--name", name, "busybox", "sleep", "600");
    JsonNode networks =
        http.get("/containers/" + name + "/stats?stream=0&one-shot=1").json().get("networks");
    assertThat(networks.get("eth0").has("rx_bytes")).isTrue();
    assertThat(networks.get("eth0").has("tx_packets")).isTrue();
  }

  @Test
  void client_printsTheTable() {
    String name = cli.box("--memory", "64m", "busybox", "sleep", "600");
    List<String> lines = cli.run("stats", "--no-stream", name).expect(0).lines();
    assertThat(lines.getFirst())
        .matches(
            ".*CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS *");
    assertThat(lines.getLast())
        .matches(
            "[0-9a-f]{12} +"
                + name
                + " +[0-9.]+% +[0-9.]+[kKM]?i?B / 64MiB +[0-9.]+% +0B / 0B +.* +1 *");
    assertThat(cli.ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", name))
        .isEqualTo(name + " 1");
  }

  @Test
  void ofMissing_is404() {
    assertThat(http.get("/containers/nosuch/stats?stream=0").expect(404).message())
        .isEqualTo("No such container: nosuch");
  }

  @Test
  void top_listsProcessesAsTheHostSeesThem() {
    String name = cli.sleeper();
    List<String> lines = cli.run("top", name).expect(0).lines();
    assertThat(lines.getFirst()).matches("UID +PID +PPID +C +STIME +TTY +TIME +CMD");
    assertThat(lines).hasSize(2);
    assertThat(lines.get(1))
        .matches("root +" + cli.inspect(name, "{{.State.Pid}}") + " +.* sleep 600");
  }

  @Test
  void top_takesPsOptions() {
    String name = cli.sleeper();
    JsonNode top =
        http.get("/containers/" + name + "/top?ps_args=-o%20pid,comm").expect(200).json();
    assertThat(top.get("Titles").toString()).isEqualTo("[\"PID\",\"COMMAND\"]");
    assertThat(top.get("Processes").toString())
        .isEqualTo("[[\"" + cli.inspect(name, "{{.State.Pid}}") + "\",\"sleep\"]]");
  }

  @Test
  void top_ofStopped_is409() {
    String name = cli.created("busybox", "true");
    assertThat(http.get("/containers/" + name + "/top").expect(409).message())
        .matches("container [0-9a-f]{64} is not running");
  }

  @Test
  void top_withOptionsThatHideThePid_fails() {
    assertThat(http.get("/containers/" + cli.sleeper() + "/top?ps_args=-o%20comm").status())
        .isGreaterThanOrEqualTo(400);
  }

  @Test
  void port_ofUnpublished_isEmpty() {
    assertThat(cli.run("port", cli.sleeper()).expect(0).stdout()).isEmpty();
    assertThat(cli.run("port", cli.sleeper(), "80").expect(1).stderr())
        .containsIgnoringCase("no public port '80' published for");
  }
}
