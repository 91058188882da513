package gantry.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the service manager's socket receives.
class SystemdTest {
  @TempDir Path dir;

  @Test
  void ready_socketAtAPath_receivesIt() throws Exception {
    String path = dir.resolve("notify").toString();
    try (Manager manager = new Manager(path)) {
      new Systemd(Map.of("NOTIFY_SOCKET", path)).ready();
      assertThat(manager.next()).isEqualTo("READY=1");
    }
  }

  @Test
  void ready_abstractSocket_receivesIt() throws Exception {
    String name = "gantry-test-" + ProcessHandle.current().pid();
    try (Manager manager = new Manager("\0" + name)) {
      new Systemd(Map.of("NOTIFY_SOCKET", "@" + name)).ready();
      assertThat(manager.next()).isEqualTo("READY=1");
    }
  }

  @Test
  void reloading_saysSinceWhen() throws Exception {
    String path = dir.resolve("notify").toString();
    try (Manager manager = new Manager(path)) {
      Systemd systemd = new Systemd(Map.of("NOTIFY_SOCKET", path));
      systemd.reloading();
      systemd.ready();
      systemd.stopping();
      assertThat(manager.next()).matches("RELOADING=1\nMONOTONIC_USEC=\\d+");
      assertThat(manager.next()).isEqualTo("READY=1");
      assertThat(manager.next()).isEqualTo("STOPPING=1");
    }
  }

  @Test
  void ready_nobodyThere_goesOn() {
    Systemd systemd = new Systemd(Map.of("NOTIFY_SOCKET", dir.resolve("nobody").toString()));
    assertThatCode(systemd::ready).doesNotThrowAnyException();
  }

  /// The other end of NOTIFY_SOCKET.
  private static final class Manager implements AutoCloseable {
    private final EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();
    private final Channel channel;

    Manager(String path) {
      channel =
          new Bootstrap()
              .group(loop)
              .channel(EpollDomainDatagramChannel.class)
              .handler(
                  new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(
                        ChannelHandlerContext context, DomainDatagramPacket packet) {
                      received.add(packet.content().toString(StandardCharsets.US_ASCII));
                    }
                  })
              .bind(new DomainSocketAddress(path))
              .syncUninterruptibly()
              .channel();
    }

    @Nullable String next() throws InterruptedException {
      return received.poll(5, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      channel.close().syncUninterruptibly();
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    }
  }
}
