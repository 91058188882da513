package gantry.acceptance.testcontainers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.dockerjava.api.model.HealthCheck;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.BindMode;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.output.OutputFrame;
import org.testcontainers.containers.output.ToStringConsumer;
import org.testcontainers.containers.output.WaitingConsumer;
import org.testcontainers.containers.startupcheck.OneShotStartupCheckStrategy;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/// What projects do with Testcontainers. Run by [SuiteMain] in a virtual machine of its own, since
/// Testcontainers chooses its engine once in each.
class ContainersSuite {
  private static final DockerImageName BUSYBOX = DockerImageName.parse("busybox:1");
  private static final int HTTP = 8080;

  /// A container whose type need not be said.
  private static final class Container extends GenericContainer<Container> {
    Container(DockerImageName image) {
      super(image);
    }
  }

  private static Container busybox(String... command) {
    return new Container(DockerImageName.parse("busybox")).withCommand(command);
  }

  private static Container web() {
    return busybox("httpd", "-f", "-p", Integer.toString(HTTP), "-h", "/www")
        .withCopyToContainer(Transferable.of("hello"), "/www/index.html")
        .withExposedPorts(HTTP);
  }

  private static String get(Container web) throws IOException {
    URI page =
        URI.create("http://%s:%d/index.html".formatted(web.getHost(), web.getMappedPort(HTTP)));
    HttpURLConnection connection = (HttpURLConnection) page.toURL().openConnection();
    connection.setConnectTimeout(5000);
    connection.setReadTimeout(5000);
    return new String(connection.getInputStream().readAllBytes(), UTF_8);
  }

  @Test
  void strategy_isTheOneThatIsMeant() {
    DockerClientFactory.instance().client();
    assertThat(SuiteMain.strategyInUse()).isEqualTo(System.getProperty("suite.strategy"));
  }

  @Test
  void exposedPort_isWaitedFor_andAnswers() throws Exception {
    try (Container web = web().waitingFor(Wait.forListeningPort())) {
      web.start();
      assertThat(get(web)).isEqualTo("hello");
      web.stop();
      web.start();
      assertThat(get(web)).isEqualTo("hello");
    }
  }

  @Test
  void http_isWaitedFor() throws Exception {
    try (Container web =
        web().waitingFor(Wait.forHttp("/index.html").forStatusCode(200).forPort(HTTP))) {
      web.start();
      assertThat(get(web)).isEqualTo("hello");
    }
  }

  @Test
  void log_isWaitedFor() {
    try (Container container =
        busybox("sh", "-c", "sleep 0.3; echo ready one; echo ready two; sleep 600")
            .waitingFor(Wait.forLogMessage("ready.*\\n", 2))) {
      container.start();
      assertThat(container.getLogs()).contains("ready one\nready two\n");
    }
  }

  @Test
  void health_isWaitedFor() {
    HealthCheck check =
        new HealthCheck()
            .withTest(List.of("CMD-SHELL", "test -e /tmp/up"))
            .withInterval(Duration.ofMillis(100).toNanos())
            .withRetries(100);
    try (Container container =
        busybox("sh", "-c", "sleep 0.5; touch /tmp/up; sleep 600")
            .withCreateContainerCmdModifier(create -> create.withHealthcheck(check))
            .waitingFor(Wait.forHealthcheck())) {
      container.start();
      assertThat(container.isHealthy()).isTrue();
    }
  }

  @Test
  void command_isWaitedFor() {
    try (Container container =
        busybox("sh", "-c", "sleep 0.5; touch /tmp/up; sleep 600")
            .waitingFor(Wait.forSuccessfulCommand("test -e /tmp/up"))) {
      container.start();
      assertThat(container.isRunning()).isTrue();
    }
  }

  @Test
  void oneShot_endsOrFails() {
    try (Container container =
        busybox("sh", "-c", "echo done")
            .withStartupCheckStrategy(new OneShotStartupCheckStrategy())) {
      container.start();
      assertThat(container.getLogs(OutputFrame.OutputType.STDOUT)).isEqualTo("done\n");
    }
    try (Container container =
        busybox("sh", "-c", "exit 3").withStartupCheckStrategy(new OneShotStartupCheckStrategy())) {
      assertThatThrownBy(container::start).isInstanceOf(ContainerLaunchException.class);
    }
  }

  @Test
  void exec_givesOutputAndExitCode() throws Exception {
    try (Container container = busybox("sleep", "600").withEnv("GREETING", "hello")) {
      container.start();
      ExecResult result =
          container.execInContainer("sh", "-c", "echo $GREETING; echo oh >&2; exit 3");
      assertThat(result.getStdout()).isEqualTo("hello\n");
      assertThat(result.getStderr()).isEqualTo("oh\n");
      assertThat(result.getExitCode()).isEqualTo(3);
      ExecConfig asDaemon =
          ExecConfig.builder().user("daemon").command(new String[] {"id", "-un"}).build();
      assertThat(container.execInContainer(asDaemon).getStdout()).isEqualTo("daemon\n");
    }
  }

