package gantry.network.dns;

import java.util.OptionalInt;

/// A question that came: exactly one, as all resolvers send it.
///
/// Everything in it is a stranger's: lengths are checked before they are believed, names have at
/// most 255 bytes, and a question's own name has no pointers, so that nothing can be read twice.
final class Query {
  static final int HEADER = 12;
  static final int INTERNET = 1; // class IN

  private static final int MAX_NAME = 255;
  private static final int MAX_LABEL = 63;
  private static final int POINTER = 0xc0;
  private static final int QR = 0x8000;
  private static final int OPCODE = 0x7800;
  private static final int FIXED_RECORD = 10; // type, class, time to live, length

  private final byte[] bytes;
  private int position = HEADER;
  private final String name;
  private final int type;
  private final int recordClass;
  private final int questionEnd;
  private int lastRecord;
  private OptionalInt datagramSize = OptionalInt.empty();

  private Query(byte[] bytes) throws MalformedQueryException {
    this.bytes = bytes;
    if (u16(4) != 1) {
      throw malformed("%d questions".formatted(u16(4)));
    }
    name = questionName();
    need(4);
    type = u16(position);
    recordClass = u16(position + 2);
    position += 4;
    questionEnd = position;
    int records = u16(6) + u16(8);
    for (int i = 0; i < records; i++) {
      record();
    }
    int additional = u16(10);
    for (int i = 0; i < additional; i++) {
      if (record() == RecordType.OPT) {
        datagramSize = OptionalInt.of(u16(lastRecord + 2));
      }
    }
  }

  /// Whether it is worth an answer at all: it has a header, and is not an answer itself, to which
  /// two servers could go on answering for ever.
  static boolean deservesAnswer(byte[] bytes) {
    return bytes.length >= HEADER && (bytes[2] & (QR >>> 8)) == 0;
  }

  /// Reads what [#deservesAnswer].
  static Query parse(byte[] bytes) throws MalformedQueryException {
    if (((bytes[2] << 8) & OPCODE) != 0) {
      throw new MalformedQueryException(ResponseCode.NOT_IMPLEMENTED, "not a standard query");
    }
    return new Query(bytes);
  }

  private String questionName() throws MalformedQueryException {
    StringBuilder text = new StringBuilder();
    int start = position;
    while (true) {
      need(1);
      int length = bytes[position++] & 0xff;
      if (length == 0) {
        return text.toString();
      }
      if (length > MAX_LABEL) {
        throw malformed("a label of " + length);
      }
      need(length);
      if (position + length - start >= MAX_NAME) {
        throw malformed("a name that is too long");
      }
      if (!text.isEmpty()) {
        text.append('.');
      }
      for (int i = 0; i < length; i++) {
        append(text, bytes[position++] & 0xff);
      }
    }
  }

  /// In lower case; what is no letter, digit or sign is escaped, so that it equals no name.
  private static void append(StringBuilder text, int character) {
    if (character >= 'A' && character <= 'Z') {
      text.append((char) (character + 32));
    } else if (character > ' ' && character < 0x7f && character != '.' && character != '\\') {
      text.append((char) character);
    } else {
      text.append('\\').append(character).append('\\');
    }
  }

  /// Skips a record, and returns its type.
  private int record() throws MalformedQueryException {
    skipName();
    need(FIXED_RECORD);
    lastRecord = position;
    int length = u16(position + 8);
    position += FIXED_RECORD;
    need(length);
    position += length;
    return u16(lastRecord);
  }

  private void skipName() throws MalformedQueryException {
    while (true) {
      need(1);
      int length = bytes[position++] & 0xff;
      if (length == 0) {
        return;
      }
      if ((length & POINTER) == POINTER) {
        need(1);
        position++;
        return;
      }
      if (length > MAX_LABEL) {
        throw malformed("a label of " + length);
      }
      need(length);
      position += length;
    }
  }

  private void need(int count) throws MalformedQueryException {
    if (count > bytes.length - position) {
      throw malformed("its end is missing");
    }
  }

  private static MalformedQueryException malformed(String reason) {
    return new MalformedQueryException(ResponseCode.FORMAT_ERROR, reason);
  }

  private int u16(int at) {
    return ((bytes[at] & 0xff) << 8) | (bytes[at + 1] & 0xff);
  }

  /// The message as it came.
  byte[] bytes() {
    return bytes;
  }

  /// In lower case, without the last dot; the root is empty.
  String name() {
    return name;
  }

  int type() {
    return type;
  }

  /// Whether it asks of the internet, the only class that is in use.
  boolean ofInternet() {
    return recordClass == INTERNET;
  }

  /// Where the question ends in [#bytes].
  int questionEnd() {
    return questionEnd;
  }

  /// The size of datagrams that the sender takes, when it says one (EDNS).
  OptionalInt datagramSize() {
    return datagramSize;
  }

  @Override
  public String toString() {
    return name + " type " + type;
  }
}
