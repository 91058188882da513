package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/// `events`: what happened, live and past, in Docker's words and order.
@E2e
@Isolated("an engine keeps 256 past events: those of other classes would push ours out")
class EventsTest {
  private final Cli cli;
  private final Http http;

  EventsTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  private static String filters(String json) {
    return "&filters=" + URLEncoder.encode(json, StandardCharsets.UTF_8);
  }

  /// What the client prints of the past of one container: the actions, in order.
  private List<String> actions(String since, String container) {
    return past(since, "{{.Action}}", "container=" + container);
  }

  /// What the client prints, by `format`, of the past between `since` and now that passes all
  /// filters.
  private List<String> past(String since, String format, String... filters) {
    List<String> args =
        new ArrayList<>(List.of("events", "--since", since, "--until", now(), "--format", format));
    for (String filter : filters) {
      args.addAll(List.of("--filter", filter));
    }
    return cli.run(args.toArray(String[]::new)).expect(0).lines();
  }

  private static String now() {
    Instant now = Instant.now();
    return "%d.%09d".formatted(now.getEpochSecond(), now.getNano());
  }

  @Test
  void runRm_tellsTheWholeStory() {
    String since = now();
    String name = cli.name();
    cli.run("run", "--rm", "--network", "none", "--name", name, "busybox", "true").expect(0);
    assertThat(actions(since, name).stream().filter(a -> !a.equals("attach")).toList())
        .containsSubsequence("create", "start", "die", "destroy");
  }

  @Test
  void stop_isKillDieStop() {
    String since = now();
    String name = cli.box("--init", "busybox", "sleep", "600");
    cli.ok("stop", name);
    assertThat(actions(since, name))
        .containsSubsequence("create", "start", "kill")
        .contains("die", "stop");
    assertThat(actions(since, name)).hasSize(5);
  }

  @Test
  void restart_isKillDieStopStartRestart() {
    String name = cli.sleeper();
    String since = now();
    cli.ok("restart", "-t", "0", name);
    assertThat(actions(since, name))
        .startsWith("kill")
        .containsSubsequence("stop", "start", "restart")
        .contains("die");
  }

  @Test
  void otherActions_haveTheirNames() {
    String name = cli.sleeper();
    String since = now();
    cli.ok("pause", name);
    cli.ok("unpause", name);
    cli.ok("exec", name, "true");
    cli.ok("update", "--pids-limit", "99", name);
    cli.run("top", name);
    cli.run("cp", name + ":/etc/passwd", "-");
    String other = cli.name();
    cli.ok("rename", name, other);
    cli.ok("kill", other);
    cli.ok("rm", other);
    List<String> all =
        cli
            .run(
                "events",
                "--since",
                since,
                "--until",
                now(),
                "--filter",
                "type=container",
                "--format",
                "{{.Action}} {{.Actor.Attributes.name}}")
            .lines()
            .stream()
            .filter(line -> line.endsWith(name) || line.endsWith(other))
            .map(line -> line.substring(0, line.lastIndexOf(' ')))
            .toList();
    assertThat(all)
        .containsSubsequence(
            "pause", "unpause", "exec_create: true ", "exec_start: true ", "exec_die")
        .contains("update", "top", "archive-path", "rename", "kill", "die", "destroy");
  }

