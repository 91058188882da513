package gantry.image;

import com.github.luben.zstd.ZstdInputStream;
import gantry.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/// How a tar is packed, told by its first bytes and by nothing else, as Docker does.
enum Compression {
  NONE(MediaType.OCI_LAYER, ""),
  GZIP(MediaType.OCI_LAYER_GZIP, "\u001f\u008b\b"),
  ZSTD(MediaType.OCI_LAYER_ZSTD, "(\u00b5/\u00fd"),
  BZIP2(MediaType.OCI_LAYER + "+bzip2", "BZh"),
  XZ(MediaType.OCI_LAYER + "+xz", "\u00fd7zXZ\0");

  static final int MAGIC_MAX = 6;
  private static final int BUFFER = 256 * 1024;
  private static final int XZ_MEMORY_KIB = 128 * 1024;

  private final String layerMediaType;
  private final String magic; // a character a byte

  Compression(String layerMediaType, String magic) {
    this.layerMediaType = layerMediaType;
    this.magic = magic;
  }

  /// The media type of a layer so packed.
  String layerMediaType() {
    return layerMediaType;
  }

  /// What these first bytes, up to [#MAGIC_MAX], are the beginning of.
  static Compression of(byte[] head, int length) {
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
  InputStream unpack(InputStream packed) throws IOException {
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

  /// The unpacked bytes of a stream that may be packed.
  static InputStream unpacked(InputStream stream) {
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
