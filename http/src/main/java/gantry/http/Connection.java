package gantry.http;

import gantry.linux.Fd;
import gantry.linux.socket.UnixSocket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultFileRegion;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.stream.ChunkedNioFile;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client's connection. All of its state belongs to the event loop's thread; methods that other
/// threads call hand themselves over to it.
///
/// ```
///            head read            response ended, body read
///   IDLE ──────────────▶ EXCHANGE ──────────────────────────▶ IDLE
///                           │ taken over        │ not to be kept
///                           ▼                   ▼
///                          RAW ──────────────▶ LINGER ──▶ closed
///                                output ended
/// ```
///
/// The socket is read only while somebody wants the bytes: the parser in IDLE, the body's reader
/// while its buffer has room, and [#watch]. In LINGER the output is shut and input thrown away
/// until the client closes: closing earlier would reset the connection under the client's last
/// read.
final class Connection extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
  private static final int LINGER_SECONDS = 5;
  // An unread body up to this size is read to keep the connection; more is cheaper to cut off.
  private static final int DRAIN_LIMIT_BYTES = 256 << 10;

  private static final int NO_FD = -1;
  private static final int FILE_CHUNK_BYTES = 64 << 10;

  private enum State {
    IDLE,
    EXCHANGE,
    RAW,
    LINGER
  }

  private final HttpServer server;
  private final Channel channel;
  private final RequestDecoder decoder;
  private State state = State.IDLE;
  private @Nullable Exchange exchange;
  private @Nullable Inbox inbox;
  private @Nullable Outbox outbox;
  private boolean watching;
  private boolean inputEnded;
  private boolean responseEnded;
  private int drainedBytes;
  private @Nullable Runnable onHangUp;
  private boolean hungUp;
  private int fd = NO_FD;

  Connection(HttpServer server, Channel channel, RequestDecoder decoder) {
    this.server = server;
    this.channel = channel;
    this.decoder = decoder;
  }

  Channel channel() {
    return channel;
  }

  HeaderLines ordinaryHeaders() {
    return server.ordinaryHeaders();
  }

  ByteBuf buffer(int capacity) {
    return channel.alloc().directBuffer(capacity);
  }

  Inbox newInbox() {
    return new Inbox(() -> channel.eventLoop().execute(this::readMore));
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    server.opened(this);
    if (channel instanceof UnixChannel unix) {
      fd = unix.fd().intValue();
      server.hangUps().watch(fd, this);
    }
    readMore();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpRequest request) {
      begin(request);
    } else if (message instanceof HttpContent content && state == State.EXCHANGE) {
      receive(content);
    } else if (message instanceof ByteBuf bytes && state == State.RAW && inbox != null) {
      inbox.offer(bytes);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    readMore();
  }

  private void readMore() {
    boolean wanted =
        switch (state) {
          case IDLE, LINGER -> true;
          case RAW -> inbox != null && !inbox.full();
          case EXCHANGE ->
              inbox != null && (inbox.ended() ? watching && !decoder.holdsBytes() : !inbox.full());
        };
    if (wanted && !inputEnded) {
      channel.read();
    }
  }

  private void begin(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      refuse(request.decoderResult().cause());
      return;
    }
    if (request.protocolVersion().majorVersion() != 1) {
      refuse(505);
      return;
    }
    Inbox body = newInbox();
    Exchange begun;
    try {
      begun = new Exchange(this, request, body);
    } catch (IllegalArgumentException e) {
      refuse(e);
      return;
    }
    state = State.EXCHANGE;
    inbox = body;
    exchange = begun;
    responseEnded = false;
    watching = false;
    drainedBytes = 0;
    server.dispatch(begun);
  }

  private void receive(HttpContent content) {
    Inbox body = inbox;
    if (body == null) {
      content.release();
      return;
    }
    if (content.decoderResult().isFailure()) {
      content.release();
      body.fail(
          new IOException(
              "malformed request body: " + content.decoderResult().cause().getMessage()));
      inputEnded = true;
      return;
    }
    boolean last = content instanceof LastHttpContent;
    drainedBytes += responseEnded ? content.content().readableBytes() : 0;
    body.offer(content.content());
    if (last) {
      body.end();
    }
    if (responseEnded) {
      next();
    }
  }

  private void refuse(Throwable cause) {
    boolean tooLong =
        cause instanceof TooLongHttpHeaderException || cause instanceof TooLongHttpLineException;
    LOG.debug("refused a malformed request: {}", cause.getMessage());
    refuse(tooLong ? 431 : 400);
  }

  private void refuse(int status) {
    String line = Head.statusLine(status);
    ByteBuf buffer = buffer(256);
    Head head = Head.bare(buffer, line);
    head.plainHeader("Content-Type", "text/plain; charset=utf-8");
    head.plainHeader("Connection", "close");
    head.end();
    buffer.writeCharSequence(line, StandardCharsets.US_ASCII);
    var _ = channel.writeAndFlush(buffer);
    linger();
  }

  /// Whether this connection cannot be kept after the response to `exchange`.
  boolean closesAfterResponse(Exchange exchange) {
    return !exchange.keepAlive() || exchange.bodyWithheld() || server.closing();
  }

  /// Sends bytes that precede the response. Any thread.
  void send(ByteBuf bytes) {
    if (channel.eventLoop().inEventLoop()) {
      var _ = channel.writeAndFlush(bytes);
    } else {
      channel.eventLoop().execute(() -> send(bytes));
    }
  }

  /// Sends a whole response. Any thread.
  void sendLast(ByteBuf bytes) {
    if (channel.eventLoop().inEventLoop()) {
      var _ = channel.writeAndFlush(bytes);
      responseEnded();
    } else {
      channel.eventLoop().execute(() -> sendLast(bytes));
    }
  }

  /// Sends a whole response whose body is in a file, and closes that; the response has ended when
  /// the kernel took the last byte, so that a client which does not read holds one file open at
  /// most. Any thread.
  void sendFile(ByteBuf head, FileChannel file, long offset, long length) {
    onLoop(
        () -> {
          var _ = channel.write(head);
          ChannelFuture sent =
              encrypted()
                  ? channel.writeAndFlush(chunks(file, offset, length))
                  : channel.writeAndFlush(new DefaultFileRegion(file, offset, length));
          var _ =
              sent.addListener(
                  done -> {
                    if (done.isSuccess()) {
                      responseEnded();
                    } else {
                      closeNow();
                    }
                  });
        });
  }

  private ChunkedNioFile chunks(FileChannel file, long offset, long length) {
    if (channel.pipeline().get(ChunkedWriteHandler.class) == null) {
      channel
          .pipeline()
          .addAfter(
              channel.pipeline().context(SslHandler.class).name(), null, new ChunkedWriteHandler());
    }
    try {
      return new ChunkedNioFile(file, offset, length, FILE_CHUNK_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read a file that is to be sent", e);
    }
  }

  boolean encrypted() {
    return channel.pipeline().get(SslHandler.class) != null;
  }

  /// Remembers what is written to, so that it breaks when the connection does. Any thread.
  void writing(Outbox stream) {
    onLoop(
        () -> {
          outbox = stream;
          if (!channel.isActive()) {
            stream.breakOff();
          }
        });
  }

  private void onLoop(Runnable action) {
    if (channel.eventLoop().inEventLoop()) {
      action.run();
    } else {
      channel.eventLoop().execute(action);
    }
  }

  /// Leaves HTTP: what was read beyond the request, and all that comes, goes to `raw`. Any thread.
  void takeOver(Inbox raw, Outbox stream) {
    onLoop(
        () -> {
          inbox = raw;
          outbox = stream;
          state = State.RAW;
          channel.pipeline().remove(decoder);
          if (inputEnded) {
            raw.end();
          }
          if (!channel.isActive()) {
            stream.breakOff();
            hungUp();
          }
          readMore();
        });
  }

  /// Notices the client's departure from now on, by reading ahead. Any thread.
  void watch() {
    onLoop(
        () -> {
          watching = true;
          if (inputEnded || !channel.isActive()) {
            gone();
          } else {
            readMore();
          }
        });
  }

  /// Whether the client has read everything that was sent; true where the kernel does not tell, as
  /// of TCP. Event loop only.
  boolean hasBeenRead() {
    return fd == NO_FD || !channel.isActive() || UnixSocket.unread(Fd.borrowed(fd)) == 0;
  }

  /// See [Exchange#peer]. Any thread.
  Optional<Peer> peer() {
    // On the loop, where nobody closes the socket meanwhile.
    CompletableFuture<Optional<Peer>> answer = new CompletableFuture<>();
    onLoop(
        () -> {
          try {
            boolean known = fd != NO_FD && channel.isActive();
            answer.complete(known ? Peer.of(Fd.borrowed(fd)) : Optional.empty());
          } catch (RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer.join();
  }

  /// See [RawStream#onHangUp]. Any thread.
  void onHangUp(Runnable action) {
    onLoop(
        () -> {
          onHangUp = action;
          if (hungUp) {
            hungUp();
          }
        });
  }

  /// The client has closed both directions. Event loop only.
  void hungUp() {
    hungUp = true;
    Runnable action = onHangUp;
    if (action != null) {
      onHangUp = null;
      action.run();
    }
    if (outbox != null) {
      outbox.breakOff();
    }
    closeNow();
  }

  /// The response was handed to the kernel. Event loop only.
  void responseEnded() {
    responseEnded = true;
    outbox = null;
    if (state == State.RAW) {
      linger();
      return;
    }
    Exchange done = exchange;
    if (done == null || inbox == null) {
      return;
    }
    boolean close = closesAfterResponse(done) || inputEnded || isCloseDelimited(done);
    if (close) {
      linger();
      return;
    }
    if (!inbox.ended()) {
      inbox.discard();
    }
    next();
  }

  private static boolean isCloseDelimited(Exchange exchange) {
    return exchange.outbox().map(Outbox::endsWithConnection).orElse(false);
  }

  // Begins the next request once this one's response is sent and its body has come.
  private void next() {
    if (state != State.EXCHANGE || inbox == null) {
      return;
    }
    if (!inbox.ended()) {
      if (drainedBytes > DRAIN_LIMIT_BYTES) {
        linger();
      } else {
        readMore();
      }
      return;
    }
    inbox.discard();
    state = State.IDLE;
    exchange = null;
    inbox = null;
    try {
      decoder.resume(channel.pipeline().context(decoder));
    } catch (Exception e) {
      exceptionCaught(channel.pipeline().context(this), e);
    }
    readMore();
  }

  private void linger() {
    if (state == State.LINGER) {
      return;
    }
    state = State.LINGER;
    if (inbox != null) {
      inbox.discard();
    }
    // An empty write is done when all before it is.
    var _ = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> shutOutput());
    readMore();
  }

  private void shutOutput() {
    if (inputEnded || !channel.isActive()) {
      closeNow();
      return;
    }
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    if (tls != null) {
      var _ = tls.closeOutbound();
    } else if (channel instanceof DuplexChannel duplex) {
      var _ = duplex.shutdownOutput();
    }
    var _ = channel.eventLoop().schedule(this::closeNow, LINGER_SECONDS, TimeUnit.SECONDS);
  }

  /// The server is closing: an idle connection ends now, others when they are answered. Any thread.
  void retire() {
    onLoop(
        () -> {
          if (state == State.IDLE) {
            closeNow();
          } else {
            gone();
          }
        });
  }

  /// Breaks the connection off in the middle of a response. Any thread.
  void abort() {
    onLoop(this::closeNow);
  }

  private void closeNow() {
    var _ = channel.close();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent || event instanceof SslCloseCompletionEvent) {
      inputEnded();
    } else if (event instanceof IdleStateEvent && waitsForClient()) {
      LOG.debug("closed a connection whose client neither sends nor reads");
      closeNow();
    }
  }

  // A handler that is at work may take its time; the client is late when its request is not here
  // as a whole, or the response has begun and is not being read.
  private boolean waitsForClient() {
    return state != State.EXCHANGE
        || inbox == null
        || !inbox.ended()
        || (exchange != null && exchange.committed());
  }

  private void inputEnded() {
    if (inputEnded) {
      return;
    }
    inputEnded = true;
    switch (state) {
      case IDLE -> closeNow();
      case LINGER -> {
        var _ =
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
      case RAW -> {
        if (inbox != null) {
          inbox.end();
        }
      }
      case EXCHANGE -> {
        if (inbox != null) {
          inbox.fail(new EOFException("the client ended the request before its body was complete"));
        }
        gone();
      }
    }
  }

  private void gone() {
    if (exchange != null) {
      exchange.clientGone();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    server.closed(this);
    server.hangUps().forget(fd, this);
    inputEnded = true;
    if (inbox != null) {
      inbox.fail(new EOFException("the client is gone"));
    }
    if (outbox != null) {
      outbox.breakOff();
    }
    gone();
    hungUp();
    state = State.LINGER;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (cause instanceof IOException) {
      LOG.debug("connection failed: {}", cause.getMessage());
    } else {
      LOG.warn("connection failed", cause);
    }
    var _ = ctx.close();
  }
}
