package gantry.engine.log.remote;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Writes MessagePack, as much of it as the forward protocol needs. Source: msgpack, `spec.md`.
final class MessagePack {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  MessagePack array(int size) {
    out.write(0x90 | size); // up to 15
    return this;
  }

  MessagePack map(int size) {
    if (size < 16) {
      out.write(0x80 | size);
    } else {
      out.writeBytes(ByteBuffer.allocate(5).put((byte) 0xdf).putInt(size).array());
    }
    return this;
  }

  MessagePack text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 32) {
      out.write(0xa0 | bytes.length);
    } else if (bytes.length < 256) {
      out.write(0xd9);
      out.write(bytes.length);
    } else {
      out.writeBytes(ByteBuffer.allocate(5).put((byte) 0xdb).putInt(bytes.length).array());
    }
    out.writeBytes(bytes);
    return this;
  }

  MessagePack number(long value) {
    out.writeBytes(ByteBuffer.allocate(9).put((byte) 0xd3).putLong(value).array());
    return this;
  }

  /// Of eight bytes.
  MessagePack extension(int type, long bytes) {
    out.writeBytes(
        ByteBuffer.allocate(10).put((byte) 0xd7).put((byte) type).putLong(bytes).array());
    return this;
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
