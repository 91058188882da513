package gantry.image.tar;

import gantry.image.tar.TarEntry.Kind;
import gantry.linux.Fd;
import gantry.linux.call.FileName;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/// Writes an archive: POSIX ustar, with a pax header where a name, a number or an attribute does
/// not fit. The same entries always come to the same bytes. Times are cut to seconds, as Docker
/// does in its layers.
///
/// For one thread. The stream stays the caller's to close; what it throws comes as
/// [UncheckedIOException].
public final class TarWriter {
  private static final int BUFFER = 512 * 1024;
  private static final int NAME_MAX = 100;
  private static final int PREFIX_MAX = 155;
  private static final long OCTAL_7_MAX = 0x1FFFFF; // seven digits
  private static final long OCTAL_11_MAX = 0x1FFFFFFFFL; // eleven digits

  private final OutputStream out;
  private final CopyBuffer buffer = new CopyBuffer(BUFFER);
  private long contentLeft;
  private int padding;

  public TarWriter(OutputStream out) {
    this.out = out;
  }

  /// Begins an entry. Of a regular file exactly `entry.sizeBytes()` of content must follow.
  public void begin(TarEntry entry) {
    finishEntry();
    byte[] name = FileName.encode(entry.name());
    byte[] link = FileName.encode(entry.linkName());
    int split = split(name);
    Map<String, byte[]> pax = paxRecords(entry, name, link, split);
    if (!pax.isEmpty()) {
      writePax(pax);
    }
    write(header(entry, name, link, split));
    contentLeft = entry.kind() == Kind.FILE ? entry.sizeBytes() : 0;
    padding = (int) (-contentLeft & (TarHeader.SIZE - 1));
  }

  /// Content of the entry.
  public void write(byte[] bytes, int offset, int length) {
    if (length > contentLeft) {
      throw new IllegalStateException("more content than the entry's size says");
    }
    emit(bytes, offset, length);
    contentLeft -= length;
  }

  /// Content of the entry: all that is missing, from the file's position on. A file that has become
  /// shorter is filled up with zeros, so that the archive stays one.
  public void writeFrom(Fd file) {
    if (out instanceof FileSink sink && contentLeft >= BUFFER) {
      contentLeft -= transfer(sink, file);
    }
    while (contentLeft > 0) {
      int count = buffer.readFrom(file, contentLeft);
      if (count == 0) {
        break;
      }
      emit(buffer.bytes(), 0, count);
      contentLeft -= count;
    }
    fill();
  }

