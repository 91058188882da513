package gantry.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Writes one netlink message: its fixed part field by field, then attributes, which nest. Fields
/// are in the byte order of the machine unless a method says otherwise. Grows as needed; not
/// thread-safe.
///
/// ```java
/// MessageWriter message = new MessageWriter(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
/// message.u8(AF_UNSPEC).zeros(3).u32(index).u32(0).u32(0).text(IFLA_IFNAME, "veth0");
/// int info = message.begin(IFLA_LINKINFO);
/// message.text(IFLA_INFO_KIND, "bridge").end(info);
/// ```
///
/// See netlink(7), rtnetlink(7); linux/netlink.h.
public final class MessageWriter {
  static final int HEADER = 16; // struct nlmsghdr
  private static final int ATTRIBUTE_HEADER = 4; // struct nlattr
  private static final int MAX_ATTRIBUTE = 0xFFFF;
  private static final int NESTED = 0x8000; // NLA_F_NESTED

  private final int type;
  private final int flags;
  private byte[] bytes = new byte[256];
  private ByteBuffer buffer = view(bytes);

  /// A message of this type; `flags` are the `NLM_F_` bits beyond `NLM_F_REQUEST` and those the
  /// socket's method adds.
  public MessageWriter(int type, int flags) {
    this.type = type;
    this.flags = flags;
    buffer.position(HEADER);
  }

  private static ByteBuffer view(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }

  /// One byte of the fixed part.
  public MessageWriter u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  /// Two bytes of the fixed part.
  public MessageWriter u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  /// Four bytes of the fixed part.
  public MessageWriter u32(int value) {
    room(4).putInt(value);
    return this;
  }

  /// Bytes of zero in the fixed part.
  public MessageWriter zeros(int count) {
    room(count).put(new byte[count]);
    return this;
  }

  /// Any bytes in the fixed part.
  public MessageWriter raw(byte[] value) {
    room(value.length).put(value);
    return this;
  }

  /// An attribute with these bytes.
  public MessageWriter attribute(int attribute, byte[] value) {
    header(attribute, value.length).put(value);
    return pad();
  }

  /// An attribute without a value: it is true by being there.
  public MessageWriter flag(int attribute) {
    return attribute(attribute, new byte[0]);
  }

  /// An attribute of one byte.
  public MessageWriter u8(int attribute, int value) {
    header(attribute, 1).put((byte) value);
    return pad();
  }

  /// An attribute of two bytes.
  public MessageWriter u16(int attribute, int value) {
    header(attribute, 2).putShort((short) value);
    return pad();
  }

  /// An attribute of two bytes in network byte order.
  public MessageWriter u16Network(int attribute, int value) {
    return attribute(attribute, new byte[] {(byte) (value >> 8), (byte) value});
  }

  /// An attribute of four bytes.
  public MessageWriter u32(int attribute, int value) {
    header(attribute, 4).putInt(value);
    return this;
  }

  /// An attribute of four bytes in network byte order.
  public MessageWriter u32Network(int attribute, int value) {
    return u32(
        attribute,
        ByteOrder.nativeOrder() == ByteOrder.BIG_ENDIAN ? value : Integer.reverseBytes(value));
  }

  /// An attribute of eight bytes.
  public MessageWriter u64(int attribute, long value) {
    header(attribute, 8).putLong(value);
    return this;
  }

  /// An attribute of text, with the NUL that the kernel wants behind it.
  public MessageWriter text(int attribute, String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    return attribute(attribute, Arrays.copyOf(utf8, utf8.length + 1));
  }

  /// Begins an attribute that holds attributes, and returns its mark for [#end].
  public int begin(int attribute) {
    pad();
    int mark = buffer.position();
    header(attribute | NESTED, 0);
    return mark;
  }

  /// Ends the nested attribute begun at `mark`.
  public MessageWriter end(int mark) {
    int length = buffer.position() - mark;
    if (length > MAX_ATTRIBUTE) {
      throw new IllegalArgumentException("a netlink attribute holds 65535 bytes, not " + length);
    }
    buffer.putShort(mark, (short) length);
    return this;
  }

  /// The whole message with its header; `extraFlags` are added to those of the constructor.
  byte[] finish(int extraFlags, int sequence) {
    pad();
    int length = buffer.position();
    buffer.putInt(0, length);
    buffer.putShort(4, (short) type);
    buffer.putShort(6, (short) (flags | extraFlags));
    buffer.putInt(8, sequence);
    buffer.putInt(12, 0); // port 0: to the kernel
    return Arrays.copyOf(bytes, length);
  }

  int type() {
    return type;
  }

  private ByteBuffer header(int attribute, int length) {
    if (length > MAX_ATTRIBUTE - ATTRIBUTE_HEADER) {
      throw new IllegalArgumentException("a netlink attribute holds 65535 bytes, not " + length);
    }
    pad();
    room(ATTRIBUTE_HEADER + length + 3);
    buffer.putShort((short) (ATTRIBUTE_HEADER + length));
    return buffer.putShort((short) attribute);
  }

  private MessageWriter pad() {
    int padding = -buffer.position() & 3;
    room(padding).put(new byte[padding]);
    return this;
  }

  private ByteBuffer room(int count) {
    if (buffer.remaining() < count) {
      int position = buffer.position();
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, position + count));
      buffer = view(bytes);
      buffer.position(position);
    }
    return buffer;
  }
}