  @Test
  void files_areCopiedBothWays(@TempDir Path folder) throws Exception {
    Path tree = Files.createDirectories(folder.resolve("tree/deep"));
    Files.writeString(tree.resolve("file"), "from a folder");
    byte[] large = new byte[5 << 20];
    large[large.length - 1] = 7;
    try (Container container =
        busybox("sleep", "600")
            .withCopyFileToContainer(
                MountableFile.forHostPath(folder.resolve("tree")), "/srv/tree")) {
      container.start();
      assertThat(container.execInContainer("cat", "/srv/tree/deep/file").getStdout())
          .isEqualTo("from a folder");
      container.copyFileToContainer(Transferable.of(large, 0640), "/srv/new/large");
      assertThat(container.execInContainer("stat", "-c", "%a %s", "/srv/new/large").getStdout())
          .isEqualTo("640 %d\n".formatted(large.length));
      Path back = folder.resolve("back");
      container.copyFileFromContainer("/srv/new/large", back.toString());
      assertThat(Files.readAllBytes(back)).isEqualTo(large);
    }
  }

  @Test
  void folder_isMounted(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("file"), "of the host");
    try (Container container =
        busybox("sleep", "600")
            .withFileSystemBind(folder.toString(), "/mounted", BindMode.READ_ONLY)) {
      container.start();
      assertThat(container.execInContainer("cat", "/mounted/file").getStdout())
          .isEqualTo("of the host");
      assertThat(container.execInContainer("touch", "/mounted/new").getExitCode()).isEqualTo(1);
    }
  }

  @Test
  void output_isFollowed() throws Exception {
    ToStringConsumer all = new ToStringConsumer();
    WaitingConsumer waiting = new WaitingConsumer();
    WaitingConsumer ending = new WaitingConsumer();
    try (Container container =
        busybox("sh", "-c", "for i in 1 2 3; do echo line $i; sleep 0.1; done; echo end >&2; cat")
            .withLogConsumer(all)) {
      container.start();
      container.followOutput(waiting, OutputFrame.OutputType.STDERR);
      container.followOutput(ending);
      waiting.waitUntil(frame -> frame.getUtf8String().contains("end"), 20, TimeUnit.SECONDS);
      ending.waitUntilEnd(20, TimeUnit.SECONDS);
      assertThat(container.getLogs(OutputFrame.OutputType.STDOUT))
          .isEqualTo("line 1\nline 2\nline 3\n");
      assertThat(all.toUtf8String()).contains("line 1\n", "line 3\n", "end\n");
    }
  }

  @Test
  void network_hasNames() throws Exception {
    try (Network network = Network.newNetwork();
        Container web =
            web()
                .withNetwork(network)
                .withNetworkAliases("web", "site")
                .waitingFor(Wait.forListeningPort());
        Container client = busybox("sleep", "600").withNetwork(network);
        Container stranger = busybox("sleep", "600")) {
      web.start();
      client.start();
      stranger.start();
      for (String name : List.of("web", "site")) {
        String page = "http://%s:%d/index.html".formatted(name, HTTP);
        ExecResult answer = client.execInContainer("wget", "-qO-", page);
        assertThat(answer.getStdout()).as(answer.getStderr()).isEqualTo("hello");
        assertThat(stranger.execInContainer("wget", "-qO-", page).getStderr())
            .contains("bad address");
      }
    }
  }

  @Test
  void image_isUsedAgain_andAMissingOneIsTold() {
    for (int round = 0; round < 2; round++) {
      try (Container container = busybox("sleep", "600")) {
        container.start();
        assertThat(container.getContainerInfo().getConfig().getImage()).isEqualTo("busybox:latest");
      }
    }
    try (Container container = new Container(BUSYBOX)) {
      assertThatThrownBy(container::start).hasStackTraceContaining("busybox:1");
    }
  }

  @Test
  void postgres_answersQueries() throws Exception {
    try (PostgreSQLContainer postgres =
        new PostgreSQLContainer("postgres:15").withDatabaseName("shop").withUsername("keeper")) {
      postgres.start();
      try (Connection connection =
              DriverManager.getConnection(
                  postgres.getJdbcUrl(), postgres.getUsername(), postgres.getPassword());
          Statement statement = connection.createStatement()) {
        statement.execute("CREATE TABLE item (name TEXT, price INT)");
        statement.execute("INSERT INTO item VALUES ('anchor', 70), ('rope', 12)");
        assertThat(sum(statement)).contains(82);
      }
    }
  }

  private static Optional<Integer> sum(Statement statement) throws SQLException {
    try (ResultSet rows = statement.executeQuery("SELECT sum(price) FROM item")) {
      return rows.next() ? Optional.of(rows.getInt(1)) : Optional.empty();
    }
  }

  @Test
  void redis_keepsValues() throws Exception {
    int port = 6379;
    try (Container redis = new Container(DockerImageName.parse("redis:7")).withExposedPorts(port)) {
      redis.start();
      try (Socket socket = new Socket(redis.getHost(), redis.getMappedPort(port))) {
        socket.setSoTimeout(5000);
        socket.getOutputStream().write("SET ship gantry\r\nGET ship\r\n".getBytes(UTF_8));
        assertThat(new String(socket.getInputStream().readNBytes(17), UTF_8))
            .isEqualTo("+OK\r\n$6\r\ngantry\r\n");
      }
      assertThat(redis.execInContainer("redis-cli", "get", "ship").getStdout())
          .isEqualTo("gantry\n");
    }
  }
}
