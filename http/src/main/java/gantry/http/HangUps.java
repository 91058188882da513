package gantry.http;

import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoEvent;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Netty's epoll, with an eye on clients that have shut their sending side.
///
/// The end of a client's input says only that it will send no more; `docker run` without `-i` does
/// so at once and then waits for output. Netty at that moment has no event left that it wants from
/// the socket, takes it out of the epoll set, and (4.2.15 to 4.2.18) fails when it has to put it
/// back because the socket is full. And nothing tells when such a client is killed, though epoll(7)
/// always reports `EPOLLHUP`, for the asking.
///
/// So a socket without a wish stays in the set with one that never comes true (errors are reported
/// anyway), and a hang-up that arrives then is passed on to its connection.
///
/// Event loop only.
final class HangUps implements IoHandlerFactory {
  private static final int EPOLLHUP = 0x010; // sys/epoll.h

  private final IoHandlerFactory epoll = EpollIoHandler.newFactory();
  private final Map<Integer, Connection> connections = new HashMap<>();

  /// Tells `connection` when both directions of its socket `fd` are shut.
  void watch(int fd, Connection connection) {
    connections.put(fd, connection);
  }

  void forget(int fd, Connection connection) {
    connections.remove(fd, connection);
  }

  @Override
  public IoHandler newHandler(ThreadAwareExecutor executor) {
    return new Handler(epoll.newHandler(executor));
  }

  private final class Handler implements IoHandler {
    private final IoHandler netty;

    Handler(IoHandler netty) {
      this.netty = netty;
    }

    @Override
    public void initialize() {
      netty.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
      return netty.run(context);
    }

    @Override
    public void prepareToDestroy() {
      netty.prepareToDestroy();
    }

    @Override
    public void destroy() {
      netty.destroy();
    }

    @Override
    public void wakeup() {
      netty.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return netty.isCompatible(handleType);
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
      Watched watched = new Watched((EpollIoHandle) handle);
      Registration registration = new Registration(netty.register(watched), watched);
      watched.registration = registration;
      return registration;
    }
  }

  /// A channel as Netty's handler sees it: everything passes through.
  @SuppressWarnings("try") // IoHandle's close says `Exception`
  private final class Watched implements EpollIoHandle {
    private final EpollIoHandle channel;
    private boolean wantsNothing;
    private @Nullable Registration registration;

    Watched(EpollIoHandle channel) {
      this.channel = channel;
    }

    @Override
    public FileDescriptor fd() {
      return channel.fd();
    }

    @Override
    public void registered() {
      channel.registered();
    }

    @Override
    public void unregistered() {
      channel.unregistered();
    }

    @Override
    public void close() throws Exception {
      channel.close();
    }

    @Override
    public void handle(IoRegistration ignored, IoEvent event) {
      boolean hangUp = wantsNothing && (((EpollIoEvent) event).ops().value() & EPOLLHUP) != 0;
      if (!hangUp && registration != null) {
        channel.handle(registration, event);
        return;
      }
      Connection connection = connections.get(channel.fd().intValue());
      if (connection != null) {
        connection.hungUp();
      }
    }
  }

  private record Registration(IoRegistration netty, Watched watched) implements IoRegistration {
    @Override
    @SuppressWarnings("TypeParameterUnusedInFormals") // as the interface has it
    public <T> T attachment() {
      return netty.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      watched.wantsNothing = ((EpollIoOps) ops).value() == EpollIoOps.NONE.value();
      return netty.submit(watched.wantsNothing ? EpollIoOps.EPOLLERR : ops);
    }

    @Override
    public boolean isValid() {
      return netty.isValid();
    }

    @Override
    public boolean cancel() {
      return netty.cancel();
    }
  }
}
