package gantry.build.context;

import gantry.linux.call.FileName;
import gantry.linux.file.FileType;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// What the files of a [Selection] were, one by one, short enough to be kept with a cached step: so
/// that of a later build that misses the cache one can say which file is another one.
///
/// Immutable; lines in the order of their paths.
public final class Manifest {
  /// The beginning of a SHA-256: enough to tell files apart, not to name them.
  ///
  /// @param high the first 8 bytes
  /// @param low the second 8 bytes
  public record Fingerprint(long high, long low) {
    static Fingerprint of(byte[] digest) {
      ByteBuffer bytes = ByteBuffer.wrap(digest);
      return new Fingerprint(bytes.getLong(), bytes.getLong());
    }
  }

  /// One file.
  ///
  /// @param path below the root of its tree: `src/main.c`
  /// @param permissions the lower 12 bits of the mode
  /// @param content of a file its content, of a link where it points to, of both the extended
  ///   attributes
  public record Line(
      String path, FileType type, int permissions, int uid, int gid, Fingerprint content) {}

  /// What became of a file.
  public enum Kind {
    ADDED,
    REMOVED,
    /// It is another kind of file now, or has another content.
    CHANGED,
    /// Its permissions are others; its content is not.
    PERMISSIONS,
    /// Its owner or group is another; its content is not.
    OWNER
  }

  /// A file that is not what it was.
  ///
  /// @param path as in [Line]
  public record Change(String path, Kind kind) {
    /// For people: `changed src/main.c`.
    @Override
    public String toString() {
      return switch (kind) {
        case ADDED -> "added " + path;
        case REMOVED -> "removed " + path;
        case CHANGED -> "changed " + path;
        case PERMISSIONS -> "other permissions of " + path;
        case OWNER -> "another owner of " + path;
      };
    }
  }

  private static final int VERSION = 1;
  private static final int PERMISSIONS = 0xFFF;
  private static final Comparator<Line> ORDER = Comparator.comparing(Line::path, NameOrder.BYTES);

  private final List<Line> lines;

  private Manifest(List<Line> lines) {
    this.lines = lines;
  }

  /// Puts lines in order; a file that is named twice counts once.
  static Manifest of(List<Line> lines) {
    return new Manifest(lines.stream().distinct().sorted(ORDER).toList());
  }

  public List<Line> lines() {
    return lines;
  }

  /// What is different in `later`, in the order of the paths.
  public List<Change> difference(Manifest later) {
    List<Change> changes = new ArrayList<>();
    int i = 0;
    int j = 0;
    while (i < lines.size() || j < later.lines.size()) {
      int order =
          i == lines.size()
              ? 1
              : j == later.lines.size() ? -1 : ORDER.compare(lines.get(i), later.lines.get(j));
      if (order < 0) {
        changes.add(new Change(lines.get(i++).path(), Kind.REMOVED));
      } else if (order > 0) {
        changes.add(new Change(later.lines.get(j++).path(), Kind.ADDED));
      } else {
        change(lines.get(i++), later.lines.get(j++)).ifPresent(changes::add);
      }
    }
    return changes;
  }

  private static Optional<Change> change(Line before, Line after) {
    if (before.equals(after)) {
      return Optional.empty();
    }
    boolean same = before.type() == after.type() && before.content().equals(after.content());
    Kind kind =
        !same
            ? Kind.CHANGED
            : before.permissions() != after.permissions() ? Kind.PERMISSIONS : Kind.OWNER;
    return Optional.of(new Change(after.path(), kind));
  }

  /// The manifest in bytes, some 30 a file: of each path only what differs from the one before.
  public byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(lines.size() * 40);
    bytes.write(VERSION);
    number(bytes, lines.size());
    byte[] before = new byte[0];
    for (Line line : lines) {
      byte[] path = FileName.encode(line.path());
      int shared = Math.max(0, Arrays.mismatch(before, path));
      number(bytes, shared);
      number(bytes, path.length - shared);
      bytes.write(path, shared, path.length - shared);
      number(bytes, line.type().bits() | line.permissions());
      number(bytes, Integer.toUnsignedLong(line.uid()));
      number(bytes, Integer.toUnsignedLong(line.gid()));
      bytes.writeBytes(
          ByteBuffer.allocate(16)
              .putLong(line.content().high())
              .putLong(line.content().low())
              .array());
      before = path;
    }
    return bytes.toByteArray();
  }

  /// Seven bits a byte, the lowest first, as in protobuf.
  private static void number(ByteArrayOutputStream bytes, long number) {
    long rest = number;
    while (rest > 0x7F) {
      bytes.write((int) ((rest & 0x7F) | 0x80));
      rest >>>= 7;
    }
    bytes.write((int) rest);
  }

  /// Reads what [#encode] has written; empty if it is damaged or of another version of this
  /// program: then nothing is known.
  public static Optional<Manifest> decode(byte[] encoded) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(encoded);
      if (bytes.get() != VERSION) {
        return Optional.empty();
      }
      long count = number(bytes);
      List<Line> lines = new ArrayList<>();
      byte[] path = new byte[0];
      for (long i = 0; i < count; i++) {
        path = path(bytes, path);
        lines.add(line(bytes, FileName.decode(path, 0, path.length)));
      }
      return bytes.hasRemaining() ? Optional.empty() : Optional.of(new Manifest(lines));
    } catch (java.nio.BufferUnderflowException | IndexOutOfBoundsException _) {
      return Optional.empty();
    }
  }

  private static byte[] path(ByteBuffer bytes, byte[] before) {
    int shared = index(bytes, before.length);
    int length = index(bytes, bytes.remaining());
    byte[] path = Arrays.copyOf(before, shared + length);
    bytes.get(path, shared, length);
    return path;
  }

  private static Line line(ByteBuffer bytes, String path) {
    int mode = index(bytes, 0xFFFF);
    return new Line(
        path,
        type(mode & ~PERMISSIONS),
        mode & PERMISSIONS,
        (int) number(bytes),
        (int) number(bytes),
        new Fingerprint(bytes.getLong(), bytes.getLong()));
  }

  private static FileType type(int bits) {
    for (FileType type : FileType.values()) {
      if (type.bits() == bits) {
        return type;
      }
    }
    throw new IndexOutOfBoundsException("a file of no type");
  }

  private static int index(ByteBuffer bytes, long max) {
    long number = number(bytes);
    if (number < 0 || number > max) {
      throw new IndexOutOfBoundsException(number);
    }
    return (int) number;
  }

  private static long number(ByteBuffer bytes) {
    long number = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = bytes.get();
      number |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return number;
      }
    }
    throw new IndexOutOfBoundsException("a number of more than 64 bits");
  }
}
