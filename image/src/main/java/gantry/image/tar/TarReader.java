package gantry.image.tar;

import gantry.image.tar.TarEntry.Kind;
import gantry.image.tar.TarEntry.Segment;
import gantry.linux.Fd;
import gantry.linux.call.FileName;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.TimeSpec;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Reads an archive from its beginning, entry by entry: V7, POSIX ustar and pax, GNU with long
/// names and all its forms of sparse files. What an entry says is checked and bounded; memory stays
/// small however large the archive is.
///
/// For one thread. The content of an entry is there until the next is asked for.
///
/// @see TarException for what is wrong with an archive
public final class TarReader {
  private static final int SPECIAL_MAX_BYTES = 1 << 20; // as Go's archive/tar
  private static final int SPECIALS_MAX = 16; // before one entry
  private static final int SEGMENTS_MAX = 1 << 17;
  private static final int WINDOW = 64 * 1024;
  private static final int DIRECT = 32 * 1024; // content from this size on passes the window by
  private static final long ID_MAX = 0xFFFFFFFEL;

  private final TarSource source;
  private final byte[] window = new byte[WINDOW];
  private int windowStart;
  private int windowEnd;
  private long contentLeft; // of the entry, in the archive
  private int padding;
  private String current = "";
  private List<Segment> segments = List.of();
  private boolean ended;

  private TarReader(TarSource source) {
    this.source = source;
  }

  /// Reads a stream, which stays the caller's to close.
  public static TarReader of(InputStream stream) {
    return new TarReader(new TarSource.OfStream(stream));
  }

  /// Reads the first `sizeBytes` of an open file, using its position; the file stays the caller's.
  public static TarReader of(Fd file, long sizeBytes) {
    return new TarReader(new TarSource.OfFile(file, sizeBytes));
  }

