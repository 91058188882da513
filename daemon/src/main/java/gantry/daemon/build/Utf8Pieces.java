package gantry.daemon.build;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/// A stream of bytes that comes in pieces, as text: a character whose bytes lie in two pieces comes
/// whole with the second; what is no UTF-8 becomes the replacement character. Not thread-safe.
final class Utf8Pieces {
  private static final int LONGEST_CHARACTER_BYTES = 4;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final ByteBuffer rest = ByteBuffer.allocate(LONGEST_CHARACTER_BYTES);

  /// The text that is whole with this piece.
  String add(ByteBuffer piece) {
    ByteBuffer in = ByteBuffer.allocate(rest.position() + piece.remaining());
    in.put(rest.flip()).put(piece).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.reset().decode(in, out, false);
    rest.clear().put(in);
    return out.flip().toString();
  }

  /// What is left at the end of the stream.
  String end() {
    String text = rest.position() == 0 ? "" : "\uFFFD";
    rest.clear();
    return text;
  }
}
