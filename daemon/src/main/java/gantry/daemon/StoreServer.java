package gantry.daemon;

import gantry.http.HttpServer;
import gantry.http.TlsContext;
import gantry.store.Administration;
import gantry.store.Store;
import gantry.store.StoreConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Store, served over HTTP; its owner reaches it at a socket in its root.
final class StoreServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreServer.class);
  private static final Duration CLIENT_IDLE = Duration.ofSeconds(60);
  private static final String SOCKET = "store.sock";

  private final Store store;
  private final HttpServer server;
  private final HttpServer owner;

  private StoreServer(Store store, HttpServer server, HttpServer owner) {
    this.store = store;
    this.server = server;
    this.owner = owner;
  }

  /// Where the owner of the Store in `root` reaches it while it runs.
  static Path socket(Path root) {
    return root.resolve(SOCKET);
  }

  static StoreServer start(StoreConfig config, InetSocketAddress address, Optional<TlsContext> tls)
      throws IOException {
    Store store = Store.open(config);
    HttpServer server = HttpServer.open(store, Store.ordinaryHeaders());
    HttpServer owner = HttpServer.open(new Administration(store), Map.of());
    StoreServer started = new StoreServer(store, server, owner);
    try {
      server.limitIdle(CLIENT_IDLE);
      LOG.info("Store listens on {}", server.listen(address, tls));
      Path socket = socket(config.root());
      Files.deleteIfExists(socket); // ours to remove: nobody else has this root open
      owner.listen(socket);
      Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
      return started;
    } catch (IOException | RuntimeException e) {
      started.close();
      throw e;
    }
  }

  @Override
  public void close() {
    server.close();
    owner.close();
    store.close();
  }
}