  /// The next entry, empty at the end of the archive.
  public Optional<TarEntry> next() {
    skipContent();
    Specials specials = new Specials();
    while (!ended) {
      Optional<TarHeader> header = readHeader();
      if (header.isEmpty()) {
        specials.checkUnused();
        ended = true;
      } else if (!specials.take(header.get())) {
        TarEntry entry = entry(header.get(), specials);
        current = entry.name();
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /// Headers that say more of the entry after them.
  private final class Specials {
    private int count;
    private PaxRecords pax = PaxRecords.NONE;
    private Optional<String> longName = Optional.empty();
    private Optional<String> longLink = Optional.empty();

    /// Whether `header` was one of them; then it was taken in.
    boolean take(TarHeader header) {
      switch (header.type()) {
        case 'x' -> pax = PaxRecords.parse(special(header));
        case 'g' -> special(header); // for all that follow: nothing in them that we use
        case 'L' -> longName = Optional.of(untilNul(special(header)));
        case 'K' -> longLink = Optional.of(untilNul(special(header)));
        default -> {
          return false;
        }
      }
      return true;
    }

    private byte[] special(TarHeader header) {
      long size = header.sizeBytes();
      if (size < 0 || size > SPECIAL_MAX_BYTES) {
        throw new TarException(
            "%s: extended header of %d bytes is larger than %d"
                .formatted(after(), size, SPECIAL_MAX_BYTES));
      }
      if (++count > SPECIALS_MAX) {
        throw new TarException(
            "%s: more than %d extended headers in a row".formatted(after(), SPECIALS_MAX));
      }
      byte[] bytes = new byte[(int) size];
      readFully(bytes, bytes.length);
      skipFully(paddingOf(size));
      return bytes;
    }

    void checkUnused() {
      if (!pax.equals(PaxRecords.NONE) || longName.isPresent() || longLink.isPresent()) {
        throw new TarException("unexpected EOF: the archive ends " + after());
      }
    }
  }

  private static String untilNul(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return FileName.decode(bytes, 0, end);
  }

  private String after() {
    return current.isEmpty() ? "at its beginning" : "after '" + current + "'";
  }

  private Optional<TarHeader> readHeader() {
    TarHeader header = readBlock();
    if (header == null || header.zero()) {
      return Optional.empty();
    }
    if (!header.checksumValid()) {
      throw new TarException("invalid tar header " + after());
    }
    return Optional.of(header);
  }

  private @org.jspecify.annotations.Nullable TarHeader readBlock() {
    byte[] block = new byte[TarHeader.SIZE];
    int count = readSome(block, 0, block.length);
    if (count <= 0) {
      return null; // many writers leave the closing blocks out
    }
    readRest(block, count, block.length);
    return new TarHeader(block);
  }

  private TarEntry entry(TarHeader header, Specials specials) {
    PaxRecords pax = specials.pax;
    String name = pax.text("path").or(() -> specials.longName).orElseGet(header::name);
    name = pax.text("GNU.sparse.name").orElse(name);
    String linkName = pax.text("linkpath").or(() -> specials.longLink).orElseGet(header::linkName);
    if (name.isEmpty()) {
      throw new TarException("invalid tar header " + after() + ": an entry has no name");
    }
    Kind kind = kind(header.type(), name);
    long stored = kind == Kind.FILE ? pax.number("size").orElseGet(header::sizeBytes) : 0;
    if (stored < 0) {
      throw new TarException("'%s': size is negative".formatted(name));
    }
    contentLeft = stored;
    padding = paddingOf(stored);
    current = name;
    Optional<Sparse> sparse = kind == Kind.FILE ? sparse(header, pax, name) : Optional.empty();
    segments = sparse.map(Sparse::segments).orElse(List.of());
    return new TarEntry(
        name,
        kind,
        header.permissions(),
        id(pax.number("uid").orElseGet(header::uid), "user", name),
        id(pax.number("gid").orElseGet(header::gid), "group", name),
        sparse.map(Sparse::realSize).orElse(stored),
        pax.time("mtime").orElseGet(() -> new TimeSpec(header.modifiedSeconds(), 0)),
        pax.time("atime"),
        linkName,
        device(kind, header),
        pax.attributes(),
        sparse.map(Sparse::segments));
  }

  private static Kind kind(char type, String name) {
    return switch (type) {
      case '0', '7', 'S' -> Kind.FILE;
      case '\0' -> name.endsWith("/") ? Kind.DIRECTORY : Kind.FILE;
      case '1' -> Kind.HARD_LINK;
      case '2' -> Kind.SYMBOLIC_LINK;
      case '3' -> Kind.CHARACTER_DEVICE;
      case '4' -> Kind.BLOCK_DEVICE;
      case '5' -> Kind.DIRECTORY;
      case '6' -> Kind.FIFO;
      default ->
          throw new TarException("'%s': unhandled tar header type %d".formatted(name, (int) type));
    };
  }

  private static int id(long value, String what, String name) {
    if (value < 0 || value > ID_MAX) {
      throw new TarException("'%s': %s id %d is out of range".formatted(name, what, value));
    }
    return (int) value;
  }

  private static DeviceNumber device(Kind kind, TarHeader header) {
    return kind == Kind.CHARACTER_DEVICE || kind == Kind.BLOCK_DEVICE
        ? new DeviceNumber(header.major(), header.minor())
        : TarEntry.NO_DEVICE;
  }

  private record Sparse(List<Segment> segments, long realSize) {}

  private Optional<Sparse> sparse(TarHeader header, PaxRecords pax, String name) {
    if (header.type() == 'S') {
      return Optional.of(checked(gnuSparse(header, name), name));
    }
    if (pax.number("GNU.sparse.major").orElse(0L) == 1) {
      long realSize = pax.number("GNU.sparse.realsize").orElseThrow(() -> badSparse(name));
      return Optional.of(checked(new Sparse(sparseMapInContent(name), realSize), name));
    }
    Optional<Long> realSize = pax.number("GNU.sparse.size");
    if (realSize.isEmpty()) {
      return Optional.empty();
    }
    List<Segment> map =
        pax.text("GNU.sparse.map").map(text -> sparseMap(text, name)).orElse(pax.sparseSegments());
    return Optional.of(checked(new Sparse(map, realSize.get()), name));
  }

  private Sparse gnuSparse(TarHeader header, String name) {
    List<Segment> map = new ArrayList<>();
    addSegments(header, TarHeader.GNU_SPARSE_MAP, 4, map);
    long realSize = header.number(TarHeader.GNU_SPARSE_REAL_SIZE, 12);
    boolean more = header.set(TarHeader.GNU_SPARSE_EXTENDED);
    while (more) {
      if (map.size() > SEGMENTS_MAX) {
        throw badSparse(name);
      }
      byte[] block = new byte[TarHeader.SIZE];
      readFully(block, block.length);
      TarHeader extension = new TarHeader(block);
      addSegments(extension, 0, 21, map);
      more = block[504] != 0;
    }
    return new Sparse(map, realSize);
  }

  private static void addSegments(TarHeader header, int offset, int count, List<Segment> map) {
    for (int i = 0; i < count; i++) {
      int at = offset + i * 24;
      if (!header.set(at) || !header.set(at + 12)) {
        return;
      }
      map.add(new Segment(header.number(at, 12), header.number(at + 12, 12)));
    }
  }

  private static List<Segment> sparseMap(String text, String name) {
    String[] numbers = text.split(",", 2 * SEGMENTS_MAX);
    if (numbers.length % 2 != 0 || numbers.length >= 2 * SEGMENTS_MAX) {
      throw badSparse(name);
    }
    List<Segment> map = new ArrayList<>();
    for (int i = 0; i < numbers.length; i += 2) {
      map.add(new Segment(decimal(numbers[i], name), decimal(numbers[i + 1], name)));
    }
    return map;
  }

  private static long decimal(String text, String name) {
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw badSparse(name);
    }
    return Long.parseLong(text);
  }

  /// Format 1.0: the map is at the beginning of the content, a number a line, padded to a block.
  private List<Segment> sparseMapInContent(String name) {
    long before = contentLeft;
    long count = lineNumber(name);
    if (count > SEGMENTS_MAX) {
      throw badSparse(name);
    }
    List<Segment> map = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      map.add(new Segment(lineNumber(name), lineNumber(name)));
    }
    int rest = paddingOf(before - contentLeft);
    if (rest > contentLeft) {
      throw badSparse(name);
    }
    skipFully(rest);
    contentLeft -= rest;
    return map;
  }

  private long lineNumber(String name) {
    long value = 0;
    byte[] one = new byte[1];
    for (int digits = 0; digits < 19; digits++) {
      if (contentLeft == 0) {
        throw badSparse(name);
      }
      readFully(one, 1);
      contentLeft--;
      if (one[0] == '\n' && digits > 0) {
        return value;
      }
      if (one[0] < '0' || one[0] > '9') {
        throw badSparse(name);
      }
      value = value * 10 + (one[0] - '0');
    }
    throw badSparse(name);
  }

  private Sparse checked(Sparse sparse, String name) {
    long end = 0;
    long data = 0;
    for (Segment segment : sparse.segments()) {
      if (segment.offset() < end
          || segment.length() < 0
          || segment.offset() > sparse.realSize() - segment.length()) {
        throw badSparse(name);
      }
      end = segment.offset() + segment.length();
      data += segment.length();
    }
    if (data != contentLeft || sparse.segments().size() > SEGMENTS_MAX) {
      throw badSparse(name);
    }
    return sparse;
  }

  private static TarException badSparse(String name) {
    return new TarException("'%s': invalid map of a sparse file".formatted(name));
  }

  /// Bytes of the current entry that the archive still has; without its holes.
  public long remaining() {
    return contentLeft;
  }

  /// Reads content of the current entry; -1 at its end. A sparse file's data comes without its
  /// holes.
  public int read(byte[] target, int offset, int length) {
    if (contentLeft == 0) {
      return -1;
    }
    int wanted = (int) Math.min(length, contentLeft);
    int count = readSome(target, offset, wanted);
    if (count < 0) {
      throw cutOff();
    }
    contentLeft -= count;
    return count;
  }

  /// The whole content of a small entry.
  ///
  /// @throws TarException when it is larger than `limit`
  public byte[] readAll(int limit) {
    if (contentLeft > limit) {
      throw new TarException(
          "'%s': %d bytes are more than the %d allowed".formatted(current, contentLeft, limit));
    }
    byte[] bytes = new byte[(int) contentLeft];
    readFully(bytes, bytes.length);
    contentLeft = 0;
    return bytes;
  }

  /// Writes the content into an empty file, holes as holes.
  public void copyTo(Fd file, TarEntry entry) {
    copyTo(file, entry, Optional.empty());
  }

  /// As above, and adds to `hash` what is written: without the holes.
  void copyTo(Fd file, TarEntry entry, Optional<MessageDigest> hash) {
    if (entry.data().isEmpty()) {
      copyBytes(file, contentLeft, hash);
      return;
    }
    for (Segment segment : segments) {
      FileControl.seek(file, segment.offset());
      copyBytes(file, segment.length(), hash);
    }
    FileControl.truncate(file, entry.sizeBytes());
  }

  private void copyBytes(Fd file, long length, Optional<MessageDigest> hash) {
    long left = length;
    while (left > 0 && (windowEnd > windowStart || left < DIRECT)) {
      if (windowEnd == windowStart && !fill()) {
        throw cutOff();
      }
      int count = (int) Math.min(left, windowEnd - windowStart);
      int written = FileIo.write(file, window, windowStart, count);
      if (hash.isPresent()) {
        hash.get().update(window, windowStart, written);
      }
      windowStart += written;
      left -= written;
    }
    if (left > 0 && source.copy(file, left, hash) < left) {
      throw cutOff();
    }
    contentLeft -= length;
  }

  /// Reads on to the very end of the input, past the archive's own.
  public void drain() {
    skipContent();
    ended = true;
    windowStart = windowEnd;
    while (source.skip(1L << 30) > 0) {
      // there was something
    }
  }

  private void skipContent() {
    skipFully(contentLeft);
    skipFully(padding);
    contentLeft = 0;
    padding = 0;
    segments = List.of();
  }

  private static int paddingOf(long size) {
    return (int) (-size & (TarHeader.SIZE - 1));
  }

  private void skipFully(long length) {
    int inWindow = (int) Math.min(length, windowEnd - windowStart);
    windowStart += inWindow;
    long left = length - inWindow;
    if (left > 0 && left < DIRECT) {
      byte[] dropped = new byte[(int) left];
      readFully(dropped, dropped.length);
    } else if (left > 0 && source.skip(left) < left) {
      throw cutOff();
    }
  }

  private void readFully(byte[] target, int length) {
    readRest(target, 0, length);
  }

  private void readRest(byte[] target, int from, int length) {
    int at = from;
    while (at < length) {
      int count = readSome(target, at, length - at);
      if (count < 0) {
        throw cutOff();
      }
      at += count;
    }
  }

  private int readSome(byte[] target, int offset, int length) {
    if (windowEnd == windowStart) {
      if (length >= DIRECT) {
        return source.read(target, offset, length);
      }
      if (!fill()) {
        return -1;
      }
    }
    int count = Math.min(length, windowEnd - windowStart);
    System.arraycopy(window, windowStart, target, offset, count);
    windowStart += count;
    return count;
  }

  private boolean fill() {
    windowStart = 0;
    windowEnd = 0;
    int count;
    do {
      count = source.read(window, 0, window.length);
    } while (count == 0);
    windowEnd = Math.max(count, 0);
    return count > 0;
  }

  private TarException cutOff() {
    return new TarException(
        current.isEmpty()
            ? "unexpected EOF: the archive ends at its beginning"
            : "unexpected EOF: the archive ends in the middle of '" + current + "'");
  }
}
