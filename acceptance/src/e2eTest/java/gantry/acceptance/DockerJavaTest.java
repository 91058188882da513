package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.async.ResultCallback;
import com.github.dockerjava.api.command.CreateContainerResponse;
import com.github.dockerjava.api.exception.ConflictException;
import com.github.dockerjava.api.exception.NotFoundException;
import com.github.dockerjava.api.model.Container;
import com.github.dockerjava.api.model.Event;
import com.github.dockerjava.api.model.Frame;
import com.github.dockerjava.api.model.HostConfig;
import com.github.dockerjava.api.model.Statistics;
import com.github.dockerjava.api.model.StreamType;
import com.github.dockerjava.core.DefaultDockerClientConfig;
import com.github.dockerjava.core.DockerClientImpl;
import com.github.dockerjava.httpclient5.ApacheDockerHttpClient;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// docker-java, the client below Testcontainers: it pins a version and never negotiates.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DockerJavaTest {
  private final Cli cli;
  private final DockerClient client;

  DockerJavaTest(Cli cli, Engine engine) {
    this.cli = cli;
    var config =
        DefaultDockerClientConfig.createDefaultConfigBuilder()
            .withDockerHost(engine.host())
            .withApiVersion("1.44")
            .build();
    var transport =
        new ApacheDockerHttpClient.Builder()
            .dockerHost(config.getDockerHost())
            .sslConfig(config.getSSLConfig())
            .build();
    client = DockerClientImpl.getInstance(config, transport);
  }

  @AfterAll
  void close() throws IOException {
    client.close();
  }

  private String create(String... command) {
    return client
        .createContainerCmd("busybox")
        .withName(cli.name())
        .withCmd(command)
        .withHostConfig(HostConfig.newHostConfig().withNetworkMode("none"))
        .exec()
        .getId();
  }

  private String started(String... command) {
    String id = create(command);
    client.startContainerCmd(id).exec();
    return id;
  }

  /// Collects frames by stream.
  private static final class Output extends ResultCallback.Adapter<Frame> {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @Override
    public void onNext(Frame frame) {
      (frame.getStreamType() == StreamType.STDERR ? err : out).writeBytes(frame.getPayload());
    }

    String stdout() {
      return out.toString(StandardCharsets.UTF_8);
    }

    String stderr() {
      return err.toString(StandardCharsets.UTF_8);
    }
  }

  @Test
  void wholeLife_ofAContainer() throws Exception {
    CreateContainerResponse created =
        client
            .createContainerCmd("busybox:latest")
            .withName(cli.name())
            .withCmd("sh", "-c", "echo $A; echo bad >&2; exit 7")
            .withEnv("A=b")
            .withLabels(Map.of("made-by", "docker-java"))
            .withHostConfig(HostConfig.newHostConfig().withNetworkMode("none"))
            .exec();
    client.startContainerCmd(created.getId()).exec();
    int code =
        client.waitContainerCmd(created.getId()).start().awaitStatusCode(20, TimeUnit.SECONDS);
    assertThat(code).isEqualTo(7);
    Output output = new Output();
    client
        .logContainerCmd(created.getId())
        .withStdOut(true)
        .withStdErr(true)
        .withFollowStream(true)
        .exec(output)
        .awaitCompletion(20, TimeUnit.SECONDS);
    assertThat(output.stdout()).isEqualTo("b\n");
    assertThat(output.stderr()).isEqualTo("bad\n");
    var inspected = client.inspectContainerCmd(created.getId()).exec();
    assertThat(inspected.getState().getExitCodeLong()).isEqualTo(7);
    assertThat(inspected.getConfig().getLabels()).containsEntry("made-by", "docker-java");
    client.removeContainerCmd(created.getId()).exec();
    assertThatThrownBy(() -> client.inspectContainerCmd(created.getId()).exec())
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void exec_givesOutputAndCode() throws Exception {
    String id = started("sleep", "600");
    String exec =
        client
            .execCreateCmd(id)
            .withCmd("sh", "-c", "echo out; exit 3")
            .withAttachStdout(true)
            .withAttachStderr(true)
            .exec()
            .getId();
    Output output = new Output();
    client.execStartCmd(exec).exec(output).awaitCompletion(20, TimeUnit.SECONDS);
    assertThat(output.stdout()).isEqualTo("out\n");
    assertThat(client.inspectExecCmd(exec).exec().getExitCodeLong()).isEqualTo(3);
  }

  @Test
  void exec_withStdin() throws Exception {
    String id = started("sleep", "600");
    String exec =
        client
            .execCreateCmd(id)
            .withCmd("cat")
            .withAttachStdin(true)
            .withAttachStdout(true)
            .exec()
            .getId();
    Output output = new Output();
    InputStream in = new ByteArrayInputStream("typed".getBytes(StandardCharsets.UTF_8));
    client.execStartCmd(exec).withStdIn(in).exec(output).awaitCompletion(20, TimeUnit.SECONDS);
    assertThat(output.stdout()).isEqualTo("typed");
  }

  @Test
  void attach_getsTheFirstByte() throws Exception {
    String id = create("sh", "-c", "printf first");
    Output output = new Output();
    client
        .attachContainerCmd(id)
        .withStdOut(true)
        .withFollowStream(true)
        .exec(output)
        .awaitStarted(10, TimeUnit.SECONDS);
    client.startContainerCmd(id).exec();
    output.awaitCompletion(20, TimeUnit.SECONDS);
    assertThat(output.stdout()).isEqualTo("first");
  }

  @Test
  void copy_bothWays() throws Exception {
    String id = started("sleep", "600");
    byte[] tar = tarOf("f", "copied");
    client
        .copyArchiveToContainerCmd(id)
        .withTarInputStream(new ByteArrayInputStream(tar))
        .withRemotePath("/tmp")
        .exec();
    try (InputStream back = client.copyArchiveFromContainerCmd(id, "/tmp/f").exec()) {
      assertThat(new String(back.readAllBytes(), StandardCharsets.UTF_8)).contains("copied");
    }
  }

  private static byte[] tarOf(String name, String content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var tar = new org.apache.commons.compress.archivers.tar.TarArchiveOutputStream(bytes)) {
      var entry = new org.apache.commons.compress.archivers.tar.TarArchiveEntry(name);
      entry.setSize(content.length());
      tar.putArchiveEntry(entry);
      tar.write(content.getBytes(StandardCharsets.UTF_8));
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }

  @Test
  void list_withFilters() {
    String id =
        client
            .createContainerCmd("busybox")
            .withName(cli.name())
            .withLabels(Map.of("dj", "list"))
            .withCmd("true")
            .exec()
            .getId();
    List<Container> found =
        client.listContainersCmd().withShowAll(true).withLabelFilter(Map.of("dj", "list")).exec();
    assertThat(found).extracting(Container::getId).containsExactly(id);
  }

  @Test
  void network_byItsId_withAliases() {
    String network = client.createNetworkCmd().withName(cli.name()).exec().getId();
    String id =
        client
            .createContainerCmd("busybox")
            .withName(cli.name())
            .withCmd("sleep", "600")
            .withHostConfig(HostConfig.newHostConfig().withNetworkMode(network))
            .withAliases("other")
            .exec()
            .getId();
    try {
      client.startContainerCmd(id).exec();
      assertThat(client.inspectContainerCmd(id).exec().getNetworkSettings().getNetworks())
          .hasSize(1)
          .allSatisfy((name, place) -> assertThat(place.getAliases()).contains("other"));
    } finally {
      client.removeContainerCmd(id).withForce(true).exec();
      client.removeNetworkCmd(network).exec();
    }
  }

  @Test
  void errors_areTyped() {
    String name = cli.name();
    client.createContainerCmd("busybox").withName(name).exec();
    assertThatThrownBy(() -> client.createContainerCmd("busybox").withName(name).exec())
        .isInstanceOf(ConflictException.class);
    assertThatThrownBy(() -> client.createContainerCmd("nosuch:1").exec())
        .isInstanceOf(NotFoundException.class);
    assertThatThrownBy(() -> client.startContainerCmd("nosuch").exec())
        .isInstanceOf(NotFoundException.class);
  }

  @Test
  void events_arrive() throws Exception {
    BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    String id = create("sleep", "600");
    try (var callback =
        new ResultCallback.Adapter<Event>() {
          @Override
          public void onNext(Event event) {
            events.add(event);
          }
        }) {
      client.eventsCmd().withContainerFilter(id).exec(callback).awaitStarted(10, TimeUnit.SECONDS);
      client.startContainerCmd(id).exec();
      Event event = events.poll(10, TimeUnit.SECONDS);
      assertThat(event).isNotNull();
      assertThat(event.getAction()).isEqualTo("start");
    }
  }

  @Test
  void statistics_arrive() throws Exception {
    String id = started("sleep", "600");
    BlockingQueue<Statistics> samples = new LinkedBlockingQueue<>();
    try (var callback =
        new ResultCallback.Adapter<Statistics>() {
          @Override
          public void onNext(Statistics sample) {
            samples.add(sample);
          }
        }) {
      client.statsCmd(id).exec(callback);
      Statistics sample = samples.poll(10, TimeUnit.SECONDS);
      assertThat(sample).isNotNull();
      assertThat(sample.getPidsStats().getCurrent()).isEqualTo(1);
    }
  }

  @Test
  void imagesInfoAndVersion_areRead() {
    assertThat(client.listImagesCmd().exec())
        .anyMatch(image -> List.of(image.getRepoTags()).contains("busybox:latest"));
    assertThat(client.inspectImageCmd("busybox").exec().getOs()).isEqualTo("linux");
    assertThat(client.infoCmd().exec().getOsType()).isEqualTo("linux");
    assertThat(client.versionCmd().exec().getApiVersion()).isEqualTo("1.51");
    client.pingCmd().exec();
  }

  @Test
  void commitTagAndRemove() {
    String id = started("true");
    String image = client.commitCmd(id).withRepository(cli.name()).withTag("1").exec();
    assertThat(client.inspectImageCmd(image).exec().getId()).isNotEmpty();
    client.removeImageCmd(image).withForce(true).exec();
  }

  @Test
  void stopKillPauseRestart() {
    String id = started("sleep", "600");
    client.pauseContainerCmd(id).exec();
    assertThat(client.inspectContainerCmd(id).exec().getState().getPaused()).isTrue();
    client.unpauseContainerCmd(id).exec();
    client.restartContainerCmd(id).withTimeout(0).exec();
    client.killContainerCmd(id).exec();
    assertThatThrownBy(() -> client.killContainerCmd(id).exec())
        .isInstanceOf(ConflictException.class);
    client.startContainerCmd(id).exec();
    client.stopContainerCmd(id).withTimeout(0).exec();
    client.removeContainerCmd(id).withForce(true).withRemoveVolumes(true).exec();
  }
}
