package gantry.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/// Parses one request at a time: after the last byte of a request it leaves what follows untouched
/// until [#resume], so that pipelined requests wait their turn, and bytes that follow a request
/// which takes the connection over are never mistaken for HTTP. On removal from the pipeline they
/// are handed on raw.
final class RequestDecoder extends HttpRequestDecoder {
  private static final int MAX_REQUEST_LINE_BYTES = 256 << 10;
  private static final int MAX_HEADERS_BYTES = 1 << 20;
  private static final int MAX_CONTENT_BYTES = 256 << 10;

  private boolean paused;

  RequestDecoder() {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
            .setMaxHeaderSize(MAX_HEADERS_BYTES)
            .setMaxChunkSize(MAX_CONTENT_BYTES)
            .setStrictLineParsing(false));
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (paused) {
      return;
    }
    super.decode(ctx, in, out);
    paused = !out.isEmpty() && out.getLast() instanceof LastHttpContent;
  }

  /// Goes on with the next request, which may be here already.
  void resume(ChannelHandlerContext ctx) throws Exception {
    paused = false;
    channelRead(ctx, Unpooled.EMPTY_BUFFER);
  }

  /// Whether bytes beyond the present request are here.
  boolean holdsBytes() {
    return actualReadableBytes() > 0;
  }
}
