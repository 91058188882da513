package gantry.image.tar;

import com.github.luben.zstd.ZstdInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// How an archive is packed, told by its first bytes and by nothing else, as Docker does.
public enum Compression {
  NONE(""),
  GZIP("\u001f\u008b\b"),
  ZSTD("(\u00b5/\u00fd"),
  BZIP2("BZh"),
  XZ("\u00fd7zXZ\0");

  /// How many bytes of a beginning are enough to tell.
  public static final int MAGIC_MAX = 6;

  private static final int BUFFER = 256 * 1024;
  private static final int XZ_MEMORY_KIB = 128 * 1024;

  private final String magic; // a character a byte

  Compression(String magic) {
    this.magic = magic;
  }

  /// What these first bytes, up to [#MAGIC_MAX], are the beginning of.
  public static Compression of(byte[] head, int length) {
    for (Compression compression : values()) {
      if (compression != NONE && compression.begins(head, length)) {
        return compression;
      }
    }
    // a skippable frame may come first in zstd: 0x184D2A50 to 5F, little-endian
    boolean skippable =
        length >= 4
            && (head[0] & 0xF0) == 0x50
            && head[1] == 0x2A
            && head[2] == 0x4D
            && head[3] == 0x18;
    return skippable ? ZSTD : NONE;
  }

  private boolean begins(byte[] head, int length) {
    return new String(head, 0, length, StandardCharsets.ISO_8859_1).startsWith(magic);
  }

  /// The unpacked bytes of `packed`, which stays the caller's to close.
  public InputStream unpack(InputStream packed) throws IOException {
    return switch (this) {
      case NONE -> packed;
      case GZIP -> new GZIPInputStream(packed, BUFFER);
      case ZSTD -> new ZstdInputStream(packed).setContinuous(false);
      case BZIP2 -> new BZip2CompressorInputStream(packed, true);
      case XZ ->
          XZCompressorInputStream.builder()
              .setInputStream(packed)
              .setDecompressConcatenated(true)
              .setMemoryLimitKiB(XZ_MEMORY_KIB)
              .get();
    };
  }

  /// The unpacked bytes of a stream that may be packed; it stays the caller's to close.
  ///
  /// @throws UncheckedIOException when it fails or is damaged at its beginning
  public static InputStream unpacked(InputStream stream) {
    try {
      PushbackInputStream pushback = new PushbackInputStream(stream, MAGIC_MAX);
      byte[] head = new byte[MAGIC_MAX];
      int length = pushback.readNBytes(head, 0, head.length);
      pushback.unread(head, 0, length);
      Compression compression = of(head, length);
      return compression == NONE ? pushback : compression.unpack(pushback);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