  @Test
  void shape_hasNewAndOldFields() throws Exception {
    String since = now();
    String name = cli.box("--label", "colour=green", "busybox", "sh", "-c", "exit 3");
    cli.ok("wait", name);
    String id = cli.inspect(name, "{{.Id}}");
    var answer =
        http.get(
                "/events?since="
                    + since
                    + "&until="
                    + now()
                    + filters("{\"container\":{\"" + id + "\":true},\"event\":{\"die\":true}}"))
            .expect(200);
    assertThat(answer.header("content-type")).isEqualTo("application/json");
    JsonNode event = new ObjectMapper().readTree(answer.text().lines().findFirst().orElseThrow());
    assertThat(event.get("Type").asText()).isEqualTo("container");
    assertThat(event.get("Action").asText()).isEqualTo("die");
    assertThat(event.get("Actor").get("ID").asText()).isEqualTo(id);
    JsonNode attributes = event.get("Actor").get("Attributes");
    assertThat(attributes.get("exitCode").asText()).isEqualTo("3");
    assertThat(attributes.get("execDuration").asText()).matches("[0-9]+");
    assertThat(attributes.get("name").asText()).isEqualTo(name);
    assertThat(attributes.get("image").asText()).isEqualTo("busybox");
    assertThat(attributes.get("colour").asText()).isEqualTo("green");
    assertThat(event.get("scope").asText()).isEqualTo("local");
    assertThat(event.get("timeNano").asLong() / 1_000_000_000L)
        .isEqualTo(event.get("time").asLong());
    assertThat(event.get("status").asText()).isEqualTo("die");
    assertThat(event.get("id").asText()).isEqualTo(id);
    assertThat(event.get("from").asText()).isEqualTo("busybox");
  }

  @Test
  void live_headersComeAtOnce_andEventsAsTheyHappen() throws Exception {
    String name = cli.sleeper();
    try (var live =
        http.open(
            "GET",
            "/events?" + filters("{\"container\":[\"" + name + "\"]}").substring(1),
            Map.of(),
            null)) {
      assertThat(live.status()).isEqualTo(200);
      cli.ok("pause", name);
      assertThat(
              new ObjectMapper()
                  .readTree(Objects.requireNonNull(live.readJsonLine()))
                  .get("Action")
                  .asText())
          .isEqualTo("pause");
      cli.ok("unpause", name);
      assertThat(
              new ObjectMapper()
                  .readTree(Objects.requireNonNull(live.readJsonLine()))
                  .get("Action")
                  .asText())
          .isEqualTo("unpause");
    }
  }

  @Test
  void untilInTheFuture_endsByItself() {
    String until = Long.toString(Instant.now().getEpochSecond() + 1);
    assertThat(
            cli.start("events", "--until", until, "--filter", "container=nosuch")
                .end()
                .expect(0)
                .stdout())
        .isEmpty();
  }

  @Test
  void sinceZeroUntilNow_ends() {
    cli.run("events", "--since", "0", "--until", now()).expect(0);
  }

  @Test
  void filters_selectByLabelImageTypeAndEvent() {
    String since = now();
    String label = "events=" + cli.name();
    String name = cli.box("--label", label, "busybox", "true");
    cli.ok("wait", name);
    String format = "{{.Actor.Attributes.name}}";
    assertThat(past(since, format, "label=" + label, "event=start")).containsExactly(name);
    assertThat(past(since, format, "label=" + label, "image=busybox", "type=container"))
        .hasSizeGreaterThanOrEqualTo(3)
        .containsOnly(name);
    assertThat(past(since, format, "label=" + label, "type=network")).isEmpty();
  }

  @Test
  void images_haveEvents() {
    String since = now();
    String tag = cli.name() + ":1";
    cli.ok("tag", "busybox", tag);
    cli.ok("rmi", tag);
    List<String> lines = past(since, "{{.Action}} {{.Actor.Attributes.name}}", "type=image");
    assertThat(lines).contains("tag " + tag).anyMatch(line -> line.startsWith("untag "));
  }

  @Test
  void text_isOfTheUsualForm() {
    String since = now();
    String name = cli.sleeper();
    String line =
        cli.run(
                "events",
                "--since",
                since,
                "--until",
                now(),
                "--filter",
                "container=" + name,
                "--filter",
                "event=start")
            .text();
    assertThat(line)
        .matches(
            "[0-9T:.+Z-]+ container start [0-9a-f]{64} \\(image=busybox, name=" + name + "\\)");
  }

  @Test
  void badQueries_are400() {
    assertThat(http.get("/events?since=20&until=10").expect(400).message()).isNotEmpty();
    assertThat(http.get("/events?since=nonsense").status()).isGreaterThanOrEqualTo(400);
    http.get("/events?until=1&filters=%7B").expect(400);
  }
}
