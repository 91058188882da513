package gantry.linux.call;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// File names between the kernel, to which they are bytes, and Java, to which they are text. A name
/// is read as UTF-8; a byte that is no UTF-8 becomes one of the lone surrogates U+DC80…U+DCFF and
/// that becomes the same byte again, so that every name survives the way there and back (the
/// convention of Python's PEP 383).
public final class FileName {
  private static final char ESCAPE = '\uDC00';

  private FileName() {}

  /// The bytes of a name or path, without a terminator.
  ///
  /// @throws IllegalArgumentException if it has a NUL, where the kernel would see the end of a
  ///   shorter path
  public static byte[] encode(String name) {
    if (name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a path cannot contain NUL: '" + name.replace('\0', '?') + "'");
    }
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return hasEscape(name) ? encodeEscapes(name) : bytes;
  }

  /// The text of the `length` bytes from `offset`.
  public static String decode(byte[] bytes, int offset, int length) {
    String text = new String(bytes, offset, length, StandardCharsets.UTF_8);
    return text.indexOf('\uFFFD') < 0 ? text : decodeEscapes(bytes, offset, length);
  }

  private static boolean hasEscape(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < name.length()
          && Character.isLowSurrogate(name.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] encodeEscapes(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(name.length());
    for (int i = 0; i < name.length(); ) {
      int point = name.codePointAt(i);
      if (point >= ESCAPE + 0x80 && point <= ESCAPE + 0xFF) {
        bytes.write(point - ESCAPE);
      } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException("a path cannot contain half a surrogate pair");
      } else {
        bytes.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
      }
      i += Character.charCount(point);
    }
    return bytes.toByteArray();
  }

  private static String decodeEscapes(byte[] bytes, int offset, int length) {
    var decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes, offset, length);
    CharBuffer out = CharBuffer.allocate(length);
    while (decoder.decode(in, out, true).isError()) {
      out.put((char) (ESCAPE + (in.get() & 0xFF)));
      decoder.reset();
    }
    return out.flip().toString();
  }
}
