import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import org.junit.jupiter.api.Test;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/// A test with a web server in a container. Nothing in it says who runs the container.
class PageTest {
  @Test
  void page_isServed() throws Exception {
    try (var web = new GenericContainer<>(DockerImageName.parse("busybox"))) {
      web.withCommand("httpd", "-f", "-p", "8080", "-h", "/www")
          .withCopyToContainer(Transferable.of("hello"), "/www/index.html")
          .withExposedPorts(8080)
          .waitingFor(Wait.forHttp("/index.html"))
          .start();
      URI page = URI.create("http://" + web.getHost() + ":" + web.getMappedPort(8080) + "/index.html");
      try (HttpClient client = HttpClient.newHttpClient()) {
        HttpRequest request = HttpRequest.newBuilder(page).build();
        assertEquals("hello", client.send(request, BodyHandlers.ofString()).body());
      }
    }
  }
}
