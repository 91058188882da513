package gantry.daemon.api;

import gantry.http.Exchange;
import gantry.http.RawStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/// The server's end of a WebSocket, as two streams of bytes. RFC 6455.
final class WebSocket implements AutoCloseable {
  private static final String KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3
  private static final int FINAL = 0x80;
  private static final int MASKED = 0x80;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final int LENGTH_IN_2_BYTES = 126;
  private static final int LENGTH_IN_8_BYTES = 127;
  private static final int CONTROL_PAYLOAD_LIMIT = 125;

  private final RawStream raw;
  private final int messageKind;

  /// @param binary whether messages are binary, not text
  WebSocket(RawStream raw, boolean binary) {
    this.raw = raw;
    this.messageKind = binary ? BINARY : TEXT;
  }

  /// The headers that accept the request's upgrade; refuses a request that asks for none.
  static Map<String, String> upgrade(Exchange exchange) {
    String key = exchange.header("Sec-WebSocket-Key").orElse("");
    boolean asked =
        exchange.header("Upgrade").map(to -> to.equalsIgnoreCase("websocket")).orElse(false);
    if (!asked || key.isEmpty()) {
      throw Call.invalid("not websocket protocol");
    }
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Upgrade", "websocket");
    headers.put("Connection", "Upgrade");
    headers.put("Sec-WebSocket-Accept", accept(key));
    exchange
        .header("Sec-WebSocket-Protocol")
        .map(all -> all.split(",", 2)[0].strip())
        .ifPresent(protocol -> headers.put("Sec-WebSocket-Protocol", protocol));
    return headers;
  }

  private static String accept(String key) {
    try {
      byte[] text = (key.strip() + KEY_SUFFIX).getBytes(StandardCharsets.US_ASCII);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private void send(int kind, byte[] bytes, int offset, int length) throws IOException {
    byte[] header = new byte[10];
    int size = 2;
    header[0] = (byte) (FINAL | kind);
    if (length <= CONTROL_PAYLOAD_LIMIT) {
      header[1] = (byte) length;
    } else if (length <= 0xffff) {
      header[1] = LENGTH_IN_2_BYTES;
      header[2] = (byte) (length >>> 8);
      header[3] = (byte) length;
      size = 4;
    } else {
      header[1] = LENGTH_IN_8_BYTES;
      for (int i = 0; i < 4; i++) {
        header[6 + i] = (byte) (length >>> (24 - 8 * i));
      }
      size = 10;
    }
    synchronized (this) {
      raw.output().write(header, 0, size);
      raw.output().write(bytes, offset, length);
      raw.output().flush();
    }
  }

  /// Each write is one message.
  OutputStream output() {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        send(messageKind, bytes, offset, length);
      }
    };
  }

  /// The payload of the client's messages, one after the other; ends with its close.
  InputStream input() {
    return new Payload();
  }

  @Override
  public void close() throws IOException {
    send(CLOSE, new byte[] {0x03, (byte) 0xe8}, 0, 2); // 1000, normal closure
  }

  private final class Payload extends InputStream {
    private final DataInputStream in = new DataInputStream(raw.input());
    private final byte[] mask = new byte[4];
    private long left;
    private int masked;
    private boolean ended;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      while (left == 0 && !ended) {
        try {
          nextFrame();
        } catch (EOFException _) {
          ended = true;
        }
      }
      if (ended) {
        return -1;
      }
      int n = in.read(bytes, offset, (int) Math.min(length, left));
      for (int i = 0; i < n; i++) {
        bytes[offset + i] ^= mask[masked++ & 3];
      }
      left -= Math.max(n, 0);
      return n;
    }

    private void nextFrame() throws IOException {
      int kind = in.readUnsignedByte() & 0x0f;
      int second = in.readUnsignedByte();
      if ((second & MASKED) == 0) {
        throw new IOException("a client's WebSocket frame must be masked");
      }
      long length = second & ~MASKED;
      if (length == LENGTH_IN_2_BYTES) {
        length = in.readUnsignedShort();
      } else if (length == LENGTH_IN_8_BYTES) {
        length = in.readLong();
      }
      if (length < 0 || (kind >= CLOSE && length > CONTROL_PAYLOAD_LIMIT)) {
        throw new IOException("a client's WebSocket frame has a bad length");
      }
      in.readFully(mask);
      masked = 0;
      left = length;
      if (kind >= CLOSE) {
        control(kind);
      }
    }

    private void control(int kind) throws IOException {
      byte[] payload = new byte[(int) left];
      int at = 0;
      while (at < payload.length) {
        int n = in.read(payload, at, payload.length - at);
        if (n < 0) {
          throw new EOFException();
        }
        at += n;
      }
      for (int i = 0; i < payload.length; i++) {
        payload[i] ^= mask[i & 3];
      }
      left = 0;
      if (kind == PING) {
        send(PONG, payload, 0, payload.length);
      }
      ended = kind == CLOSE;
    }
  }
}
