package gantry.cli.build;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The output of a step, as lines with their times; of a long one the end.
final class StepLog {
  private static final int LIMIT_CHARACTERS = 512 << 10;
  private static final int LINE_LIMIT_CHARACTERS = 16 << 10;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final Deque<Line> lines = new ArrayDeque<>();
  private final StringBuilder open = new StringBuilder();
  private byte[] rest = {};
  private int characters;
  private long droppedLines;

  /// A line without its end.
  ///
  /// @param seconds since the step began
  record Line(double seconds, String text) {}

  /// Adds bytes that came now; returns the lines that they complete.
  List<Line> add(byte[] bytes, double seconds) {
    String text = decode(bytes);
    List<Line> complete = new ArrayList<>();
    int start = 0;
    for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      open.append(text, start, end);
      complete.add(close(seconds));
      start = end + 1;
    }
    open.append(text, start, text.length());
    if (open.length() > LINE_LIMIT_CHARACTERS) {
      complete.add(close(seconds));
    }
    return complete;
  }

  // What is no whole character yet waits for the bytes that complete it.
  private String decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.allocate(rest.length + bytes.length).put(rest).put(bytes).flip();
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.reset().decode(in, out, false);
    rest = new byte[in.remaining()];
    in.get(rest);
    return out.flip().toString();
  }

  private Line close(double seconds) {
    int end = open.length();
    if (end > 0 && open.charAt(end - 1) == '\r') {
      end--;
    }
    Line line = new Line(seconds, open.substring(0, end));
    open.setLength(0);
    lines.add(line);
    characters += line.text.length() + 1;
    while (characters > LIMIT_CHARACTERS) {
      characters -= lines.remove().text.length() + 1;
      droppedLines++;
    }
    return line;
  }

  /// Ends the last line, if it is not; returns it.
  List<Line> end(double seconds) {
    return open.isEmpty() ? List.of() : List.of(close(seconds));
  }

  /// The line that has no end yet, as a terminal would show it: a carriage return begins it anew.
  String openLine() {
    int start = open.lastIndexOf("\r", Math.max(0, open.length() - 2)) + 1;
    return open.substring(start).replace("\r", "");
  }

  /// The complete lines that are kept.
  List<Line> lines() {
    return List.copyOf(lines);
  }

  /// The last lines, at most `count`, the open one among them.
  List<String> last(int count) {
    List<String> last = new ArrayList<>();
    if (!open.isEmpty()) {
      last.add(openLine());
    }
    for (var i = lines.descendingIterator(); i.hasNext() && last.size() < count; ) {
      last.addFirst(i.next().text);
    }
    return last;
  }

  /// How many lines at the beginning are not kept.
  long droppedLines() {
    return droppedLines;
  }
}
