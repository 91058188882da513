package gantry.daemon.http;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/// Sends a datagram to a unix socket, which the JDK cannot.
public final class DatagramSender {
  private static final int CLOSE_MILLIS = 100;

  private DatagramSender() {}

  /// @param socket a path, or a name of the abstract namespace with `@` in front
  public static void send(String socket, byte[] message) throws IOException {
    String path = socket.startsWith("@") ? "\0" + socket.substring(1) : socket;
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    try {
      Channel channel =
          done(
                  new Bootstrap()
                      .group(loop)
                      .channel(EpollDomainDatagramChannel.class)
                      .handler(new ChannelInboundHandlerAdapter())
                      .register(),
                  socket)
              .channel();
      DomainDatagramPacket packet =
          new DomainDatagramPacket(Unpooled.wrappedBuffer(message), new DomainSocketAddress(path));
      var _ = done(channel.writeAndFlush(packet), socket);
    } finally {
      var _ = loop.shutdownGracefully(0, CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static ChannelFuture done(ChannelFuture future, String socket) throws IOException {
    if (!future.awaitUninterruptibly().isSuccess()) {
      throw new IOException(
          "cannot send to " + socket + ": " + future.cause().getMessage(), future.cause());
    }
    return future;
  }
}
