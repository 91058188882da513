package gantry.daemon.api;

import static gantry.daemon.build.Script.built;
import static gantry.daemon.build.Script.output;
import static gantry.daemon.build.Script.planned;
import static gantry.daemon.build.Script.started;
import static gantry.daemon.build.Script.vertex;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.BuildRequest.DockerfileSource;
import gantry.build.ContextSource;
import gantry.engine.EngineConfig;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.testing.RawClient;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `POST /gantry/build`: this process is the client, and lends its own descriptors.
class GantryBuildTest extends ApiFixture {
  private static final Vertex RUN = vertex(1, 1, Work.COMMAND, "RUN make");

  @BeforeEach
  void folders() {
    engine.config = EngineConfig.of(directory, directory);
  }

  private RawClient.Response build(String head, byte... rest) {
    byte[] line = (head + "\n").getBytes(StandardCharsets.UTF_8);
    client.send(
        "POST /v1.51/gantry/build HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
            .formatted(line.length + rest.length));
    return client.send(line).send(rest).response();
  }

  private BuildRequest asked() {
    return engine.builds.requests.getLast();
  }

  /// Archives as the protocol frames them, each in two pieces.
  private static byte[] archives(String... texts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (String text : texts) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      for (byte[] piece :
          List.of(
              java.util.Arrays.copyOf(bytes, 1),
              java.util.Arrays.copyOfRange(bytes, 1, bytes.length))) {
        all.writeBytes(ByteBuffer.allocate(4).putInt(piece.length).array());
        all.writeBytes(piece);
      }
      all.writeBytes(new byte[4]);
    }
    return all.toByteArray();
  }

  @Test
  void events_areLines_andTheImageIsTheLast() {
    engine.builds.script.addAll(
        List.of(
            new BuildEvent.DockerfileRead("Dockerfile", "RUN make\n"),
            planned(RUN),
            started(RUN),
            output(RUN, "a\n"),
            output(RUN, true, (byte) 0xff),
            built(RUN, "r")));
    RawClient.Response response = build("{\"version\":1,\"tags\":[\"x\"]}");
    assertThat(response.status()).isEqualTo(200);
    String id = RUN.id().toString();
    assertThat(response.body().lines())
        .containsExactly(
            "{\"event\":\"dockerfile\",\"file\":\"Dockerfile\",\"text\":\"RUN make\\n\"}",
            "{\"event\":\"planned\",\"vertices\":[{\"id\":\"%s\",\"name\":\"[1/1] RUN make\",\"stage\":\"0\",\"step\":1,\"steps\":1,\"instruction\":\"RUN make\",\"line\":1,\"work\":\"command\",\"inputs\":[]}]}"
                .formatted(id),
            "{\"event\":\"started\",\"vertex\":\"%s\",\"atMicros\":1700000000000000}".formatted(id),
            "{\"event\":\"output\",\"vertex\":\"%s\",\"text\":\"a\\n\"}".formatted(id),
            "{\"event\":\"output\",\"vertex\":\"%s\",\"error\":true,\"base64\":\"/w==\"}"
                .formatted(id),
            "{\"event\":\"finished\",\"vertex\":\"%s\",\"atMicros\":1700000001000000,\"outcome\":\"built\",\"result\":\"%s\"}"
                .formatted(id, gantry.daemon.build.Script.digest("r")),
            "{\"event\":\"built\",\"image\":\"%s\",\"tags\":[\"docker.io/library/x:latest\"]}"
                .formatted(FakeBuilds.IMAGE));
  }

  @Test
  void failure_isTheLastLine() {
    engine.builds.failure = Optional.of(BuildException.invalid("no"));
    assertThat(build("{\"version\":1}").body())
        .isEqualTo("{\"event\":\"failed\",\"kind\":\"invalid\",\"message\":\"no\"}\n");
  }

  @Test
  void check_tellsWarningsOnly() {
    engine.builds.warnings.add(
        new BuildEvent.Warned("StageNameCasing", "m", "Dockerfile", 2, List.of("FROM a AS B")));
    assertThat(build("{\"version\":1,\"check\":true}").body())
        .isEqualTo(
            """
            {"event":"warned","rule":"StageNameCasing","message":"m","file":"Dockerfile","line":2,"source":["FROM a AS B"]}
            {"event":"checked"}
            """);
  }

  @Test
  void archives_followTheHead() {
    AtomicReference<String> named = new AtomicReference<>("");
    engine.builds.look = request -> named.set(read(request.contexts().values().iterator().next()));
    RawClient.Response response =
        build(
            "{\"version\":1,\"context\":{\"archive\":true},\"contexts\":{\"n\":{\"archive\":true}}}",
            archives("first archive", "second archive"));
    assertThat(response.body()).contains("\"built\"");
    assertThat(named).hasValue("first archive");
    assertThat(engine.builds.context).isEqualTo("second archive");
    assertThat(directory.toFile().list()).containsExactly("s");
  }

  private static String read(ContextSource context) {
    try {
      return new String(
          ((ContextSource.Tar) context).stream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void directory_isLentByDescriptor() throws IOException {
    Path lent = Files.createDirectory(directory.resolve("context"));
    Files.writeString(lent.resolve("f"), "hello");
    AtomicReference<String> content = new AtomicReference<>("");
    engine.builds.look =
        request -> {
          var source = (ContextSource.Directory) request.context();
          try (OwnedFd file = At.open(source.directory(), "f", OpenFlags.O_RDONLY)) {
            content.set(Files.readString(Path.of(file.procPath())));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    try (OwnedFd opened = At.openDirectory(Fd.CWD, lent.toString())) {
      RawClient.Response response =
          build("{\"version\":1,\"context\":{\"descriptor\":%d}}".formatted(opened.value()));
      assertThat(response.body()).contains("\"built\"");
      assertThat(((ContextSource.Directory) asked().context()).directory().closed()).isTrue();
      assertThat(opened.closed()).isFalse();
    }
    assertThat(content).hasValue("hello");
  }

  @Test
  void whatIsNoDirectory_isRefused() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    try (OwnedFd plain = At.open(Fd.CWD, file.toString(), OpenFlags.O_RDONLY);
        OwnedFd path =
            At.open(Fd.CWD, directory.toString(), OpenFlags.O_PATH | OpenFlags.O_DIRECTORY)) {
      assertThat(build("{\"version\":1,\"context\":{\"descriptor\":%d}}".formatted(plain.value())))
          .satisfies(
              r -> {
                assertThat(r.status()).isEqualTo(403);
                assertThat(r.body()).contains("is a REGULAR, not a directory");
              });
      assertThat(build("{\"version\":1,\"context\":{\"descriptor\":%d}}".formatted(path.value())))
          .satisfies(r -> assertThat(r.body()).contains("is not open for reading"));
      assertThat(build("{\"version\":1,\"context\":{\"descriptor\":123456}}").status())
          .isEqualTo(403);
      assertThat(
              build("{\"version\":1,\"agents\":{\"default\":%d}}".formatted(plain.value())).body())
          .contains("is a REGULAR, not a socket");
    }
    assertThat(engine.builds.requests).isEmpty();
  }

  @Test
  void agent_answersBehindASocketOfTheEngines() throws Exception {
    Path agent = directory.resolve("agent");
    AtomicReference<String> answered = new AtomicReference<>("");
    AtomicReference<Path> offered = new AtomicReference<>(agent);
    engine.builds.look =
        request -> {
          Path path = Path.of(request.agents().getOrDefault("default", "none"));
          offered.set(path);
          try (SocketChannel step = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            step.write(ByteBuffer.wrap("who?".getBytes(StandardCharsets.UTF_8)));
            step.shutdownOutput();
            ByteBuffer answer = ByteBuffer.allocate(100);
            while (step.read(answer) >= 0) {}
            answered.set(new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(agent));
      Thread echo = Thread.ofVirtual().start(() -> echoOnce(server));
      try (OwnedFd socket = At.open(Fd.CWD, agent.toString(), OpenFlags.O_PATH)) {
        RawClient.Response response =
            build("{\"version\":1,\"agents\":{\"default\":%d}}".formatted(socket.value()));
        assertThat(response.body()).contains("\"built\"");
      }
      echo.join();
    }
    assertThat(answered).hasValue("you said who?");
    assertThat(offered.get()).isNotEqualTo(agent).doesNotExist();
  }

  private static void echoOnce(ServerSocketChannel server) {
    try (SocketChannel one = server.accept()) {
      ByteBuffer asked = ByteBuffer.allocate(100);
      while (one.read(asked) >= 0) {}
      String text = new String(asked.array(), 0, asked.position(), StandardCharsets.UTF_8);
      one.write(ByteBuffer.wrap(("you said " + text).getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void allFields_areUnderstood() {
    RawClient.Response response =
        build(
            """
            {"version":1,"context":{"url":"https://x/y.git"},"dockerfile":{"name":"-","text":"FROM a"},\
            "target":"t","arguments":{"A":"1","B":null},"labels":{"l":"v"},"platforms":["linux/arm64"],\
            "pull":true,"cache":{"none":true,"noneOfStages":["s"],"required":true},\
            "secrets":{"token":"aGk="},"contexts":{"base":{"image":"busybox"},"u":{"url":"http://u"}},\
            "steps":{"network":"host","extraHosts":["a:1"],"allow":["network.host","security.insecure"],\
            "cgroupParent":"g","memoryBytes":1,"memorySwapBytes":2,"cpuShares":3,"cpuPeriod":4,"cpuQuota":5,\
            "cpusetCpus":"0","cpusetMems":"1","sharedMemoryBytes":6,"ulimits":["nofile=1:2"],\
            "securityOptions":["x"],"timeLimitSeconds":7},"rewriteTimestamps":true,"explain":true}""");
    assertThat(response.body()).contains("\"built\"");
    BuildRequest asked = asked();
    assertThat(asked.context()).isEqualTo(new ContextSource.Remote("https://x/y.git"));
    assertThat(asked.dockerfile()).isEqualTo(new DockerfileSource.Text("-", "FROM a"));
    assertThat(asked.cache())
        .isEqualTo(new BuildRequest.CacheUse(true, java.util.Set.of("s"), true));
    assertThat(asked.secrets().values().iterator().next().bytes()).isEqualTo(new byte[] {'h', 'i'});
    assertThat(asked.contexts().get("base"))
        .hasToString("Image[reference=docker.io/library/busybox:latest]");
    assertThat(asked.steps().insecureAllowed() && asked.steps().hostNetworkAllowed()).isTrue();
    assertThat(asked.steps().timeLimit()).hasToString("Optional[PT7S]");
    assertThat(asked.explain() && asked.rewriteTimestamps() && asked.pull()).isTrue();
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        arguments("", "got EOF"),
        arguments("{}", "speaks version 1 of the build protocol, the client 0"),
        arguments("{\"version\":2}", "the client 2"),
        arguments("{\"version\":1,\"outputs\":[]}", "what 'outputs' asks for"),
        arguments("{\"version\":1,\"steps\":{\"gpu\":1}}", "what 'gpu' asks for"),
        arguments("{\"version\":1,\"secrets\":{\"a\":\"?\"}}", "the secret 'a' is not in base64"),
        arguments("{\"version\":1,\"tags\":[\"BAD\"]}", "invalid reference format"),
        arguments(
            "{\"version\":1,\"context\":{\"url\":\"x\",\"image\":\"y\"}}", "more than one place"),
        arguments("{\"version\":1,\"dockerfile\":{\"path\":\"../x\"}}", "must be within"));
  }

  @ParameterizedTest
  @MethodSource("wrong")
  void wrongHead_isRefused(String head, String message) {
    RawClient.Response response = build(head);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).contains(message).doesNotContain("?");
  }

  @Test
  void secretThatIsTooLarge_isRefusedByItsName() {
    String secret = "A".repeat(700_000);
    assertThat(build("{\"version\":1,\"secrets\":{\"big\":\"%s\"}}".formatted(secret)).body())
        .contains("the secret 'big' has 525000 bytes, more than 512000");
  }

  @Test
  void pieceThatIsTooLarge_endsTheContext() {
    RawClient.Response response =
        build(
            "{\"version\":1,\"contexts\":{\"n\":{\"archive\":true}}}",
            (byte) 127,
            (byte) 0,
            (byte) 0,
            (byte) 0);
    assertThat(response.status()).isEqualTo(500);
    assertThat(response.body()).contains("malformed context: a piece has 1 to 1048576 bytes");
  }

  @Test
  void clientThatLeaves_cancels() throws Exception {
    engine.builds.endless = true;
    try (RawClient leaving = another()) {
      leaving.send(
          "POST /gantry/build HTTP/1.1\r\nHost: x\r\nContent-Length: 14\r\n\r\n{\"version\":1}\n");
      engine.builds.begun.await();
    }
    assertThat(engine.builds.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
