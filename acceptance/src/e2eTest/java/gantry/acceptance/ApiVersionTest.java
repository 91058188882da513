package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.time.Instant;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every version of the API from 1.24 to 1.51, each with the body shapes that its clients read.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ApiVersionTest {
  private final Cli cli;
  private final Http http;
  private String box = "";

  ApiVersionTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  @BeforeAll
  void start() {
    box = cli.box("--mac-address", "02:42:ac:11:00:99", "busybox", "sleep", "600");
  }

  static Stream<Integer> versions() {
    return IntStream.rangeClosed(24, 51).boxed();
  }

  private JsonNode get(int minor, String path) {
    return http.get("/v1." + minor + path).expect(200).json();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void imageList_byVersion(int minor) {
    JsonNode image =
        get(minor, "/images/json?filters=%7B%22reference%22%3A%7B%22busybox%22%3Atrue%7D%7D")
            .get(0);
    assertThat(image.has("VirtualSize")).as("VirtualSize").isEqualTo(minor < 44);
    assertThat(image.get("RepoTags").toString()).contains("busybox:latest");
    assertThat(image.get("Containers").asInt())
        .satisfies(n -> assertThat(n == -1).isEqualTo(minor < 51));
  }

  @ParameterizedTest
  @MethodSource("versions")
  void imageInspect_byVersion(int minor) {
    JsonNode image = get(minor, "/images/busybox/json");
    assertThat(image.has("VirtualSize")).as("VirtualSize").isEqualTo(minor < 44);
    assertThat(image.has("ContainerConfig")).as("ContainerConfig").isEqualTo(minor < 45);
    assertThat(image.has("GraphDriver")).as("GraphDriver").isTrue();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void containerInspect_byVersion(int minor) {
    JsonNode container = get(minor, "/containers/" + box + "/json");
    assertThat(container.get("State").get("Status").asText()).isEqualTo("running");
    assertThat(container.get("NetworkSettings").has("IPAddress")).as("IPAddress").isTrue();
    assertThat(container.get("Id").asText()).matches("[0-9a-f]{64}");
    assertThat(container.get("HostConfig").has("Memory")).isTrue();
    assertThat(container.has("ImageManifestDescriptor")).isFalse();
  }

  @ParameterizedTest
  @MethodSource("versions")
  void containerList_byVersion(int minor) {
    JsonNode list =
        get(minor, "/containers/json?filters=%7B%22name%22%3A%7B%22" + box + "%22%3Atrue%7D%7D");
    assertThat(list.get(0).get("Names").get(0).asText()).isEqualTo("/" + box);
    assertThat(list.get(0).get("State").asText()).isEqualTo("running");
  }

  @ParameterizedTest
  @MethodSource("versions")
  void info_byVersion(int minor) {
    JsonNode info = get(minor, "/info");
    assertThat(info.has("BridgeNfIptables")).as("BridgeNfIptables").isEqualTo(minor < 50);
    assertThat(info.has("DiscoveredDevices") || minor < 50 || info.has("CDISpecDirs")).isTrue();
    assertThat(info.get("RuncCommit").has("Expected")).as("Expected").isEqualTo(minor < 49);
  }

  @ParameterizedTest
  @MethodSource("versions")
  void events_haveTheOldFields(int minor) {
    http.post("/containers/" + box + "/kill?signal=CONT").expect(204);
    String filters =
        "%7B%22container%22%3A%7B%22"
            + box
            + "%22%3Atrue%7D%2C%22event%22%3A%7B%22kill%22%3Atrue%7D%7D";
    long until = Instant.now().getEpochSecond() + 1;
    var answer =
        http.get(
                "/v1."
                    + minor
                    + "/events?since="
                    + (until - 5)
                    + "&until="
                    + until
                    + "&filters="
                    + filters)
            .expect(200);
    assertThat(answer.text())
        .contains("\"status\":\"kill\"", "\"Action\":\"kill\"", "\"from\":\"busybox\"");
  }

  @ParameterizedTest
  @MethodSource("versions")
  void wholeCycle_works(int minor) {
    String id =
        http.post(
                "/v1." + minor + "/containers/create",
                "{\"Image\":\"busybox\",\"Cmd\":[\"sh\",\"-c\",\"exit 3\"],\"HostConfig\":{\"NetworkMode\":\"none\"}}")
            .expect(201)
            .json()
            .get("Id")
            .asText();
    http.post("/v1." + minor + "/containers/" + id + "/start").expect(204);
    assertThat(
            http.post("/v1." + minor + "/containers/" + id + "/wait")
                .expect(200)
                .json()
                .get("StatusCode")
                .asInt())
        .isEqualTo(3);
    http.delete("/v1." + minor + "/containers/" + id).expect(204);
  }
}
