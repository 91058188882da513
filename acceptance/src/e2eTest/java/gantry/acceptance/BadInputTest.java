package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Subprocess;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What no client sends on purpose: broken JSON, wrong types, hostile archives, requests that are
/// no HTTP. Each gets an answer that says what is wrong, and nothing is half done.
@E2e
class BadInputTest {
  private static final Map<String, String> JSON = Map.of("Content-Type", "application/json");
  private static final Map<String, String> TAR = Map.of("Content-Type", "application/x-tar");
  private final Cli cli;
  private final Http http;
  @TempDir Path host;

  BadInputTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "{\"Image\":",
        "[]",
        "\"text\"",
        "17",
        "{\"Image\":17}",
        "{\"Image\":\"busybox\",\"Cmd\":7}",
        "{\"Image\":\"busybox\",\"Env\":{\"A\":\"b\"}}",
        "{\"Image\":\"busybox\",\"HostConfig\":[]}",
        "{\"Image\":\"busybox\",\"HostConfig\":{\"Memory\":\"much\"}}",
        "{\"Image\":\"busybox\",\"Tty\":\"yes\"}",
        "{\"Image\":\"busybox\"} trailing",
        "{\"Image\":\"busybox\"}{\"Image\":\"busybox\"}"
      })
  void create_withBrokenJson_is400(String body) {
    assertThat(http.post("/containers/create", body).expect(400).message()).isNotEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/containers/%s/exec",
        "/containers/%s/update",
        "/networks/create",
        "/volumes/create"
      })
  void others_withBrokenJson_are400(String path) {
    assertThat(http.post(path.formatted(cli.sleeper()), "{\"").expect(400).message()).isNotEmpty();
  }

  @Test
  void create_withoutABody_is400() {
    assertThat(http.post("/containers/create").expect(400).message()).isNotEmpty();
    assertThat(http.post("/containers/create", "").expect(400).message()).isNotEmpty();
  }

  @Test
  void bodyOfAnotherType_is400() {
    byte[] body = "{\"Image\":\"busybox\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(
            http.send("POST", "/containers/create", Map.of("Content-Type", "text/plain"), body)
                .expect(400)
                .message())
        .contains("text/plain");
    http.send("POST", "/containers/create", Map.of(), body).expect(400);
  }

  @Test
  void unknownFieldsNullsAndOddCase_areFine() {
    String id =
        http.post(
                "/containers/create",
                "{\"iMAGE\":\"busybox\",\"NoSuchField\":{\"a\":[1]},\"Env\":null,\"Labels\":null,\"StopTimeout\":null,\"HostConfig\":null}")
            .expect(201)
            .json()
            .get("Id")
            .asText();
    http.delete("/containers/" + id).expect(204);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      {"Image":""}                                                               | 400
      {"Image":"UPPER"}                                                          | 400
      {"Image":"a b"}                                                            | 400
      {"Image":"busybox","HostConfig":{"Mounts":[{"Type":"nosuch","Target":"/x"}]}} | 400
      {"Image":"busybox","HostConfig":{"Mounts":[{"Type":"bind","Target":"/x"}]}} | 400
      {"Image":"busybox","HostConfig":{"RestartPolicy":{"Name":"sometimes"}}}    | 400
      {"Image":"busybox","HostConfig":{"Memory":1}}                              | 400
      {"Image":"busybox","HostConfig":{"ShmSize":-1}}                            | 400
      {"Image":"busybox","HostConfig":{"LogConfig":{"Type":"nosuch"}}}           | 400
      {"Image":"busybox","HostConfig":{"CapAdd":["NOSUCH"]}}                     | 400
      {"Image":"busybox","StopSignal":"NOSUCH"}                                  | 400
      {"Image":"busybox","Env":["=x"]}                                           | 400
      {"Image":"nosuch"}                                                         | 404
      """)
  void create_withNonsense_isRefused(String body, int status) {
    String name = cli.name();
    assertThat(http.post("/containers/create?name=" + name, body).expect(status).message())
        .isNotEmpty();
    http.get("/containers/" + name + "/json").expect(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "/a:/b:rw:rw", "/a:b", ":", ""})
  void create_withBrokenBinds_isRefused(String bind) {
    String name = cli.name();
    var answer =
        http.post(
            "/containers/create?name=" + name,
            "{\"Image\":\"busybox\",\"HostConfig\":{\"Binds\":[\"%s\"]}}".formatted(bind));
    assertThat(answer.status()).isIn(400, 500); // Docker has 500 for some
    assertThat(answer.message()).contains("invalid volume specification: '" + bind + "'");
    http.get("/containers/" + name + "/json").expect(404);
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/containers/%s/json", "POST,/containers/%s/start", "POST,/containers/%s/stop",
        "POST,/containers/%s/kill",
    "POST,/containers/%s/restart", "POST,/containers/%s/pause", "POST,/containers/%s/unpause",
        "POST,/containers/%s/wait",
    "GET,/containers/%s/logs?stdout=1", "GET,/containers/%s/stats?stream=0",
        "GET,/containers/%s/top", "GET,/containers/%s/changes",
    "GET,/containers/%s/export", "DELETE,/containers/%s", "GET,/containers/%s/archive?path=/",
        "POST,/containers/%s/rename?name=xy",
    "POST,/containers/%s/resize?h=1&w=1", "POST,/commit?container=%s"
  })
  void unknownContainer_is404Everywhere(String method, String path) {
    String missing = "feedfacefeed";
    assertThat(http.send(method, path.formatted(missing), Map.of(), null).expect(404).message())
        .contains("No such container: " + missing);
  }

  @Test
  void ambiguousPrefix_is400() {
    // Seventeen containers cannot have seventeen different first digits.
    List<String> ids =
        java.util.stream.IntStream.range(0, 17)
            .mapToObj(
                _ ->
                    http.post("/containers/create?name=" + cli.name(), "{\"Image\":\"busybox\"}")
                        .expect(201)
                        .json()
                        .get("Id")
                        .asText())
            .toList();
    String digit =
        ids.stream()
            .map(id -> id.substring(0, 1))
            .filter(d -> ids.stream().filter(id -> id.startsWith(d)).count() > 1)
            .findFirst()
            .orElseThrow();
    assertThat(http.get("/containers/" + digit + "/json").expect(400).message())
        .isEqualTo("multiple IDs found with provided prefix: " + digit);
  }

  @ParameterizedTest
  @ValueSource(strings = {"h=-1&w=1", "h=1", "w=1", "h=a&w=b", "h=4294967296&w=1"})
  void resize_needsNumbers(String query) {
    http.post("/containers/" + cli.sleeper() + "/resize?" + query).expect(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/containers/json?limit=x", "/containers/%s/stop?t=x"})
  void numbersThatAreNone_areErrors(String path) {
    assertThat(
            http.send(
                    path.contains("stop") ? "POST" : "GET",
                    path.formatted(cli.sleeper()),
                    Map.of(),
                    null)
                .status())
        .isBetween(400, 500);
  }

  @Test
  void requestsThatAreNoHttp_areEndedWithoutHarm() {
    for (String nonsense :
        List.of(
            "nonsense\r\n\r\n",
            "GET\r\n\r\n",
            "GET / HTTP/9.9\r\n\r\n",
            "\0\0\0\0\r\n\r\n",
            "GET /_ping HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n")) {
      try (var connection = http.connect()) {
        connection.write(nonsense).halfClose();
        assertThat(new String(connection.readToEnd(), StandardCharsets.UTF_8))
            .satisfiesAnyOf(
                text -> assertThat(text).isEmpty(),
                text -> assertThat(text).startsWith("HTTP/1.1 4"),
                text -> assertThat(text).startsWith("HTTP/1.1 5"));
      }
    }
    http.get("/_ping").expect(200);
  }

  @Test
  void hugeHead_isRefused() {
    try (var connection = http.connect()) {
      connection.write("GET /_ping HTTP/1.1\r\nHost: x\r\n");
      byte[] line = ("X-Filler: " + "x".repeat(8000) + "\r\n").getBytes(StandardCharsets.UTF_8);
      try {
        for (int i = 0; i < 400; i++) {
          connection.write(line);
        }
        connection.write("\r\n");
      } catch (java.io.UncheckedIOException _) { // closed on us: that is an answer too
        return;
      }
      assertThat(connection.readHead().status()).isIn(400, 431);
    }
  }

  @Test
  void requestCutOff_leavesNothing() {
    String name = cli.name();
    try (var connection = http.connect()) {
      connection.write(
          "POST /containers/create?name="
              + name
              + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"Image\":\"busybox\"");
    }
    http.get("/containers/" + name + "/json").expect(404);
  }

  @Test
  void chunkedBodies_areRead() {
    try (var connection = http.connect()) {
      connection.write(
          "POST /containers/create?name="
              + cli.name()
              + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (String part : List.of("{\"Image\"", ":\"busy", "box\"}")) {
        connection.write(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
      }
      connection.write("0\r\n\r\n");
      assertThat(connection.readHead().status()).isEqualTo(201);
    }
  }

  @Test
  void pipelinedRequests_areAnsweredInOrder() {
    try (var connection = http.connect()) {
      connection.write(
          "GET /_ping HTTP/1.1\r\nHost: x\r\n\r\nGET /nosuch HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      String all = new String(connection.readToEnd(), StandardCharsets.UTF_8);
      assertThat(all).startsWith("HTTP/1.1 200 OK").contains("HTTP/1.1 404");
    }
  }

  @Test
  void hostNames_areNotChecked() {
    try (var connection = http.connect()) {
      connection.write(
          "GET /_ping HTTP/1.1\r\nHost: %2Fvar%2Frun%2Fdocker.sock\r\nConnection: close\r\n\r\n");
      assertThat(connection.readHead().status()).isIn(200, 400);
    }
  }

  // Archives. Each is one tar entry, written by hand where tar(1) would refuse.

  private static byte[] entry(String name, char type, String link, byte[] content) {
    byte[] header = new byte[512];
    put(header, 0, name);
    put(header, 100, "0000644\0");
    put(header, 108, "0000000\0");
    put(header, 116, "0000000\0");
    put(header, 124, "%011o\0".formatted(content.length));
    put(header, 136, "00000000000\0");
    Arrays.fill(header, 148, 156, (byte) ' ');
    header[156] = (byte) type;
    put(header, 157, link);
    put(header, 257, "ustar\00000");
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xff;
    }
    put(header, 148, "%06o\0 ".formatted(sum));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(header);
    out.writeBytes(content);
    out.writeBytes(new byte[(512 - content.length % 512) % 512]);
    return out.toByteArray();
  }

  private static void put(byte[] into, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, into, at, bytes.length);
  }

  private static byte[] archive(byte[]... entries) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] entry : entries) {
      out.writeBytes(entry);
    }
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void archivesThatClimbOut_escapeNothing() throws Exception {
    Path victim = Files.createDirectory(host.resolve("victim"));
    String box = cli.sleeper();
    List<byte[]> hostile =
        List.of(
            archive(entry("../../../../../../.." + victim + "/a", '0', "", bytes("x"))),
            archive(entry(victim + "/b", '0', "", bytes("x"))),
            archive(
                entry("link", '2', victim.toString(), new byte[0]),
                entry("link/c", '0', "", bytes("x"))),
            archive(
                entry("up", '2', "../../../../../../../../.." + victim, new byte[0]),
                entry("up/d", '0', "", bytes("x"))),
            archive(
                entry("hard", '1', "/etc/passwd", new byte[0]), entry("hard", '0', "", bytes("x"))),
            archive(entry("loop", '2', "loop", new byte[0]), entry("loop/e", '0', "", bytes("x"))));
    for (byte[] tar : hostile) {
      http.send("PUT", "/containers/" + box + "/archive?path=/tmp", TAR, tar);
      http.send("POST", "/images/load?quiet=1", TAR, tar);
    }
    assertThat(victim).isEmptyDirectory();
    assertThat(Path.of("/etc/passwd")).content().startsWith("root:");
  }

  @Test
  void hostileLayers_escapeNothing() throws Exception {
    Path victim = Files.createDirectory(host.resolve("victim"));
    List<byte[]> layers =
        List.of(
            archive(entry("../../../../../../../../.." + victim + "/a", '0', "", bytes("x"))),
            archive(
                entry("l", '2', victim.toString(), new byte[0]), entry("l/b", '0', "", bytes("x"))),
            archive(
                entry("l", '2', victim.toString(), new byte[0]),
                entry("l/.wh.c", '0', "", new byte[0])),
            archive(entry("h", '1', "../../../../../../etc/passwd", new byte[0])),
            archive(entry(".wh...", '0', "", new byte[0]), entry(".wh..", '0', "", new byte[0])));
    for (byte[] layer : layers) {
      var answer = http.send("POST", "/images/create?fromSrc=-&repo=" + cli.name(), TAR, layer);
      assertThat(answer.status()).isBetween(200, 500);
    }
    assertThat(victim).isEmptyDirectory();
    assertThat(Path.of("/etc/passwd")).content().startsWith("root:");
    String images = cli.ok("images", "-q", "--filter", "reference=badinputtest*");
    if (!images.isEmpty()) {
      cli.run(("rmi -f " + images.replaceAll("\\s+", " ")).split(" ", -1));
    }
  }

  @Test
  void truncatedArchives_areErrorsAndLeaveNoImage() throws Exception {
    Path tar = host.resolve("busybox.tar");
    String image = cli.name();
    cli.ok("tag", "busybox", image);
    cli.ok("save", "-o", tar.toString(), image);
    cli.ok("rmi", image);
    byte[] whole = Files.readAllBytes(tar);
    byte[] half = Arrays.copyOf(whole, whole.length / 2);
    byte[] zipped = Subprocess.run(List.of("gzip", "-c"), Map.of(), whole).stdoutBytes();
    for (byte[] cut : List.of(half, Arrays.copyOf(zipped, zipped.length / 2))) {
      var answer = http.send("POST", "/images/load?quiet=1", TAR, cut);
      assertThat(answer.status() >= 400 || answer.text().contains("error"))
          .as(answer.toString())
          .isTrue();
      http.get("/images/" + image + "/json").expect(404);
    }
  }

  @Test
  void wrongDigests_areRefused() throws Exception {
    Path folder = Files.createDirectory(host.resolve("image"));
    Path layer = host.resolve("layer.tar");
    Files.write(layer, archive(entry("f", '0', "", bytes("x"))));
    Files.copy(layer, folder.resolve("layer.tar"));
    String image = cli.name();
    Files.writeString(
        folder.resolve("config.json"),
        "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%s\"]}}"
            .formatted("0".repeat(64)));
    Files.writeString(
        folder.resolve("manifest.json"),
        "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s:1\"],\"Layers\":[\"layer.tar\"]}]"
            .formatted(image));
    byte[] tar =
        Subprocess.run(List.of("tar", "-C", folder.toString(), "-c", ".")).expect(0).stdoutBytes();
    var answer = http.send("POST", "/images/load?quiet=1", TAR, tar);
    assertThat(answer.status() >= 400 || answer.text().contains("error"))
        .as(answer.toString())
        .isTrue();
    http.get("/images/" + image + ":1/json").expect(404);
  }

  @Test
  void putOfNonsense_isAnError() {
    String box = cli.sleeper();
    assertThat(
            http.send(
                    "PUT", "/containers/" + box + "/archive?path=/tmp", TAR, bytes("x".repeat(600)))
                .status())
        .isGreaterThanOrEqualTo(400);
  }

  @Test
  void jsonOfGreatDepth_isRefused() {
    String deep =
        "{\"Image\":\"busybox\",\"Labels\":" + "[".repeat(20_000) + "]".repeat(20_000) + "}";
    http.send("POST", "/containers/create", JSON, bytes(deep)).expect(400);
  }
}
