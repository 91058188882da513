package gantry.store;

import gantry.http.HttpServer;
import gantry.oci.Digest;
import gantry.testing.RawClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/// A Store at a unix socket, and a client of it that sends bytes as the test has them.
final class StoreFixture implements AutoCloseable {
  static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";

  /// The config of every image that [#pushImage] makes.
  static final String CONFIG =
      "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

  private final Path socket;
  private final Store store;
  private final HttpServer server;
  private RawClient client;

  private StoreFixture(Path socket, Store store, HttpServer server) {
    this.socket = socket;
    this.store = store;
    this.server = server;
    this.client = RawClient.connect(socket);
  }

  static StoreFixture open(StoreConfig config, Path socket) throws IOException {
    Store store = Store.open(config);
    HttpServer server = HttpServer.open(store, Store.ordinaryHeaders());
    server.listen(socket);
    return new StoreFixture(socket, store, server);
  }

  Store store() {
    return store;
  }

  RawClient connect() {
    return RawClient.connect(socket);
  }

  RawClient.Response get(String path) {
    return request("GET", path, Map.of(), new byte[0]);
  }

  RawClient.Response request(String method, String path) {
    return request(method, path, Map.of(), new byte[0]);
  }

  RawClient.Response request(String method, String path, Map<String, String> headers, byte[] body) {
    StringBuilder head =
        new StringBuilder("%s %s HTTP/1.1\r\nHost: store.test\r\n".formatted(method, path));
    headers.forEach((name, value) -> head.append("%s: %s\r\n".formatted(name, value)));
    if (body.length > 0 || method.startsWith("P")) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    client.send(head + "\r\n").send(body);
    RawClient.Response response = client.response(method.equals("HEAD"));
    boolean unread =
        response.status() == 413; // the server gives up a connection with so much on it
    if (unread || response.header("Connection").equals("close")) {
      client.close();
      client = connect();
    }
    return response;
  }

  /// Pushes a blob in one request.
  Digest pushBlob(String repository, byte[] bytes) {
    Digest digest = Digest.sha256(bytes);
    RawClient.Response response =
        request("POST", "/v2/" + repository + "/blobs/uploads/?digest=" + digest, Map.of(), bytes);
    if (response.status() != 201) {
      throw new AssertionError(response.line() + "\n" + response.body());
    }
    return digest;
  }

  RawClient.Response pushManifest(String repository, String reference, String json) {
    return request(
        "PUT",
        "/v2/%s/manifests/%s".formatted(repository, reference),
        Map.of("Content-Type", OCI_MANIFEST),
        json.getBytes(StandardCharsets.UTF_8));
  }

  /// Pushes an image of one layer and returns its manifest.
  String pushImage(String repository, String tag, String content) {
    byte[] config = CONFIG.getBytes(StandardCharsets.UTF_8);
    byte[] layer = content.getBytes(StandardCharsets.UTF_8);
    pushBlob(repository, config);
    pushBlob(repository, layer);
    String manifest = manifest(config, layer, "");
    RawClient.Response response = pushManifest(repository, tag, manifest);
    if (response.status() != 201) {
      throw new AssertionError(response.line() + "\n" + response.body());
    }
    return manifest;
  }

  /// @param more further fields, each with a comma before it
  static String manifest(byte[] config, byte[] layer, String more) {
    return """
        {"schemaVersion":2,"mediaType":"%s",
        "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},
        "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"%s","size":%d}]%s}"""
        .formatted(
            OCI_MANIFEST,
            Digest.sha256(config),
            config.length,
            Digest.sha256(layer),
            layer.length,
            more);
  }

  static Digest digest(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() {
    client.close();
    server.close();
    store.close();
  }
}
