package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `version`, `info`, `system df`, ping, and how a version of the API is agreed on.
@E2e
class SystemTest {
  private final Cli cli;
  private final Http http;

  SystemTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  @Test
  void ping_getAndHead() {
    var get = http.get("/_ping").expect(200);
    assertThat(get.text()).isEqualTo("OK");
    assertThat(get.header("content-type")).startsWith("text/plain");
    assertThat(get.header("api-version")).isEqualTo("1.51");
    assertThat(get.header("ostype")).isEqualTo("linux");
    assertThat(get.header("docker-experimental")).isEqualTo("false");
    assertThat(get.header("cache-control")).isEqualTo("no-cache, no-store, must-revalidate");
    assertThat(get.header("pragma")).isEqualTo("no-cache");
    assertThat(get.header("swarm")).isEqualTo("inactive");
    var head = http.send("HEAD", "/_ping", Map.of(), null).expect(200);
    assertThat(head.header("content-length")).isEqualTo("0");
    assertThat(head.header("api-version")).isEqualTo("1.51");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.24", "1.30", "1.41", "1.51"})
  void versions_areServed(String version) {
    assertThat(http.get("/v" + version + "/_ping").expect(200).header("api-version"))
        .isEqualTo("1.51");
    http.get("/v" + version + "/containers/json").expect(200);
  }

  @Test
  void versionTooNewOrTooOld_is400() {
    assertThat(http.get("/v9.99/containers/json").expect(400).message())
        .isEqualTo("client version 9.99 is too new. Maximum supported API version is 1.51");
    assertThat(http.get("/v1.23/containers/json").expect(400).text())
        .contains(
            "client version 1.23 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version");
  }

  @Test
  void clientOfAnyVersion_works() {
    for (String version : List.of("1.24", "1.40", "1.44", "1.50")) {
      Cli old = cli.with(Map.of("DOCKER_API_VERSION", version));
      assertThat(
              old.run("run", "--rm", "--network", "none", "busybox", "echo", version)
                  .expect(0)
                  .text())
          .isEqualTo(version);
      old.run("ps", "-a").expect(0);
      old.run("images").expect(0);
    }
    assertThat(cli.with(Map.of("DOCKER_API_VERSION", "9.99")).run("ps").expect(1).stderr())
        .contains("is too new");
  }

  @Test
  void unknownPathsAndMethods_are404() {
    assertThat(http.get("/nosuch").expect(404).message()).isEqualTo("page not found");
    assertThat(http.get("/vabc/containers/json").expect(404).message()).isEqualTo("page not found");
    assertThat(http.send("PATCH", "/containers/json", Map.of(), null).expect(404).message())
        .isEqualTo("page not found");
    assertThat(http.delete("/info").expect(404).message()).isEqualTo("page not found");
  }

  @Test
  void errors_areExactlyJson() {
    var answer = http.get("/containers/nosuch/json").expect(404);
    assertThat(answer.header("content-type")).isEqualTo("application/json");
    assertThat(answer.text()).isEqualTo("{\"message\":\"No such container: nosuch\"}\n");
    assertThat(answer.header("api-version")).isEqualTo("1.51");
    assertThat(answer.header("server")).matches("(Docker|Gantry)/.* \\(linux\\)");
  }

  @Test
  void version_hasItsFields() {
    JsonNode version = http.get("/version").expect(200).json();
    assertThat(version.get("ApiVersion").asText()).isEqualTo("1.51");
    assertThat(version.get("MinAPIVersion").asText()).isEqualTo("1.24");
    assertThat(version.get("Os").asText()).isEqualTo("linux");
    assertThat(version.get("Arch").asText()).isEqualTo("amd64");
    assertThat(version.get("Components").get(0).get("Name").asText()).isEqualTo("Engine");
    assertThat(version.get("KernelVersion").asText()).isNotEmpty();
    assertThat(cli.ok("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"))
        .isEqualTo("linux/amd64");
    assertThat(cli.run("version").expect(0).stdout())
        .contains("Client:", "Server:", "API version:", "OS/Arch:");
  }

  @Test
  void info_hasItsFields() {
    JsonNode info = http.get("/info").expect(200).json();
    for (String key :
        List.of(
            "ID",
            "Containers",
            "ContainersRunning",
            "ContainersPaused",
            "ContainersStopped",
            "Images",
            "Driver",
            "DriverStatus",
            "Plugins",
            "MemoryLimit",
            "SwapLimit",
            "CpuCfsPeriod",
            "CpuCfsQuota",
            "CPUShares",
            "CPUSet",
            "PidsLimit",
            "IPv4Forwarding",
            "Debug",
            "NFd",
            "OomKillDisable",
            "NGoroutines",
            "SystemTime",
            "LoggingDriver",
            "CgroupDriver",
            "CgroupVersion",
            "NEventsListener",
            "KernelVersion",
            "OperatingSystem",
            "OSVersion",
            "OSType",
            "Architecture",
            "IndexServerAddress",
            "RegistryConfig",
            "NCPU",
            "MemTotal",
            "DockerRootDir",
            "Name",
            "Labels",
            "ExperimentalBuild",
            "ServerVersion",
            "Runtimes",
            "DefaultRuntime",
            "Swarm",
            "LiveRestoreEnabled",
            "Isolation",
            "InitBinary",
            "ContainerdCommit",
            "RuncCommit",
            "InitCommit",
            "SecurityOptions")) {
      assertThat(info.has(key)).as(key).isTrue();
    }
    assertThat(info.get("NCPU").asInt()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(info.get("OSType").asText()).isEqualTo("linux");
    assertThat(info.get("Architecture").asText()).isEqualTo("x86_64");
    assertThat(info.get("Swarm").get("LocalNodeState").asText()).isEqualTo("inactive");
    assertThat(info.get("SecurityOptions").toString()).contains("name=seccomp,profile=builtin");
    assertThat(info.get("LoggingDriver").asText()).isEqualTo("json-file");
    assertThat(cli.run("info").expect(0).stdout())
        .contains("Server:", " Containers: ", " Kernel Version: ", " Total Memory: ");
  }

  @Test
  void systemDf_hasItsTable() {
    List<String> lines = cli.run("system", "df").expect(0).lines();
    assertThat(lines.getFirst()).matches("TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE");
    assertThat(lines.stream().map(line -> line.replaceAll(" {2,}.*", "")).toList())
        .containsExactly("TYPE", "Images", "Containers", "Local Volumes", "Build Cache");
    JsonNode df = http.get("/system/df").expect(200).json();
    for (String key : List.of("LayersSize", "Images", "Containers", "Volumes", "BuildCache")) {
      assertThat(df.has(key)).as(key).isTrue();
    }
    assertThat(http.get("/system/df?type=image").json().get("Images")).isNotEmpty();
    http.get("/system/df?type=nosuch").expect(400);
  }

  @Test
  void systemPrune_withAFilterThatMatchesNothing() {
    assertThat(
            cli.run("system", "prune", "-f", "--filter", "label=nosuch=label").expect(0).stdout())
        .isEqualTo("Total reclaimed space: 0B\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/swarm", "/nodes", "/services", "/tasks", "/secrets", "/configs"})
  void swarm_answers503(String path) {
    assertThat(http.get(path).expect(503).message())
        .startsWith("This node is not a swarm manager.");
  }

  @Test
  void inspectOfNothing_saysSo() {
    var result = cli.run("inspect", "nosuch").expect(1);
    assertThat(result.stdout()).isEqualTo("[]\n");
    assertThat(result.stderr()).contains("No such object: nosuch");
  }

  @Test
  void options_is200Everywhere() {
    http.send("OPTIONS", "/containers/json", Map.of(), null).expect(200);
  }

  @Test
  void networksAndVolumes_ofAFreshEngine() {
    assertThat(http.get("/networks").expect(200).json().findValuesAsText("Name"))
        .contains("bridge", "host", "none");
    assertThat(http.get("/volumes").expect(200).json().get("Volumes").isArray()).isTrue();
  }
}
