package gantry.store;

import gantry.http.Exchange;
import gantry.http.Handler;
import gantry.store.access.Access;
import gantry.store.access.Audit;
import gantry.store.access.Robots;
import gantry.store.content.Collector;
import gantry.store.content.DirectoryBlobs;
import gantry.store.content.Registry;
import gantry.store.content.SqliteMetadata;
import gantry.store.content.StoreException;
import gantry.store.protocol.Call;
import gantry.store.protocol.RegistryApi;
import gantry.store.web.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A Store, to be served by an HTTP server as its handler.
///
/// ```
/// try (Store store = Store.open(StoreConfig.of(root, true));
///     HttpServer server = HttpServer.open(store, Store.ordinaryHeaders())) { … }
/// ```
public final class Store implements Handler, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Store.class);
  private static final Duration BETWEEN_COLLECTIONS = Duration.ofHours(1);
  private static final Duration BETWEEN_NOTES = Duration.ofSeconds(10);

  private final Registry registry;
  private final Access access;
  private final Audit audit;
  private final Collector collector;
  private final RegistryApi api;
  private final Pages pages;
  private final Thread upkeep;

  private Store(Registry registry, Access access, Audit audit, Collector collector) {
    this.registry = registry;
    this.access = access;
    this.audit = audit;
    this.collector = collector;
    this.api = new RegistryApi(registry, access, audit);
    this.pages = new Pages(registry, access);
    this.upkeep = Thread.ofVirtual().name("store-upkeep").unstarted(this::keepUp);
  }

  /// Opens, or makes, the Store in `config.root()`.
  ///
  /// @throws gantry.state.StateException when another process has it
  public static Store open(StoreConfig config) throws IOException {
    Path root = config.root();
    SqliteMetadata metadata = SqliteMetadata.open(root);
    try {
      Registry registry = new Registry(DirectoryBlobs.open(root), metadata, config.policy());
      registry.clearStrays();
      Store store =
          new Store(
              registry,
              Access.open(root, config.htpasswd(), config.rules()),
              Audit.open(root.resolve("audit.log")),
              new Collector(registry, config.policy(), config.retention(), Collector.GRACE));
      store.upkeep.start();
      return store;
    } catch (IOException | RuntimeException e) {
      metadata.close();
      throw e;
    }
  }

  /// What every response carries.
  public static Map<String, String> ordinaryHeaders() {
    return Map.of("Server", "Gantry-Store");
  }

  /// Names and tokens for programs.
  public Robots robots() {
    return access.robots();
  }

  /// Collects garbage, or says what a collection would do.
  public Collector.Report collect(boolean dryRun) throws IOException {
    return collector.run(dryRun);
  }

  @Override
  public boolean immediate(String method, String path) {
    return false;
  }

  @Override
  public boolean immediate(Exchange exchange) {
    return api.immediate(exchange);
  }

  @Override
  public void handle(Exchange exchange) throws Exception {
    if (RegistryApi.serves(exchange.path())) {
      api.handle(exchange);
    } else {
      pages.handle(exchange);
    }
  }

  @Override
  public void failed(Exchange exchange, Throwable failure) {
    if (failure instanceof StoreException refusal) {
      Call.sendError(exchange, refusal);
      return;
    }
    LOG.error("{} failed", exchange, failure);
    Call.sendError(
        exchange,
        new StoreException(
            StoreException.Code.UNKNOWN, "the Store failed; its log says how", failure));
  }

  private void keepUp() {
    long collected = System.nanoTime();
    try {
      while (true) {
        Thread.sleep(BETWEEN_NOTES);
        registry.metadata().flushPulls();
        if (System.nanoTime() - collected > BETWEEN_COLLECTIONS.toNanos()) {
          collected = System.nanoTime();
          collect();
        }
      }
    } catch (InterruptedException _) {
      // closed
    }
  }

  private void collect() {
    try {
      Collector.Report report = collector.run(false);
      LOG.info(
          "collected {} tags, {} manifests, {} blobs, {} uploads: {} bytes",
          report.tags().size(),
          report.manifests().size(),
          report.blobs().size(),
          report.uploads(),
          report.bytes());
    } catch (IOException | RuntimeException e) {
      LOG.error("cannot collect garbage", e);
    }
  }

  /// Ends what it does by itself and closes what it has; the server is closed before.
  @Override
  public void close() {
    upkeep.interrupt();
    try {
      upkeep.join();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
    registry.close();
    audit.close();
  }
}
