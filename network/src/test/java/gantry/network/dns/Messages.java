package gantry.network.dns;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// DNS messages as a resolver library writes and reads them, without the code under test.
final class Messages {
  private Messages() {}

  /// A recursive query with the number 0x1234.
  static byte[] query(String name, int type) {
    return message(0x0100, 0, name, type, new byte[0]);
  }

  /// The same with EDNS: the sender takes datagrams of this size.
  static byte[] query(String name, int type, int datagramSize) {
    byte[] option = {
      0, 0, RecordType.OPT, (byte) (datagramSize >>> 8), (byte) datagramSize, 0, 0, 0, 0, 0, 0
    };
    return message(0x0100, 1, name, type, option);
  }

  static byte[] message(int flags, int additional, String name, int type, byte[] rest) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(new byte[] {0x12, 0x34, (byte) (flags >>> 8), (byte) flags, 0, 1, 0, 0, 0, 0});
    bytes.writeBytes(new byte[] {0, (byte) additional});
    for (String label : name.isEmpty() ? new String[0] : name.split("\\.")) {
      byte[] text = label.getBytes(StandardCharsets.ISO_8859_1);
      bytes.write(text.length);
      bytes.writeBytes(text);
    }
    bytes.writeBytes(new byte[] {0, (byte) (type >>> 8), (byte) type, 0, 1});
    bytes.writeBytes(rest);
    return bytes.toByteArray();
  }

  static int code(byte[] answer) {
    return answer[3] & 0x0f;
  }

  static boolean cut(byte[] answer) {
    return (answer[2] & 0x02) != 0;
  }

  static int answers(byte[] message) {
    return u16(message, 6);
  }

  /// The data of the answers, each of which has the question's name.
  static List<byte[]> data(byte[] message) {
    int at = 12;
    while (message[at] != 0) {
      at += 1 + message[at];
    }
    at += 5;
    List<byte[]> data = new ArrayList<>();
    for (int i = 0; i < answers(message); i++) {
      int length = u16(message, at + 10);
      data.add(java.util.Arrays.copyOfRange(message, at + 12, at + 12 + length));
      at += 12 + length;
    }
    return data;
  }

  static List<String> addresses(byte[] message) {
    return data(message).stream().map(Messages::address).toList();
  }

  /// The name that a PTR record has.
  static String name(byte[] data) {
    StringBuilder name = new StringBuilder();
    for (int at = 0; data[at] != 0; at += 1 + data[at]) {
      name.append(new String(data, at + 1, data[at], StandardCharsets.ISO_8859_1)).append('.');
    }
    return name.toString();
  }

  private static String address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  private static int u16(byte[] bytes, int at) {
    return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
  }
}
