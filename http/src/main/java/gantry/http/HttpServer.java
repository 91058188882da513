package gantry.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An HTTP server on any number of sockets, with one event loop thread.
///
/// Needs Netty's epoll library: its sockets of the JDK cannot close one direction of a unix socket,
/// which every attached Docker client does.
///
/// ```
/// try (HttpServer server = HttpServer.open(handler, Map.of("Server", "Gantry"))) {
///   server.listen(Path.of("/run/gantry/gantry.sock"));
///   …
/// }
/// ```
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
  private static final int BACKLOG = 1024;
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final int READ_BYTES_AT_REST = 2 << 10;
  private static final int READ_BYTES_AT_MOST = 256 << 10;

  private final Handler handler;
  private final HeaderLines ordinaryHeaders;
  private final EventLoopGroup loop;
  private final List<Channel> listeners = new CopyOnWriteArrayList<>();
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final HangUps hangUps = new HangUps();
  private volatile Optional<Duration> idleLimit = Optional.empty();
  private volatile boolean closing;

  private HttpServer(Handler handler, HeaderLines ordinaryHeaders) {
    this.handler = handler;
    this.ordinaryHeaders = ordinaryHeaders;
    this.loop = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http-loop"), hangUps);
  }

  /// Ends connections whose client neither sends what it began, nor reads what it asked for, for
  /// this long. For listeners that are made after this call; without it, clients have all the time.
  public void limitIdle(Duration limit) {
    idleLimit = Optional.of(limit);
  }

  /// @param ordinaryHeaders what every response carries
  public static HttpServer open(Handler handler, Map<String, String> ordinaryHeaders) {
    Epoll.ensureAvailability();
    return new HttpServer(handler, HeaderLines.of(ordinaryHeaders));
  }

  /// Listens on a unix socket that it makes at `path`, where nothing may be yet.
  public void listen(Path path) throws IOException {
    ServerBootstrap bootstrap = bootstrap(new EpollServerDomainSocketChannel(), Optional.empty());
    started(bootstrap.bind(new DomainSocketAddress(path.toFile())), path.toString());
  }

  /// Listens on a TCP socket.
  ///
  /// @return the address, with the port that was chosen where 0 was asked for
  public InetSocketAddress listen(InetSocketAddress address, Optional<TlsContext> tls)
      throws IOException {
    Channel channel =
        started(bootstrap(new EpollServerSocketChannel(), tls).bind(address), address.toString());
    return (InetSocketAddress) channel.localAddress();
  }

  /// Serves a listening socket that another program has opened, and owns it from now on.
  public void adopt(int fd, boolean unix, Optional<TlsContext> tls) throws IOException {
    ServerChannel listener =
        unix ? new EpollServerDomainSocketChannel(fd) : new EpollServerSocketChannel(fd);
    started(bootstrap(listener, tls).register(), "descriptor " + fd);
  }

  private ServerBootstrap bootstrap(ServerChannel listener, Optional<TlsContext> tls) {
    return new ServerBootstrap()
        .group(loop)
        .channelFactory(() -> listener)
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .childOption(ChannelOption.AUTO_READ, false)
        .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
        .childOption(
            ChannelOption.RECVBUF_ALLOCATOR,
            new AdaptiveRecvByteBufAllocator(512, READ_BYTES_AT_REST, READ_BYTES_AT_MOST))
        .childHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                accept(channel, tls);
              }
            });
  }

  private void accept(Channel channel, Optional<TlsContext> tls) {
    tls.ifPresent(t -> channel.pipeline().addLast(t.context().newHandler(channel.alloc())));
    idleLimit.ifPresent(
        limit ->
            channel
                .pipeline()
                .addLast(
                    new IdleStateHandler(true, 0, 0, limit.toMillis(), TimeUnit.MILLISECONDS)));
    RequestDecoder decoder = new RequestDecoder();
    channel.pipeline().addLast(decoder, new Connection(this, channel, decoder));
  }

  private Channel started(ChannelFuture starting, String what) throws IOException {
    starting.awaitUninterruptibly();
    if (!starting.isSuccess()) {
      throw new IOException(
          "cannot listen on " + what + ": " + starting.cause().getMessage(), starting.cause());
    }
    listeners.add(starting.channel());
    return starting.channel();
  }

  void opened(Connection connection) {
    connections.add(connection);
  }

  void closed(Connection connection) {
    connections.remove(connection);
  }

  HangUps hangUps() {
    return hangUps;
  }

  HeaderLines ordinaryHeaders() {
    return ordinaryHeaders;
  }

  boolean closing() {
    return closing;
  }

  void dispatch(Exchange exchange) {
    if (handler.immediate(exchange)) {
      run(exchange);
    } else {
      var _ = Thread.ofVirtual().name("http").start(() -> run(exchange));
    }
  }

  private void run(Exchange exchange) {
    try {
      handler.handle(exchange);
    } catch (Throwable e) {
      fail(exchange, e);
    } finally {
      exchange.end();
    }
  }

  private void fail(Exchange exchange, Throwable failure) {
    if (exchange.committed()) {
      LOG.debug("{} failed after its response had begun", exchange, failure);
      exchange.abort();
      return;
    }
    try {
      handler.failed(exchange, failure);
    } catch (RuntimeException | Error e) {
      e.addSuppressed(failure);
      LOG.error("{} failed, and so did saying so", exchange, e);
      exchange.abort();
    }
  }

  /// Stops listening, tells handlers that wait for something that their clients are gone, and
  /// closes all connections, those that are being answered after a short grace.
  @Override
  public void close() {
    closing = true;
    for (Channel listener : listeners) {
      listener.close().awaitUninterruptibly();
    }
    connections.forEach(Connection::retire);
    long deadline = System.nanoTime() + GRACE.toNanos();
    while (!connections.isEmpty() && System.nanoTime() < deadline) {
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    connections.forEach(Connection::abort);
    loop.shutdownGracefully(0, GRACE.toMillis(), TimeUnit.MILLISECONDS).awaitUninterruptibly();
  }
}
