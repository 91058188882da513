package gantry.daemon.api;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.Status;
import gantry.http.HttpServer;
import gantry.testing.RawClient;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The API over a real unix socket, with an engine in memory that has two containers: `web` runs,
/// `plain` was created.
abstract class ApiFixture {
  @TempDir Path directory;

  final FakeEngine engine = new FakeEngine();
  private HttpServer server;
  RawClient client;

  @BeforeEach
  void serve() throws IOException {
    engine.put("plain", spec().build(), FakeEngine.state(Status.CREATED));
    engine.put("web", spec().build(), FakeEngine.state(Status.RUNNING));
    Path socket = directory.resolve("s");
    server = HttpServer.open(new DockerApi(() -> engine), DockerApi.ordinaryHeaders());
    server.listen(socket);
    client = RawClient.connect(socket);
  }

  RawClient another() {
    return RawClient.connect(directory.resolve("s"));
  }

  static gantry.engine.container.ContainerSpecBuilder spec() {
    return ContainerSpec.builder("busybox").command("sleep", "1000").networkMode("bridge");
  }

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  RawClient.Response get(String path) {
    return client.get("/v1.51" + path);
  }

  RawClient.Response post(String path) {
    return client.request("POST", "/v1.51" + path);
  }

  RawClient.Response post(String path, String json) {
    return client.json("POST", "/v1.51" + path, json);
  }
}
