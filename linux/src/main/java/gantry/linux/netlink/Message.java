package gantry.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// One netlink message that came from the kernel: its type and what is behind the header.
public final class Message {
  private final int type;
  private final int flags;
  private final int sequence;
  private final ByteBuffer payload;

  private Message(int type, int flags, int sequence, ByteBuffer payload) {
    this.type = type;
    this.flags = flags;
    this.sequence = sequence;
    this.payload = payload;
  }

  /// Takes the message at the position of `datagram` and moves behind it.
  static Message read(ByteBuffer datagram) {
    int start = datagram.position();
    if (datagram.remaining() < MessageWriter.HEADER) {
      throw new NetlinkException("a message header needs 16 bytes, got " + datagram.remaining());
    }
    int length = datagram.getInt(start);
    if (length < MessageWriter.HEADER || length > datagram.remaining()) {
      throw new NetlinkException(
          "a message claims " + length + " bytes where " + datagram.remaining() + " are left");
    }
    ByteBuffer payload =
        datagram
            .slice(start + MessageWriter.HEADER, length - MessageWriter.HEADER)
            .order(ByteOrder.nativeOrder());
    datagram.position((int) Math.min(start + ((length + 3L) & ~3L), datagram.limit()));
    return new Message(
        Short.toUnsignedInt(datagram.getShort(start + 4)),
        Short.toUnsignedInt(datagram.getShort(start + 6)),
        datagram.getInt(start + 8),
        payload);
  }

  public int type() {
    return type;
  }

  /// The `NLM_F_` bits.
  public int flags() {
    return flags;
  }

  int sequence() {
    return sequence;
  }

  /// Length of what is behind the header, in bytes.
  public int length() {
    return payload.limit();
  }

  /// An unsigned byte of the fixed part.
  public int u8(int offset) {
    return within(offset, 1).get(offset) & 0xFF;
  }

  /// An unsigned number of two bytes of the fixed part.
  public int u16(int offset) {
    return within(offset, 2).getShort(offset) & 0xFFFF;
  }

  /// Four bytes of the fixed part, as Java's signed int.
  public int u32(int offset) {
    return within(offset, 4).getInt(offset);
  }

  /// The attributes behind a fixed part of `fixed` bytes.
  public Attributes attributes(int fixed) {
    int start = Math.min((fixed + 3) & ~3, payload.limit());
    return Attributes.read(
        payload.slice(start, payload.limit() - start).order(ByteOrder.nativeOrder()));
  }

  private ByteBuffer within(int offset, int size) {
    if (offset < 0 || offset > payload.limit() - size) {
      throw new NetlinkException(
          "message "
              + type
              + " has "
              + payload.limit()
              + " bytes, byte "
              + (offset + size)
              + " was wanted");
    }
    return payload;
  }
}
