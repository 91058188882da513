package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `ps` and `GET /containers/json`: columns, filters, formats. Four containers with one label:
/// `running` and `paused`, `exited` with 3, `created`.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PsTest {
  private final Cli cli;
  private final Http http;
  private String label = "";
  private String running = "";
  private String paused = "";
  private String exited = "";
  private String created = "";

  PsTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  @BeforeAll
  void four() {
    label = "ps=" + cli.name();
    running = cli.box("--label", label, "--label", "kind=a", "busybox", "sleep", "600");
    paused = cli.box("--label", label, "--label", "kind=b", "busybox", "sleep", "600");
    cli.ok("pause", paused);
    exited = cli.box("--label", label, "busybox", "sh", "-c", "exit 3");
    cli.ok("wait", exited);
    created = cli.name();
    cli.ok(
        "create",
        "--label",
        label,
        "--name",
        created,
        "--network",
        "none",
        "-v",
        "/tmp:/data",
        "busybox",
        "true");
  }

  private List<String> names(String... options) {
    var args =
        new java.util.ArrayList<>(
            List.of("ps", "--filter", "label=" + label, "--format", "{{.Names}}"));
    args.addAll(List.of(options));
    return cli.run(args.toArray(String[]::new)).expect(0).lines();
  }

  private JsonNode list(String filters) {
    return http.get(
            "/containers/json?all=1&filters=" + URLEncoder.encode(filters, StandardCharsets.UTF_8))
        .expect(200)
        .json();
  }

  @Test
  void runningOnlyUnlessAll_newestFirst() {
    assertThat(names()).containsExactly(paused, running);
    assertThat(names("-a")).containsExactly(created, exited, paused, running);
  }

  @Test
  void table_hasDockersColumns() {
    List<String> lines = cli.run("ps", "-a", "--filter", "label=" + label).lines();
    assertThat(lines.getFirst())
        .matches("CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +PORTS +NAMES");
    assertThat(lines.getLast())
        .matches("[0-9a-f]{12} +busybox +\"sleep 600\" +.* ago +Up .* +" + running);
  }

  @Test
  void emptyTable_isTheHeader() {
    assertThat(cli.run("ps", "--filter", "name=nosuch").lines()).hasSize(1);
    assertThat(cli.run("ps", "-q", "--filter", "name=nosuch").stdout()).isEmpty();
  }

  @Test
  void statusText_isByState() {
    assertThat(cli.run("ps", "-a", "--filter", "label=" + label, "--format", "{{.Status}}").lines())
        .satisfiesExactly(
            s -> assertThat(s).isEqualTo("Created"),
            s -> assertThat(s).matches("Exited \\(3\\) .* ago"),
            s -> assertThat(s).matches("Up .* \\(Paused\\)"),
            s -> assertThat(s).startsWith("Up "));
  }

  @Test
  void filters_byEachKey() {
    assertThat(names("-a", "--filter", "status=exited")).containsExactly(exited);
    assertThat(names("-a", "--filter", "status=created", "--filter", "status=paused"))
        .containsExactly(created, paused);
    assertThat(names("-a", "--filter", "exited=3")).containsExactly(exited);
    assertThat(names("-a", "--filter", "exited=0")).doesNotContain(exited);
    assertThat(names("-a", "--filter", "name=" + running)).contains(running);
    assertThat(names("-a", "--filter", "name=^/" + created + "$")).containsExactly(created);
    assertThat(names("-a", "--filter", "id=" + cli.inspect(paused, "{{.Id}}").substring(0, 12)))
        .containsExactly(paused);
    assertThat(names("-a", "--filter", "before=" + paused)).containsExactly(running);
    assertThat(names("-a", "--filter", "since=" + paused)).containsExactly(created, exited);
    assertThat(names("-a", "--filter", "ancestor=busybox")).hasSize(4);
    assertThat(names("-a", "--filter", "ancestor=hello-world")).isEmpty();
    assertThat(names("-a", "--filter", "volume=/data")).containsExactly(created);
    assertThat(names("-a", "--filter", "network=none")).hasSize(4);
    assertThat(names("-a", "--filter", "label=kind")).containsExactly(paused, running);
    assertThat(names("-a", "--filter", "label=kind=a")).containsExactly(running);
    assertThat(names("-a", "--filter", "label=kind=a", "--filter", "label=kind=b")).isEmpty();
  }

  @Test
  void filters_inBothForms() {
    assertThat(list("{\"label\":{\"" + label + "\":true}}")).hasSize(4);
    assertThat(list("{\"label\":[\"" + label + "\"]}")).hasSize(4);
    assertThat(list("{\"label\":[\"" + label + "\"],\"status\":[\"created\"]}")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      {"nosuch":["1"]}     | invalid filter 'nosuch'
      {"status":["silly"]} | invalid filter 'status=silly'
      {"exited":["x"]}     | invalid filter 'exited=x'
      """)
  void badFilters_are400(String filters, String message) {
    var answer =
        http.get("/containers/json?filters=" + URLEncoder.encode(filters, StandardCharsets.UTF_8))
            .expect(400);
    assertThat(answer.message()).contains(message);
  }

  @Test
  void brokenFilterJson_is400() {
    http.get("/containers/json?filters=%7B").expect(400);
  }

  @Test
  void formats_templateTableAndJson() {
    assertThat(
            cli.run(
                    "ps",
                    "--filter",
                    "label=" + label,
                    "--filter",
                    "name=" + running,
                    "--format",
                    "table {{.Names}}\t{{.Image}}")
                .lines()
                .getFirst())
        .matches("NAMES +IMAGE");
    String json = cli.run("ps", "--filter", "name=^/" + running + "$", "--format", "json").text();
    assertThat(json)
        .contains(
            "\"Names\":\"" + running + "\"",
            "\"State\":\"running\"",
            "\"Image\":\"busybox\"",
            "\"Command\":\"\\\"sleep 600\\\"\"");
    assertThat(
            cli.run(
                    "ps",
                    "--filter",
                    "name=^/" + running + "$",
                    "--format",
                    "{{.Label \"kind\"}} {{upper .State}}")
                .text())
        .isEqualTo("a RUNNING");
  }

  @Test
  void quietAndNoTrunc() {
    String id = cli.inspect(running, "{{.Id}}");
    assertThat(cli.ok("ps", "-q", "--filter", "name=^/" + running + "$"))
        .isEqualTo(id.substring(0, 12));
    assertThat(cli.ok("ps", "-q", "--no-trunc", "--filter", "name=^/" + running + "$"))
        .isEqualTo(id);
  }

  @Test
  void last_limits() {
    assertThat(names("-n", "1")).hasSizeLessThanOrEqualTo(1);
    assertThat(cli.run("ps", "-n", "2", "-q").lines()).hasSize(2);
    assertThat(http.get("/containers/json?limit=1").expect(200).json()).hasSize(1);
    assertThat(http.get("/containers/json?limit=-1&all=0&size=0&trunc_cmd=0").status())
        .isEqualTo(200);
  }

  @Test
  void size_isAskedFor() {
    assertThat(cli.run("ps", "-s", "--filter", "name=^/" + running + "$").text())
        .containsPattern("[0-9.]+[kM]?B \\(virtual [0-9.]+MB\\)");
    JsonNode sized =
        http.get(
                "/containers/json?all=1&size=1&filters=%7B%22name%22%3A%5B%22"
                    + exited
                    + "%22%5D%7D")
            .json()
            .get(0);
    assertThat(sized.get("SizeRootFs").asLong()).isGreaterThan(1_000_000);
  }

  @Test
  void jsonFields_areComplete() {
    JsonNode one = list("{\"name\":[\"^/" + created + "$\"]}").get(0);
    assertThat(one.get("Id").asText()).matches("[0-9a-f]{64}");
    assertThat(one.get("Names").toString()).isEqualTo("[\"/" + created + "\"]");
    assertThat(one.get("Image").asText()).isEqualTo("busybox");
    assertThat(one.get("ImageID").asText()).startsWith("sha256:");
    assertThat(one.get("Command").asText()).isEqualTo("true");
    assertThat(one.get("Created").asLong())
        .isBetween(Instant.now().getEpochSecond() - 600, Instant.now().getEpochSecond() + 1);
    assertThat(one.get("Ports").isArray()).isTrue();
    assertThat(one.get("Labels").get("ps").asText()).isEqualTo(label.substring(3));
    assertThat(one.get("State").asText()).isEqualTo("created");
    assertThat(one.get("Status").asText()).isEqualTo("Created");
    assertThat(one.get("HostConfig").get("NetworkMode").asText()).isEqualTo("none");
    assertThat(one.get("NetworkSettings").get("Networks").has("none")).isTrue();
    assertThat(one.get("Mounts").get(0).get("Destination").asText()).isEqualTo("/data");
    assertThat(one.has("SizeRw")).isFalse();
  }
}
