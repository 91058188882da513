package gantry.daemon.api;

import static gantry.daemon.build.Script.built;
import static gantry.daemon.build.Script.cached;
import static gantry.daemon.build.Script.failed;
import static gantry.daemon.build.Script.output;
import static gantry.daemon.build.Script.planned;
import static gantry.daemon.build.Script.started;
import static gantry.daemon.build.Script.vertex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.BuildRequest.DockerfileSource;
import gantry.build.Builds.CacheRecord;
import gantry.build.ContextSource;
import gantry.daemon.json.JsonReader;
import gantry.engine.EngineConfig;
import gantry.oci.Reference;
import gantry.testing.RawClient;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BuildRoutesTest extends ApiFixture {
  private static final Vertex FROM = vertex(1, 2, Work.FILES, "FROM busybox");
  private static final Vertex RUN = vertex(2, 2, Work.COMMAND, "RUN make");
  private static final String ID = FakeBuilds.IMAGE.shortHex();

  @BeforeEach
  void script() {
    engine.config = EngineConfig.of(directory, directory);
    engine.builds.script.addAll(
        List.of(
            planned(FROM, RUN),
            started(FROM),
            cached(FROM, "base"),
            started(RUN),
            output(RUN, "made \"it\"\n"),
            built(RUN, "r")));
  }

  private RawClient.Response build(String query, String body) {
    client.send(
        "POST /v1.51/build?%s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-tar\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(query, body.length(), body));
    return client.response();
  }

  private BuildRequest asked() {
    return engine.builds.requests.getLast();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Test
  void classic_isAnsweredWithAStreamOfJson() {
    RawClient.Response response = build("t=x&t=x%3Alatest&t=y:1", "tar");
    assertThat(response.status()).isEqualTo(200);
    assertThat(response.header("content-type")).isEqualTo("application/json");
    assertThat(engine.builds.context).isEqualTo("tar");
    assertThat(response.body())
        .startsWith("{\"stream\":\"Step 1/2 : FROM busybox\\n\"}\r\n{\"stream\":\" ---> ")
        .contains("{\"stream\":\"made \\\"it\\\"\\n\"}\r\n")
        .endsWith(
            """
            {"aux":{"ID":"%s"}}\r
            {"stream":"Successfully built %s\\n"}\r
            {"stream":"Successfully tagged x:latest\\n"}\r
            {"stream":"Successfully tagged y:1\\n"}\r
            """
                .formatted(FakeBuilds.IMAGE, ID));
  }

  @Test
  void quiet_saysTheIdOnly() {
    assertThat(build("q=1", "").body())
        .isEqualTo("{\"stream\":\"%s\\n\"}\r\n".formatted(FakeBuilds.IMAGE));
  }

  @Test
  void quiet_failing_saysWhatItKeptBack() {
    engine.builds.failure = Optional.of(BuildException.invalid("no"));
    assertThat(build("q=1", "").body())
        .contains("Step 1/2")
        .endsWith("{\"errorDetail\":{\"message\":\"no\"},\"error\":\"no\"}\r\n");
  }

  @Test
  void failingCommand_isALineWithItsCode() {
    engine.builds.script.removeLast();
    engine.builds.script.add(failed(RUN, 3, "/bin/sh", "-c", "make"));
    engine.builds.failure = Optional.of(new BuildException(BuildException.Kind.STEP_FAILED, "x"));
    RawClient.Response response = build("", "");
    assertThat(response.status()).isEqualTo(200);
    String message = "The command '/bin/sh -c make' returned a non-zero code: 3";
    assertThat(response.body())
        .endsWith(
            "{\"errorDetail\":{\"code\":3,\"message\":\"%s\"},\"error\":\"%s\"}\r\n"
                .formatted(message, message));
  }

  @Test
  void failure_beforeAnythingIsSaid_isAStatus() {
    engine.builds.script.clear();
    engine.builds.failure =
        Optional.of(
            BuildException.invalid("dockerfile parse error on line 1: unknown instruction: FOO"));
    RawClient.Response response = build("", "");
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body())
        .isEqualTo(
            "{\"message\":\"dockerfile parse error on line 1: unknown instruction: FOO\"}\n");
  }

  @Test
  void allParameters_areUnderstood() {
    String ulimits = encode("[{\"Name\":\"nofile\",\"Hard\":20,\"Soft\":10}]");
    RawClient.Response response =
        build(
            "dockerfile=a/../Dockerfile.x&target=t&nocache=1&pull=1&rm=0&forcerm=1&memory=4194304&memswap=-1"
                + "&cpushares=2&cpuperiod=3&cpuquota=4&cpusetcpus=0-1&cpusetmems=0&shmsize=65536"
                + "&cgroupparent=g&networkmode=none&platform=linux%2Famd64&version=1"
                + "&extrahosts=a%3A1.2.3.4&extrahosts=b%3A1.2.3.5&securityopt=label%3Ddisable"
                + "&cachefrom=%5B%22x%22%5D&outputs=&isolation=default&ulimits="
                + ulimits
                + "&buildargs="
                + encode("{\"A\":\"1\",\"B\":null,\"SOURCE_DATE_EPOCH\":\"86400\"}")
                + "&labels="
                + encode("{\"l\":\"v\"}"),
            "");
    assertThat(response.status()).isEqualTo(200);
    BuildRequest asked = asked();
    assertThat(asked.dockerfile()).isEqualTo(new DockerfileSource.InContext("a/../Dockerfile.x"));
    assertThat(asked.target()).contains("t");
    assertThat(asked.cache().none()).isTrue();
    assertThat(asked.pull()).isTrue();
    assertThat(asked.arguments())
        .containsEntry("A", Optional.of("1"))
        .containsEntry("B", Optional.empty());
    assertThat(asked.sourceDateEpoch()).contains(Instant.ofEpochSecond(86400));
    assertThat(asked.labels()).isEqualTo(Map.of("l", "v"));
    assertThat(asked.platforms()).hasToString("[linux/amd64]");
    assertThat(asked.steps().extraHosts()).containsExactly("a:1.2.3.4", "b:1.2.3.5");
    assertThat(asked.steps().ulimits()).containsExactly("nofile=10:20");
    assertThat(asked.steps())
        .extracting(
            s -> s.network(),
            s -> s.memoryBytes(),
            s -> s.memorySwapBytes(),
            s -> s.cpuShares(),
            s -> s.cpuPeriod(),
            s -> s.cpuQuota(),
            s -> s.cpusetCpus(),
            s -> s.cpusetMems(),
            s -> s.sharedMemoryBytes(),
            s -> s.cgroupParent(),
            s -> s.securityOptions())
        .containsExactly(
            "none", 4194304L, -1L, 2L, 3L, 4L, "0-1", "0", 65536L, "g", List.of("label=disable"));
  }

  @Test
  void remote_isTheContext() {
    assertThat(build("remote=" + encode("https://x/y.git#main:sub"), "").status()).isEqualTo(200);
    assertThat(asked().context()).isEqualTo(new ContextSource.Remote("https://x/y.git#main:sub"));
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        arguments("t=BAD", 400, "invalid reference format"),
        arguments("t=x%40sha256:" + "a".repeat(64), 400, "a tag cannot have a digest"),
        arguments("buildargs=%7B", 400, "error reading build args: "),
        arguments("buildargs=%7B%22A%22%3A1%7D", 400, "A must be a string"),
        arguments("labels=x", 400, "error reading labels: "),
        arguments("ulimits=x", 400, "error reading ulimit settings: "),
        arguments("cachefrom=x", 400, "error reading cache-from: "),
        arguments("memory=x", 400, "invalid value for 'memory'"),
        arguments("shmsize=-1", 400, "SHM size can not be less than 0"),
        arguments("squash=1", 400, "squash is only supported with experimental mode"),
        arguments("isolation=hyperv", 400, "isolation"),
        arguments("platform=foo%2F%2Fbar", 400, "platform"),
        arguments(
            "dockerfile=..%2Fx", 400, "the Dockerfile (../x) must be within the build context"),
        arguments("dockerfile=a%2F..%2F..%2Fx", 400, "the Dockerfile (a/../../x) must be within"),
        arguments("outputs=%5B%7B%22Type%22%3A%22moby%22%7D%5D", 400, "BuildKit"),
        arguments("networkmode=container%3Ax", 501, "cannot use the network of a container"),
        arguments("remote=client-session", 501, "BuildKit"),
        arguments("version=2", 501, "BuildKit"),
        arguments("version=3", 400, "invalid version \"3\""),
        arguments("buildargs=%7B%22SOURCE_DATE_EPOCH%22%3A%22x%22%7D", 400, "SOURCE_DATE_EPOCH"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void wrongParameter_isRefusedBeforeTheStream(String query, int status, String message) {
    RawClient.Response response = build(query, "");
    assertThat(response.status()).isEqualTo(status);
    assertThat(JsonReader.readObject(response.body()).orElseThrow().text("message"))
        .contains(message);
    assertThat(engine.builds.requests).isEmpty();
  }

  @Test
  void clientThatLeaves_cancels() throws Exception {
    engine.builds.endless = true;
    RawClient leaving = another();
    leaving.send("POST /v1.51/build HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    engine.builds.begun.await();
    leaving.close();
    assertThat(engine.builds.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void cancel_endsTheNamedBuild() throws Exception {
    engine.builds.endless = true;
    client.send("POST /v1.51/build?buildid=b1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    engine.builds.begun.await();
    try (RawClient other = another()) {
      assertThat(other.request("POST", "/v1.51/build/cancel?id=nosuch").status()).isEqualTo(200);
      assertThat(other.request("POST", "/v1.51/build/cancel").status()).isEqualTo(400);
      assertThat(engine.builds.cancelled.getCount()).isOne();
      assertThat(other.request("POST", "/v1.51/build/cancel?id=b1").status()).isEqualTo(200);
    }
    assertThat(client.response().body()).endsWith("\"error\":\"the build was cancelled\"}\r\n");
  }

  private void records() {
    for (int i = 1; i <= 3; i++) {
      engine.builds.records.add(
          new CacheRecord(
              String.valueOf(i).repeat(64),
              i == 1 ? List.of() : List.of("1".repeat(64)),
              i == 3 ? CacheRecord.Type.CACHE_MOUNT : CacheRecord.Type.REGULAR,
              "step " + i,
              100L * i,
              FakeEngine.BORN,
              FakeEngine.BORN.plusSeconds(i),
              i,
              false,
              i == 1));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "all=1|123",
        "|23",
        "all=1&filters={\"type\":[\"exec.cachemount\"]}|3",
        "all=1&filters={\"id\":[\"22\"]}|2",
        "all=1&filters={\"shared\":[\"true\"]}|1",
        "all=1&filters={\"private\":[\"true\"]}|23",
        "all=1&filters={\"until\":[\"2026-11-22T15:49:46Z\"]}|1",
        "all=1&filters={\"description\":[\"p%203\"]}|3",
        "all=1&filters={\"label\":[\"x\"]}|"
      })
  void prune_removesWhatItsFiltersName(String line) {
    records();
    String[] parts = line.split("\\|", -1);
    String query = parts[0].replace("{", "%7B").replace("}", "%7D").replace("\"", "%22");
    RawClient.Response response = post("/build/prune?" + query);
    assertThat(response.status()).isEqualTo(200);
    assertThat(
            JsonReader.readObject(response.body()).orElseThrow().strings("CachesDeleted").stream()
                .map(id -> id.substring(0, 1)))
        .containsExactly(parts[1].isEmpty() ? new String[0] : parts[1].split(""));
  }

  @Test
  void prune_keepsWhatIsReserved() {
    records();
    post("/build/prune?keep-storage=50");
    post("/build/prune?reserved-space=60&max-used-space=70");
    post("/build/prune?reserved-space=80&max-used-space=70");
    post("/build/prune?min-free-space=1&max-used-space=40");
    post("/build/prune?min-free-space=" + Long.MAX_VALUE);
    assertThat(engine.builds.kept).startsWith(50L, 70L, 80L, 40L).hasSize(5);
    assertThat(engine.builds.kept.getLast()).isZero();
    assertThat(post("/build/prune?keep-storage=x").status()).isEqualTo(400);
  }

  @Test
  void diskUsage_listsTheCache() {
    records();
    assertThat(get("/system/df?type=build-cache").body())
        .contains(
            "\"BuildCache\":[{\"ID\":\"%s\",\"Type\":\"regular\",\"Description\":\"step 1\",\"InUse\":false,\"Shared\":true,\"Size\":100,\"CreatedAt\":\"2026-11-22T15:49:44.1177022Z\",\"LastUsedAt\":\"2026-11-22T15:49:45.1177022Z\",\"UsageCount\":1}"
                .formatted("1".repeat(64)))
        .contains("\"Parents\":[\"" + "1".repeat(64) + "\"]");
    assertThat(client.get("/v1.41/system/df").body())
        .contains("\"BuilderSize\":600", "\"Parent\":");
  }

  @Test
  void references_areOfTheKindThatTagsAre() {
    build("t=x", "");
    assertThat(asked().tags()).containsExactly(Reference.parse("x:latest"));
  }
}
