package gantry.linux.netlink;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// The attributes of a message or of an attribute, by number. Read within their bounds: one that
/// runs over the end of its container ends the reading with a [NetlinkException]. Of an attribute
/// given twice the last one counts, as in the kernel's own parser.
public final class Attributes {
  private static final int HEADER = 4; // struct nlattr
  private static final int TYPE_MASK = 0x3FFF; // less NLA_F_NESTED and NLA_F_NET_BYTEORDER

  private final Map<Integer, ByteBuffer> values;

  private Attributes(Map<Integer, ByteBuffer> values) {
    this.values = values;
  }

  /// Reads what is between position and limit.
  static Attributes read(ByteBuffer source) {
    Map<Integer, ByteBuffer> values = new LinkedHashMap<>();
    ByteBuffer rest = source.slice().order(ByteOrder.nativeOrder());
    while (rest.remaining() >= HEADER) {
      int length = Short.toUnsignedInt(rest.getShort(rest.position()));
      int type = Short.toUnsignedInt(rest.getShort(rest.position() + 2)) & TYPE_MASK;
      if (length < HEADER || length > rest.remaining()) {
        throw new NetlinkException(
            "attribute "
                + type
                + " claims "
                + length
                + " bytes where "
                + rest.remaining()
                + " are left");
      }
      values.put(
          type,
          rest.slice(rest.position() + HEADER, length - HEADER).order(ByteOrder.nativeOrder()));
      rest.position(Math.min(rest.position() + ((length + 3) & ~3), rest.limit()));
    }
    return new Attributes(values);
  }

  public boolean has(int attribute) {
    return values.containsKey(attribute);
  }

  /// The numbers that are there, in their order.
  public Set<Integer> numbers() {
    return values.keySet();
  }

  public Optional<byte[]> bytes(int attribute) {
    ByteBuffer value = values.get(attribute);
    if (value == null) {
      return Optional.empty();
    }
    byte[] bytes = new byte[value.limit()];
    value.get(0, bytes);
    return Optional.of(bytes);
  }

  /// An unsigned byte.
  public OptionalInt u8(int attribute) {
    ByteBuffer value = values.get(attribute);
    return value == null
        ? OptionalInt.empty()
        : OptionalInt.of(sized(attribute, value, 1).get(0) & 0xFF);
  }

  /// An unsigned number of two bytes.
  public OptionalInt u16(int attribute) {
    ByteBuffer value = values.get(attribute);
    return value == null
        ? OptionalInt.empty()
        : OptionalInt.of(sized(attribute, value, 2).getShort(0) & 0xFFFF);
  }

  /// Four bytes, as Java's signed int.
  public OptionalInt u32(int attribute) {
    ByteBuffer value = values.get(attribute);
    return value == null
        ? OptionalInt.empty()
        : OptionalInt.of(sized(attribute, value, 4).getInt(0));
  }

  /// Eight bytes.
  public OptionalLong u64(int attribute) {
    ByteBuffer value = values.get(attribute);
    return value == null
        ? OptionalLong.empty()
        : OptionalLong.of(sized(attribute, value, 8).getLong(0));
  }

  /// Text up to its NUL, or its end.
  public Optional<String> text(int attribute) {
    return bytes(attribute).map(Attributes::untilNul);
  }

  /// An IPv4 or IPv6 address, by its length.
  public Optional<InetAddress> address(int attribute) {
    return bytes(attribute)
        .map(
            bytes -> {
              try {
                return InetAddress.getByAddress(bytes);
              } catch (UnknownHostException e) {
                throw new NetlinkException(
                    "attribute " + attribute + " is no address: it has " + bytes.length + " bytes",
                    e);
              }
            });
  }

  /// The attributes inside an attribute; none if it is missing.
  public Attributes nested(int attribute) {
    ByteBuffer value = values.get(attribute);
    return value == null ? new Attributes(Map.of()) : read(value);
  }

  private static ByteBuffer sized(int attribute, ByteBuffer value, int size) {
    if (value.limit() < size) {
      throw new NetlinkException(
          "attribute " + attribute + " has " + value.limit() + " bytes, expected " + size);
    }
    return value;
  }

  private static String untilNul(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }
}
