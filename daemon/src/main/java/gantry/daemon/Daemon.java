package gantry.daemon;

import gantry.daemon.api.DockerApi;
import gantry.daemon.config.ConfigException;
import gantry.daemon.config.DaemonConfig;
import gantry.daemon.config.ListenAddress;
import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.http.Exchange;
import gantry.http.Handler;
import gantry.http.HttpServer;
import gantry.http.TlsContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An engine, served over HTTP.
///
/// The sockets are open, and `/_ping` answered, while the engine is being opened; all other
/// requests wait for it.
public final class Daemon implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);
  private static final List<String> SOCKET_GROUPS = List.of("gantry", "docker");

  private final HttpServer server;
  private final Attention attention;
  private final CompletableFuture<Engine> engine;
  private final List<Path> sockets;
  private final List<InetSocketAddress> addresses = new ArrayList<>();

  private Daemon(
      HttpServer server,
      Attention attention,
      CompletableFuture<Engine> engine,
      List<Path> sockets) {
    this.server = server;
    this.attention = attention;
    this.engine = engine;
    this.sockets = sockets;
  }

  /// Opens the sockets, and begins to open the engine.
  ///
  /// @param open how an engine is opened
  public static Daemon start(DaemonConfig config, Function<EngineConfig, Engine> open)
      throws IOException {
    return start(config, open, new Systemd(Map.of()));
  }

  static Daemon start(DaemonConfig config, Function<EngineConfig, Engine> open, Systemd systemd)
      throws IOException {
    Optional<TlsContext> tls =
        config.tls().enabled() ? Optional.of(context(config.tls())) : Optional.empty();
    CompletableFuture<Engine> engine = new CompletableFuture<>();
    Attention attention = new Attention(new DockerApi(() -> opened(engine)));
    HttpServer server = HttpServer.open(attention, DockerApi.ordinaryHeaders());
    Daemon daemon =
        new Daemon(
            server, attention, engine, config.listen().stream().flatMap(Daemon::socket).toList());
    try {
      for (ListenAddress address : config.listen()) {
        daemon.listen(address, config, tls, systemd);
      }
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
    Thread.ofPlatform()
        .name("open-engine")
        .start(
            () -> {
              try {
                engine.complete(open.apply(config.engine()));
              } catch (Throwable e) {
                engine.completeExceptionally(e);
              }
            });
    return daemon;
  }

  private static TlsContext context(DaemonConfig.TlsFiles files) throws IOException {
    return TlsContext.of(
        files.certificate().orElseThrow(),
        files.key().orElseThrow(),
        files.verifyClients() ? files.authority() : Optional.empty());
  }

  private static Stream<Path> socket(ListenAddress address) {
    return address instanceof ListenAddress.Unix(Path path) ? Stream.of(path) : Stream.empty();
  }

  /// Why something that was waited for did not come about.
  static Throwable reason(CompletionException e) {
    Throwable cause = e.getCause();
    return cause == null ? e : cause;
  }

  private static Engine opened(CompletableFuture<Engine> engine) {
    try {
      return engine.join();
    } catch (CompletionException e) {
      throw new EngineException(
          ErrorKind.UNAVAILABLE, "the engine is not there: " + reason(e).getMessage(), e);
    }
  }

  /// Waits until the engine is open.
  ///
  /// @throws CompletionException with the reason when it cannot be opened
  public Engine awaitEngine() {
    return engine.join();
  }

  /// When the last request began, by [System#nanoTime].
  long lastRequestNanos() {
    return attention.lastRequestNanos;
  }

  /// The TCP addresses that are listened on, with the ports that were chosen.
  List<InetSocketAddress> addresses() {
    return addresses;
  }

  private void listen(
      ListenAddress address, DaemonConfig config, Optional<TlsContext> tls, Systemd systemd)
      throws IOException {
    switch (address) {
      case ListenAddress.Unix(Path path) -> {
        makeWay(path);
        server.listen(path);
        restrict(path, config.group());
        LOG.info("API listen on {}", path);
      }
      case ListenAddress.Tcp tcp -> {
        if (!config.tls().verifyClients()) {
          LOG.warn(
              "{} is open to everyone who can reach it, and whoever reaches it is root here: use --tlsverify",
              tcp.address());
        }
        InetSocketAddress bound = server.listen(tcp.address(), tls);
        addresses.add(bound);
        LOG.info("API listen on {}", bound);
      }
      case ListenAddress.Inherited _ -> {
        int[] sockets = systemd.inheritedSockets();
        if (sockets.length == 0) {
          throw new ConfigException(
              "no sockets found via socket activation: make sure the service was started by systemd");
        }
        for (int fd : sockets) {
          boolean unix = Systemd.isUnix(fd);
          server.adopt(fd, unix, unix ? Optional.empty() : tls);
          LOG.info("API listen on the socket of descriptor {}", fd);
        }
      }
    }
  }

  // A socket at which nobody answers was left behind by a daemon that was killed.
  private static void makeWay(Path path) throws IOException {
    if (path.getParent() != null) {
      Files.createDirectories(path.getParent());
    }
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
      throw new ConfigException(
          "can't create unix socket " + path + ": another daemon answers there");
    } catch (IOException _) {
      Files.delete(path);
    }
  }

  private static void restrict(Path path, Optional<String> group) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
    Optional<GroupPrincipal> owner = group.isPresent() ? find(path, group.get()) : Optional.empty();
    if (group.isPresent() && owner.isEmpty()) {
      throw new ConfigException("group " + group.get() + " not found");
    }
    for (String name : group.isPresent() ? List.<String>of() : SOCKET_GROUPS) {
      owner = owner.isPresent() ? owner : find(path, name);
    }
    if (owner.isPresent()) {
      Files.getFileAttributeView(path, PosixFileAttributeView.class).setGroup(owner.get());
    }
  }

  private static Optional<GroupPrincipal> find(Path path, String group) throws IOException {
    try {
      return Optional.of(
          path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByGroupName(group));
    } catch (UserPrincipalNotFoundException _) {
      return Optional.empty();
    }
  }

  /// Ends the sockets, then the engine.
  @Override
  public void close() {
    server.close();
    if (engine.isDone() && !engine.isCompletedExceptionally()) {
      engine.join().close();
    }
    for (Path socket : sockets) {
      try {
        Files.deleteIfExists(socket);
      } catch (IOException e) {
        LOG.debug("cannot remove {}: {}", socket, e.getMessage());
      }
    }
  }

  /// Notes when requests come.
  private static final class Attention implements Handler {
    private final Handler handler;
    private volatile long lastRequestNanos = System.nanoTime();

    Attention(Handler handler) {
      this.handler = handler;
    }

    @Override
    public boolean immediate(String method, String path) {
      return handler.immediate(method, path);
    }

    @Override
    public void handle(Exchange exchange) throws Exception {
      lastRequestNanos = System.nanoTime();
      handler.handle(exchange);
    }

    @Override
    public void failed(Exchange exchange, Throwable failure) {
      handler.failed(exchange, failure);
    }
  }
}