  private long transfer(FileSink sink, Fd file) {
    try {
      return sink.transferFrom(file, contentLeft);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A whole file of ours.
  public void file(TarEntry entry, byte[] content) {
    begin(entry);
    write(content, 0, content.length);
  }

  private void fill() {
    byte[] zeros = new byte[(int) Math.min(contentLeft, BUFFER)];
    while (contentLeft > 0) {
      write(zeros, 0, (int) Math.min(contentLeft, zeros.length));
    }
  }

  /// Ends the archive, and flushes the stream.
  public void finish() {
    finishEntry();
    write(new byte[2 * TarHeader.SIZE]);
    try {
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void finishEntry() {
    if (contentLeft > 0) {
      throw new IllegalStateException(contentLeft + " bytes of the entry's content are missing");
    }
    write(new byte[padding]);
    padding = 0;
  }

  private void write(byte[] bytes) {
    emit(bytes, 0, bytes.length);
  }

  private void emit(byte[] bytes, int offset, int length) {
    if (length == 0) {
      return;
    }
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Where a name is divided into prefix and name: 0 for not at all, -1 when it does not fit.
  private static int split(byte[] name) {
    for (byte b : name) {
      if (b < 0) {
        return -1;
      }
    }
    if (name.length <= NAME_MAX) {
      return 0;
    }
    for (int i = Math.min(name.length - 2, PREFIX_MAX); i > 0; i--) {
      if (name[i] == '/') {
        return name.length - i - 1 <= NAME_MAX ? i : -1;
      }
    }
    return -1;
  }

  private static Map<String, byte[]> paxRecords(
      TarEntry entry, byte[] name, byte[] link, int split) {
    Map<String, byte[]> records = new TreeMap<>();
    if (split < 0) {
      records.put("path", name);
    }
    if (link.length > NAME_MAX || split(link) < 0) {
      records.put("linkpath", link);
    }
    putIfLarge(records, "uid", Integer.toUnsignedLong(entry.uid()), OCTAL_7_MAX);
    putIfLarge(records, "gid", Integer.toUnsignedLong(entry.gid()), OCTAL_7_MAX);
    putIfLarge(records, "size", entry.sizeBytes(), OCTAL_11_MAX);
    putIfLarge(records, "mtime", entry.modified().seconds(), OCTAL_11_MAX);
    entry
        .attributes()
        .forEach((attribute, value) -> records.put("SCHILY.xattr." + attribute, value));
    return records;
  }

  private static void putIfLarge(Map<String, byte[]> records, String key, long value, long max) {
    if (value < 0 || value > max) {
      records.put(key, Long.toString(value).getBytes(StandardCharsets.US_ASCII));
    }
  }

  private void writePax(Map<String, byte[]> records) {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    records.forEach((key, value) -> writeRecord(body, FileName.encode(key), value));
    byte[] bytes = body.toByteArray();
    byte[] header = new byte[TarHeader.SIZE];
    text(header, 0, "PaxHeaders.0/entry".getBytes(StandardCharsets.US_ASCII), NAME_MAX);
    numbers(header, 0644, 0, 0, bytes.length, 0);
    seal(header, 'x');
    write(header);
    write(bytes);
    write(new byte[-bytes.length & (TarHeader.SIZE - 1)]);
  }

  /// The length at the beginning of a record counts its own digits.
  private static void writeRecord(ByteArrayOutputStream body, byte[] key, byte[] value) {
    int rest = key.length + value.length + 3;
    int length = rest + Integer.toString(rest).length();
    length = rest + Integer.toString(length).length();
    body.writeBytes((length + " ").getBytes(StandardCharsets.US_ASCII));
    body.writeBytes(key);
    body.write('=');
    body.writeBytes(value);
    body.write('\n');
  }

  private static byte[] header(TarEntry entry, byte[] name, byte[] link, int split) {
    byte[] header = new byte[TarHeader.SIZE];
    if (split > 0) {
      System.arraycopy(name, 0, header, 345, split);
      System.arraycopy(name, split + 1, header, 0, name.length - split - 1);
    } else {
      text(header, 0, name, NAME_MAX);
    }
    text(header, 157, link, NAME_MAX);
    numbers(
        header,
        entry.permissions(),
        Integer.toUnsignedLong(entry.uid()),
        Integer.toUnsignedLong(entry.gid()),
        entry.kind() == Kind.FILE ? entry.sizeBytes() : 0,
        entry.modified().seconds());
    octal(header, 329, 8, entry.device().major(), OCTAL_7_MAX);
    octal(header, 337, 8, entry.device().minor(), OCTAL_7_MAX);
    seal(header, entry.kind().flag());
    return header;
  }

  private static void numbers(
      byte[] header, int permissions, long uid, long gid, long size, long modified) {
    octal(header, 100, 8, permissions, OCTAL_7_MAX);
    octal(header, 108, 8, uid, OCTAL_7_MAX);
    octal(header, 116, 8, gid, OCTAL_7_MAX);
    octal(header, 124, 12, size, OCTAL_11_MAX);
    octal(header, 136, 12, modified, OCTAL_11_MAX);
  }

  private static void text(byte[] header, int offset, byte[] text, int max) {
    System.arraycopy(text, 0, header, offset, Math.min(text.length, max));
  }

  /// A number with leading zeros and a NUL; 0 where it is too large, and a pax record has it.
  private static void octal(byte[] header, int offset, int length, long value, long max) {
    long rest = value < 0 || value > max ? 0 : value;
    for (int i = offset + length - 2; i >= offset; i--) {
      header[i] = (byte) ('0' + (rest & 7));
      rest >>>= 3;
    }
  }

  private static void seal(byte[] header, char type) {
    header[156] = (byte) type;
    text(header, 257, "ustar\00000".getBytes(StandardCharsets.US_ASCII), 8);
    java.util.Arrays.fill(header, 148, 156, (byte) ' ');
    int sum = 0;
    for (byte b : header) {
      sum += b & 0xFF;
    }
    octal(header, 148, 7, sum, OCTAL_7_MAX);
    header[155] = ' ';
  }
}
