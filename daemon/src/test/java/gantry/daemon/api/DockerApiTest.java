package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.ExitStatus;
import gantry.engine.container.OutputSink;
import gantry.engine.event.Event;
import gantry.testing.RawClient;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(20)
class DockerApiTest extends ApiFixture {
  private static final String MANAGER = "This node is not a swarm manager.";

  @Test
  void ping_answersWithNegotiationHeaders() {
    RawClient.Response get = client.get("/_ping");
    assertThat(get.body()).isEqualTo("OK");
    assertThat(get.header("Api-Version")).isEqualTo("1.51");
    assertThat(get.header("Swarm")).isEqualTo("inactive");
    assertThat(get.header("Docker-Experimental")).isEqualTo("false");
    assertThat(get.header("Ostype")).isEqualTo("linux");
    assertThat(get.header("Cache-Control")).isEqualTo("no-cache, no-store, must-revalidate");
    RawClient.Response head = client.request("HEAD", "/v1.24/_ping");
    assertThat(head.status()).isEqualTo(200);
    assertThat(head.header("Content-Length")).isEqualTo("0");
    assertThat(head.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
  }

  @Test
  void versions_outsideTheRange_areRefused() {
    RawClient.Response newer = client.get("/v1.52/info");
    assertThat(newer.status()).isEqualTo(400);
    assertThat(newer.header("Content-Type")).isEqualTo("application/json");
    assertThat(newer.body())
        .isEqualTo(
            "{\"message\":\"client version 1.52 is too new. Maximum supported API version is 1.51\"}\n");
    RawClient.Response older = client.get("/v1.9/info");
    assertThat(older.status()).isEqualTo(400);
    assertThat(older.header("Content-Type")).isEqualTo("text/plain; charset=utf-8");
    assertThat(older.body())
        .startsWith("client version 1.9 is too old. Minimum supported API version is 1.24");
    assertThat(client.get("/v9.99/_ping").status()).isEqualTo(400);
    assertThat(client.get("/vabc/info").status()).isEqualTo(404);
    assertThat(client.get("/v1..2/info").status()).isEqualTo(400);
  }

  @Test
  void unknownPathsAndMethods_are404() {
    for (RawClient.Response response :
        new RawClient.Response[] {
          get("/nope"), client.request("PUT", "/v1.51/info"), get("/"), client.get("/v1.51")
        }) {
      assertThat(response.status()).isEqualTo(404);
      assertThat(response.body()).isEqualTo("{\"message\":\"page not found\"}\n");
    }
    assertThat(client.request("OPTIONS", "/v1.51/anything").status()).isEqualTo(200);
  }

  @Test
  void doubleSlash_isRedirected() {
    RawClient.Response response = get("//info");
    assertThat(response.status()).isEqualTo(301);
    assertThat(response.header("Location")).isEqualTo("/v1.51/info");
  }

  @Test
  void newRoute_inAnOldVersion_isRefused() {
    assertThat(client.request("POST", "/v1.24/containers/prune").body())
        .contains("requires minimum API version 1.25");
  }

  @Test
  void create_makesAContainer() {
    RawClient.Response response =
        post("/containers/create?name=/new", "{\"Image\":\"busybox\",\"cmd\":\"ls\"}");
    assertThat(response.status()).isEqualTo(201);
    assertThat(response.body()).matches("\\{\"Id\":\"[0-9a-f]{64}\",\"Warnings\":\\[\\]\\}\n");
    assertThat(engine.byId.values())
        .anySatisfy(
            made -> {
              assertThat(made.name()).isEqualTo("new");
              assertThat(made.spec().program().command().orElseThrow()).containsExactly("ls");
              assertThat(made.spec().isolation().networkMode()).isEqualTo("bridge");
            });
  }

  @Test
  void create_ofAMissingImage_is404() {
    RawClient.Response response = post("/containers/create", "{\"Image\":\"nosuch\"}");
    assertThat(response.status()).isEqualTo(404);
    assertThat(response.body()).contains("No such image: nosuch:latest");
  }

  @Test
  void explain_isPlainText() {
    RawClient.Response response = post("/gantry/explain", "{\"Image\":\"busybox\"}");
    assertThat(response.header("Content-Type")).startsWith("text/plain");
    assertThat(response.body()).isEqualTo("1 clone3 busybox\n");
  }

  @Test
  void lifecycle_passesTheParametersOn() {
    assertThat(post("/containers/plain/start").status()).isEqualTo(204);
    assertThat(post("/containers/web/start").status()).isEqualTo(304);
    assertThat(post("/containers/web/stop?t=-1&signal=INT").status()).isEqualTo(204);
    assertThat(client.request("POST", "/v1.41/containers/web/stop?t=5&signal=INT").status())
        .isEqualTo(204);
    assertThat(post("/containers/plain/stop").status()).isEqualTo(304);
    assertThat(post("/containers/web/kill?signal=SIGHUP").status()).isEqualTo(204);
    assertThat(post("/containers/web/rename?name=/other").status()).isEqualTo(204);
    assertThat(post("/containers/web/resize?h=24&w=80").status()).isEqualTo(200);
    assertThat(client.request("DELETE", "/containers/web?force=True&v=1").status()).isEqualTo(204);
    assertThat(engine.calls)
        .containsExactly(
            "start plain",
            "start web",
            "stop INT PT-1S web",
            "stop - PT5S web",
            "stop - - plain",
            "kill SIGHUP web",
            "rename other web",
            "resize 24x80 web",
            "remove true true web");
  }

  @Test
  void start_withAnOldHostConfig_isRefused() {
    assertThat(post("/containers/plain/start", "{}").status()).isEqualTo(204);
    assertThat(post("/containers/plain/start", "{\"Binds\":[]}").status()).isEqualTo(400);
  }

  @Test
  void wait_sendsHeadersFirst() {
    client.send("POST /v1.51/containers/web/wait?condition=next-exit HTTP/1.1\r\n\r\n");
    assertThat(client.head().status()).isEqualTo(200);
    engine.waits.values().forEach(wait -> wait.complete(new ExitStatus(3, "")));
    assertThat(client.chunk()).asString().isEqualTo("{\"StatusCode\":3}\n");
    assertThat(client.chunk()).isEmpty();
    assertThat(engine.calls).containsExactly("wait NEXT_EXIT web");
  }

  @Test
  void wait_whoseClientGoes_isCancelled() throws Exception {
    try (RawClient other = another()) {
      other.send("POST /containers/web/wait HTTP/1.1\r\n\r\n");
      other.head();
    }
    for (int i = 0; i < 200 && !engine.waits.values().iterator().next().isCancelled(); i++) {
      Thread.sleep(10);
    }
    assertThat(engine.waits.values()).allMatch(java.util.concurrent.Future::isCancelled);
  }

  @Test
  void logs_areFramed() {
    client.send(
        "GET /v1.51/containers/web/logs?stdout=1&stderr=1&tail=5&since=1.5 HTTP/1.1\r\n\r\n");
    RawClient.Response response = client.response();
    assertThat(response.header("Content-Type"))
        .isEqualTo("application/vnd.docker.multiplexed-stream");
    assertThat(response.bytes())
        .isEqualTo(
            "\1\0\0\0\0\0\0\4out\n\2\0\0\0\0\0\0\4err\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(engine.calls.getFirst())
        .contains("tail=OptionalInt[5]")
        .contains("1970-01-01T00:00:01.500Z");
    assertThat(client.get("/v1.41/containers/web/logs?stdout=1").header("Content-Type"))
        .isEqualTo("application/vnd.docker.raw-stream");
  }

  @Test
  void followedLogs_endWithTheirClient() throws Exception {
    try (RawClient other = another()) {
      other.send("GET /containers/web/logs?stdout=1&follow=1 HTTP/1.1\r\n\r\n");
      other.head();
      assertThat(other.chunk()).isNotEmpty();
    }
    assertThat(engine.logsEnded.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void attach_carriesBothDirections() {
    client.send(
        "POST /v1.51/containers/web/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\nearly");
    RawClient.Response head = client.head();
    assertThat(head.line()).isEqualTo("HTTP/1.1 101 UPGRADED");
    assertThat(head.header("Content-Type")).isEqualTo("application/vnd.docker.multiplexed-stream");
    assertThat(head.headers()).doesNotContainKey("api-version");
    assertThat(client.read(13))
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo("\1\0\0\0\0\0\0\5early");
    client.shutdownOutput();
    assertThat(client.rest())
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo("\2\0\0\0\0\0\0\3bye");
  }

  @Test
  void attach_withoutStdin_outlivesTheHalfClose() throws Exception {
    client
        .send("POST /containers/web/attach?stream=1&stdout=1 HTTP/1.1\r\nUpgrade: tcp\r\n\r\n")
        .shutdownOutput();
    client.head();
    Thread.sleep(100);
    FakeEngine.FakeAttachment attachment = engine.attachments.values().iterator().next();
    attachment.print(OutputSink.Stream.STDOUT, "later");
    assertThat(attachment.inputClosed).isFalse();
    attachment.ended.countDown();
    assertThat(client.rest())
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo("\1\0\0\0\0\0\0\5later");
  }

  @Test
  void attach_whoseClientIsKilled_isClosed() throws Exception {
    try (RawClient other = another()) {
      other
          .send("POST /containers/web/attach?stream=1&stdout=1 HTTP/1.1\r\nUpgrade: tcp\r\n\r\n")
          .shutdownOutput();
      other.head();
    }
    FakeEngine.FakeAttachment attachment = engine.attachments.values().iterator().next();
    assertThat(attachment.ended.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(attachment.closed).isTrue();
  }

  @Test
  void attach_thatFails_isAnsweredInPlainText() {
    RawClient.Response response = post("/containers/nosuch/attach");
    assertThat(response.line()).isEqualTo("HTTP/1.1 404 Not Found");
    assertThat(response.header("Content-Type")).isEqualTo("application/vnd.docker.raw-stream");
    assertThat(response.body()).isEqualTo("No such container: nosuch\r\n");
    try (RawClient other = another()) {
      assertThat(other.request("POST", "/containers/web/attach?detachKeys=foo").body())
          .isEqualTo("Invalid detach keys (foo) provided\r\n");
    }
  }

  @Test
  void attachByWebSocket_carriesMessages() {
    client.send(
        "GET /v1.51/containers/web/attach/ws?stream=1&stdin=1&stdout=1 HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    RawClient.Response head = client.head();
    assertThat(head.status()).isEqualTo(101);
    assertThat(head.header("Sec-WebSocket-Accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    client.send(new byte[] {(byte) 0x82, (byte) 0x82, 1, 2, 3, 4, 'h' ^ 1, 'i' ^ 2});
    assertThat(client.read(4)).containsExactly(0x82, 2, 'h', 'i');
    client.send(new byte[] {(byte) 0x88, (byte) 0x80, 0, 0, 0, 0});
    assertThat(client.read(5)).containsExactly(0x82, 3, 'b', 'y', 'e');
    assertThat(client.read(4)).containsExactly(0x88, 2, 3, 0xe8);
  }

  @Test
  void exec_runsAndEnds() {
    String id = exec("{\"Cmd\":[\"true\"],\"AttachStdout\":true}");
    client.send(
        "POST /v1.51/exec/"
            + id
            + "/start HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\nUpgrade: tcp\r\n\r\n{}");
    RawClient.Response head = client.head();
    assertThat(head.status()).isEqualTo(101);
    assertThat(head.header("Api-Version")).isEqualTo("1.51");
    assertThat(client.rest())
        .asString(StandardCharsets.ISO_8859_1)
        .isEqualTo("\1\0\0\0\0\0\0\5done\n");
  }

  @Test
  void exec_withTerminal_isRaw() {
    String id = exec("{\"Cmd\":[\"true\"],\"Tty\":true}");
    RawClient.Response response = post("/exec/" + id + "/start", "{\"Tty\":true}");
    assertThat(response.line()).isEqualTo("HTTP/1.1 200 OK");
    assertThat(response.header("Content-Type")).isEqualTo("application/vnd.docker.raw-stream");
    assertThat(response.body()).isEqualTo("done\n");
  }

  @Test
  void exec_detached_answersAtOnce() {
    String id = exec("{\"Cmd\":[\"true\"]}");
    assertThat(post("/exec/" + id + "/start", "{\"Detach\":true}").status()).isEqualTo(200);
    assertThat(engine.calls).contains("detached");
    assertThat(get("/exec/" + id + "/json").body()).contains("\"entrypoint\":\"true\"");
  }

  @Test
  void exec_thatFailsAfterTheTakeOver_saysSoInTheStream() {
    String id = exec("{\"Cmd\":[\"nosuch\"]}");
    assertThat(post("/exec/" + id + "/start", "{}").body())
        .endsWith("executable file not found in $PATH\r\n");
  }

  @Test
  void exec_thatCannotBegin_hasAStatus() {
    String id = exec("{\"Cmd\":[\"broken\"]}");
    assertThat(post("/exec/" + id + "/start", "{}").status()).isEqualTo(409);
    assertThat(get("/exec/nosuch/json").status()).isEqualTo(404);
    assertThat(post("/containers/web/exec", "{}").body()).contains("No exec command specified");
  }

  private String exec(String json) {
    return post("/containers/web/exec", json).body().replaceAll("\\{\"Id\":\"|\"\\}\n", "");
  }

  @Test
  void stat_isInTheHeader() {
    RawClient.Response head =
        client.request("HEAD", "/v1.51/containers/web/archive?path=/etc/passwd");
    assertThat(head.status()).isEqualTo(200);
    assertThat(
            new String(
                Base64.getDecoder().decode(head.header("X-Docker-Container-Path-Stat")),
                StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"name\":\"passwd\",\"size\":30,\"mode\":420,\"mtime\":\"2026-11-22T15:14:43Z\",\"linkTarget\":\"\"}");
    assertThat(get("/containers/web/archive?path=/nope").status()).isEqualTo(404);
    assertThat(get("/containers/web/archive").body()).contains("path cannot be empty");
  }

  @Test
  void archives_goBothWays() {
    RawClient.Response out = get("/containers/web/archive?path=/etc");
    assertThat(out.header("Content-Type")).isEqualTo("application/x-tar");
    assertThat(out.body()).isEqualTo("tar of /etc");
    client.send(
        "PUT /containers/web/archive?path=/x&noOverwriteDirNonDir=1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    assertThat(client.response().status()).isEqualTo(200);
    assertThat(engine.calls)
        .containsExactly("copyIn /x 3 CopyInOptions[keepKinds=true, ownedByUser=false] web");
    assertThat(get("/containers/web/export").body()).isEqualTo("export of web");
    assertThat(get("/containers/nosuch/export").status()).isEqualTo(404);
  }

  @Test
  void gzip_isUsedWhereAccepted() throws Exception {
    client.send("GET /containers/web/archive?path=/etc HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n");
    RawClient.Response response = client.response();
    assertThat(response.header("Content-Encoding")).isEqualTo("gzip");
    try (var in =
        new java.util.zip.GZIPInputStream(new java.io.ByteArrayInputStream(response.bytes()))) {
      assertThat(in.readAllBytes()).asString().isEqualTo("tar of /etc");
    }
  }

  @Test
  void pull_endsWithDigestAndStatus() {
    RawClient.Response response = post("/images/create?fromImage=busybox&tag=latest");
    assertThat(response.body().split("\r\n"))
        .containsExactly(
            "{\"status\":\"Pulling from library/busybox\",\"progressDetail\":{},\"id\":\"latest\"}",
            "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":5,\"total\":10},\"progress\":\"[=========================>                         ]       5B/10B\",\"id\":\"abc\"}",
            "{\"status\":\"Digest: " + FakeEngine.BUSYBOX + "\"}",
            "{\"status\":\"Status: Image is up to date for busybox:latest\"}");
  }

  @Test
  void pull_thatFails_saysSoWhereTheClientLooks() {
    RawClient.Response before = post("/images/create?fromImage=nosuch");
    assertThat(before.status()).isEqualTo(404);
    assertThat(before.body()).contains("pull access denied for nosuch");
    RawClient.Response after = post("/images/create?fromImage=broken");
    assertThat(after.status()).isEqualTo(200);
    assertThat(after.body())
        .endsWith(
            "{\"errorDetail\":{\"message\":\"the line went dead\"},\"error\":\"the line went dead\"}\r\n");
    assertThat(post("/images/create?fromImage=scratch").status()).isEqualTo(403);
    assertThat(post("/images/create?fromImage=UPPER").status()).isEqualTo(400);
    assertThat(post("/images/create").status()).isEqualTo(400);
  }

  @Test
  void images_areLoadedSavedImportedAndNamed() {
    assertThat(post("/images/load", "tar").body())
        .isEqualTo("{\"stream\":\"Loaded image: busybox:latest\\n\"}\r\n");
    RawClient.Response bad = post("/images/load", "rubbish");
    assertThat(bad.status()).isEqualTo(200);
    assertThat(bad.body()).contains("\"error\":\"not an image archive\"");
    RawClient.Response saved = get("/images/get?names=busybox&names=busybox:latest");
    assertThat(saved.header("Content-Type")).isEqualTo("application/x-tar");
    assertThat(saved.body()).isEqualTo("archive of [busybox, busybox:latest]");
    assertThat(get("/images/a/b/c/get").status()).isEqualTo(404);
    assertThat(post("/images/create?fromSrc=-&repo=r&tag=t&changes=CMD+x", "12345").body())
        .isEqualTo("{\"status\":\"" + FakeEngine.BUSYBOX + "\"}\r\n");
    assertThat(post("/images/busybox/tag?repo=reg.io/a/b&tag=c").status()).isEqualTo(201);
    assertThat(client.request("DELETE", "/images/busybox%3Alatest?noprune=1").body())
        .isEqualTo(
            "[{\"Untagged\":\"busybox:latest\"},{\"Deleted\":\"" + FakeEngine.BUSYBOX + "\"}]\n");
    assertThat(engine.calls)
        .containsExactly(
            "import 5 Optional[r:t] Imported from -[CMD x]",
            "tag busybox reg.io/a/b:c",
            "remove image " + FakeEngine.BUSYBOX.shortHex() + " false false");
  }

  @Test
  void commit_readsWhatToReplace() {
    RawClient.Response response =
        post("/commit?container=web&repo=r&changes=CMD+a&changes=ENV+b", "{\"Cmd\":[\"x\"]}");
    assertThat(response.status()).isEqualTo(201);
    assertThat(engine.calls).containsExactly("commit r [CMD a, ENV b] web");
    assertThat(post("/commit").status()).isEqualTo(400);
  }

  @Test
  void events_replayAndFollow() {
    try (RawClient other = another()) {
      other.send("GET /v1.51/events?since=1 HTTP/1.1\r\n\r\n");
      assertThat(other.head().header("Content-Type")).isEqualTo("application/json");
      assertThat(other.chunk())
          .asString()
          .isEqualTo(
              "{\"status\":\"create\",\"id\":\"%1$s\",\"from\":\"busybox\",\"Type\":\"container\",\"Action\":\"create\",\"Actor\":{\"ID\":\"%1$s\",\"Attributes\":{\"b\":\"2\",\"image\":\"busybox\",\"name\":\"web\"}},\"scope\":\"local\",\"time\":1795362584,\"timeNano\":1795362584117702200}\n"
                  .formatted("c".repeat(64)));
      engine.events().publish(new Event("network", "connect", "n", Map.of(), Instant.now()));
      assertThat(other.chunk())
          .asString()
          .startsWith("{\"Type\":\"network\",\"Action\":\"connect\"");
    }
  }

  @Test
  void events_endAtUntil() {
    assertThat(get("/events?until=2").body()).isEmpty();
    assertThat(get("/events?since=5&until=1").body())
        .contains("`since` time (5) cannot be after `until` time (1)");
    assertThat(get("/events?since=x").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET|/swarm|503|not a swarm manager",
        "POST|/swarm/leave|503|not part of a swarm",
        "GET|/services|503|not a swarm manager",
        "GET|/nodes/x|503|not a swarm manager",
        "GET|/tasks|503|not a swarm manager",
        "POST|/secrets/create|503|not a swarm manager",
        "GET|/configs|503|not a swarm manager",
        "GET|/plugins/x/json|404|plugin \"x\" not found",
        "POST|/containers/web/checkpoints|501|experimental",
        "POST|/session|400|no upgrade proto in request",
        "POST|/build?version=2|501|does not speak BuildKit's protocol",
        "POST|/build?version=3|400|invalid version",
        "GET|/distribution/a/b/json|501|no registry client",
        "POST|/images/x/y/push|501|no registry client",
        "GET|/images/search?term=x&limit=1000|400|outside the range",
        "DELETE|/networks/bridge|403|is a pre-defined network and cannot be removed",
        "GET|/networks/nope|404|network nope not found",
        "GET|/volumes/nope|404|get nope: no such volume",
        "GET|/containers/nope/json|404|No such container: nope",
        "GET|/images/a/b:c/json|404|No such image: a/b:c",
        "GET|/system/df?type=x|400|unknown object type: x",
        "GET|/containers/web/logs|400|you must choose at least one stream",
        "POST|/containers/web/wait?condition=x|400|invalid condition",
        "POST|/containers/web/resize?h=x&w=1|400|invalid resize height",
        "POST|/containers/web/stop?t=x|400|'t'",
        "POST|/containers/web/rename|400|may be empty",
        "GET|/containers/web/stats?stream=1&one-shot=1|400|cannot have stream=true and one-shot=true",
        "GET|/containers/json?limit=x|400|'limit'",
      })
  void refusals(String method, String path, int status, String words) {
    RawClient.Response response = client.request(method, "/v1.51" + path);
    assertThat(response.status()).isEqualTo(status);
    assertThat(response.header("Content-Type")).isEqualTo("application/json");
    assertThat(response.body()).startsWith("{\"message\":\"").contains(words.replace("\"", "\\\""));
    assertThat(response.body()).endsWith("\"}\n");
  }

  @Test
  void swarmText_isDockers() {
    assertThat(get("/swarm").body()).contains(MANAGER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|invalid filter",
        "{\"foo\":[\"x\"]}|invalid filter 'foo'",
        "{\"status\":[\"x\"]}|invalid filter 'status=x'",
        "{\"exited\":[\"x\"]}|invalid filter 'exited=x'",
        "{\"health\":{\"x\":true}}|invalid filter 'health=x'",
        "{\"is-task\":[\"x\"]}|invalid filter 'is-task=",
        "{\"publish\":[\"x\"]}|invalid filter 'publish=x'",
        "{\"label\":5}|invalid filter",
        "{\"a\":{\"x\":true},\"b\":[\"y\"]}|invalid filter",
        "[]|invalid filter",
      })
  void badFilters_are400(String filters, String words) {
    RawClient.Response response =
        get(
            "/containers/json?filters="
                + java.net.URLEncoder.encode(filters, StandardCharsets.UTF_8));
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).contains(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{}|web",
        "{\"status\":[\"created\"]}|plain",
        "{\"status\":{\"created\":true,\"running\":false}}|web,plain",
        "{\"name\":[\"^/we\"]}|web",
        "{\"name\":[\"b$\"]}|web",
        "{\"name\":[\"[\"]}|",
        "{\"ancestor\":[\"busybox\"]}|web",
        "{\"ancestor\":[\"nosuch\"]}|",
        "{\"label\":[\"x\"]}|",
        "{\"is-task\":[\"false\"]}|web",
        "{\"since\":[\"plain\"]}|web",
        "{\"before\":[\"web\"],\"status\":[\"created\"]}|plain",
      })
  void filters_select(String filters, String names) {
    String body =
        get("/containers/json?filters="
                + java.net.URLEncoder.encode(filters, StandardCharsets.UTF_8))
            .body();
    String found =
        java.util.regex.Pattern.compile("\"Names\":\\[\"/(\\w+)\"")
            .matcher(body)
            .results()
            .map(r -> r.group(1))
            .collect(java.util.stream.Collectors.joining(","));
    assertThat(found).isEqualTo(names == null ? "" : names);
  }

  @Test
  void formBody_isReadAsParameters() {
    client.send(
        "POST /v1.51/containers/web/rename HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\nname=a%20b");
    assertThat(client.response().status()).isEqualTo(204);
    assertThat(engine.calls).containsExactly("rename a b web");
  }
}
