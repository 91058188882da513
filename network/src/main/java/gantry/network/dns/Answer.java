package gantry.network.dns;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What is answered to a query, as bytes.
///
/// An answer by datagram has no more bytes than its receiver takes: what does not fit is left out
/// and the answer marked as cut, and the receiver asks again by a connection.
final class Answer {
  /// What a datagram carries without being cut in pieces on the way (DNS flag day 2020).
  static final int DATAGRAM = 1232;

  /// What everybody takes (RFC 1035, 4.2.1).
  static final int SMALL_DATAGRAM = 512;

  static final int CONNECTION = 65_535;

  private static final int TIME_TO_LIVE = 600; // seconds, Docker's
  private static final int NAME_OF_QUESTION = 0xc000 | Query.HEADER; // a pointer
  private static final int MAX_LABEL = 63;
  private static final int MAX_NAME = 255;
  private static final int QR = 0x80;
  private static final int OPCODE_AND_RD = 0x79;
  private static final int CUT = 0x02;
  private static final int RECURSION_AVAILABLE = 0x80;

  private final Query query;
  private final List<byte[]> records = new ArrayList<>();

  private Answer(Query query) {
    this.query = query;
  }

  /// Nothing yet: the name exists, and has no record of this type.
  static Answer to(Query query) {
    return new Answer(query);
  }

  Answer address(InetAddress address) {
    byte[] bytes = address.getAddress();
    records.add(record(bytes.length == 4 ? RecordType.A : RecordType.AAAA, bytes));
    return this;
  }

  /// The name of an address. One that DNS cannot say, as a part of it has more than 63 characters,
  /// is left out.
  Answer name(String name) {
    ByteArrayOutputStream labels = new ByteArrayOutputStream();
    for (String label : name.split("\\.", -1)) {
      byte[] bytes = label.getBytes(StandardCharsets.US_ASCII);
      if (bytes.length == 0 || bytes.length > MAX_LABEL) {
        return this;
      }
      labels.write(bytes.length);
      labels.writeBytes(bytes);
    }
    labels.write(0);
    if (labels.size() > MAX_NAME) {
      return this;
    }
    records.add(record(RecordType.PTR, labels.toByteArray()));
    return this;
  }

  /// The answer in at most `limit` bytes.
  byte[] bytes(int limit) {
    byte[] option = query.datagramSize().isPresent() ? option() : new byte[0];
    ByteArrayOutputStream message = head(query, ResponseCode.NO_ERROR);
    int count = 0;
    for (byte[] record : records) {
      if (message.size() + record.length + option.length > limit) {
        break;
      }
      message.writeBytes(record);
      count++;
    }
    message.writeBytes(option);
    byte[] bytes = message.toByteArray();
    put16(bytes, 6, count);
    put16(bytes, 10, option.length == 0 ? 0 : 1);
    if (count < records.size()) {
      bytes[2] |= CUT;
    }
    return bytes;
  }

  /// That there is no answer.
  static byte[] failure(Query query, int code) {
    return head(query, code).toByteArray();
  }

  /// That there is no answer to what could not be read: only its number is known.
  static byte[] failure(byte[] malformed, int code) {
    byte[] bytes = Arrays.copyOf(malformed, Query.HEADER);
    flags(bytes, code);
    Arrays.fill(bytes, 4, Query.HEADER, (byte) 0);
    return bytes;
  }

  /// Somebody else's answer, as it is if it fits, else only that it is cut.
  static byte[] forwarded(Query query, byte[] answer, int limit) {
    if (answer.length <= limit) {
      return answer;
    }
    byte[] bytes = failure(query, ResponseCode.NO_ERROR);
    bytes[2] |= CUT;
    return bytes;
  }

  /// How many bytes an answer by datagram may have.
  static int limit(Query query) {
    int taken = query.datagramSize().orElse(SMALL_DATAGRAM);
    return Math.clamp(taken, SMALL_DATAGRAM, DATAGRAM);
  }

  private static ByteArrayOutputStream head(Query query, int code) {
    byte[] bytes = Arrays.copyOf(query.bytes(), query.questionEnd());
    flags(bytes, code);
    put16(bytes, 6, 0);
    put16(bytes, 8, 0);
    put16(bytes, 10, 0);
    ByteArrayOutputStream message = new ByteArrayOutputStream(SMALL_DATAGRAM);
    message.writeBytes(bytes);
    return message;
  }

  private static void flags(byte[] bytes, int code) {
    bytes[2] = (byte) (QR | (bytes[2] & OPCODE_AND_RD));
    bytes[3] = (byte) (RECURSION_AVAILABLE | code);
  }

  private static byte[] record(int type, byte[] data) {
    byte[] bytes = new byte[12 + data.length];
    put16(bytes, 0, NAME_OF_QUESTION);
    put16(bytes, 2, type);
    put16(bytes, 4, Query.INTERNET);
    put16(bytes, 8, TIME_TO_LIVE);
    put16(bytes, 10, data.length);
    System.arraycopy(data, 0, bytes, 12, data.length);
    return bytes;
  }

  /// An answer to EDNS, without options (RFC 6891, 6.1.2).
  private static byte[] option() {
    byte[] bytes = new byte[11];
    put16(bytes, 1, RecordType.OPT);
    put16(bytes, 3, DATAGRAM);
    return bytes;
  }

  private static void put16(byte[] bytes, int at, int value) {
    bytes[at] = (byte) (value >>> 8);
    bytes[at + 1] = (byte) value;
  }
}
