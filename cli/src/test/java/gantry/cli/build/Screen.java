package gantry.cli.build;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A terminal of so many columns and rows that obeys what displays use: colours (ignored), cursor
/// up, erase to the end of the line and of the screen; lines wrap and scroll.
final class Screen extends OutputStream {
  private final int columns;
  private final int rows;
  private final List<StringBuilder> lines = new ArrayList<>(List.of(new StringBuilder()));
  private int top;
  private int row;
  private int column;
  private final StringBuilder sequence = new StringBuilder();
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private final ByteArrayOutputStream raw = new ByteArrayOutputStream();

  Screen(int columns, int rows) {
    this.columns = columns;
    this.rows = rows;
  }

  PrintStream stream() {
    return new PrintStream(this, false, StandardCharsets.UTF_8);
  }

  /// All lines there ever were, without blanks at their ends.
  String text() {
    List<String> all = new ArrayList<>();
    lines.forEach(line -> all.add(line.toString().stripTrailing()));
    return String.join("\n", all).stripTrailing();
  }

  /// Forgets what was written so far, not what is seen.
  void reset() {
    raw.reset();
  }

  /// What was written since, as it was.
  byte[] raw() {
    return raw.toByteArray();
  }

  @Override
  public void write(int b) {
    pending.write(b);
    raw.write(b);
  }

  @Override
  public void flush() {
    String text = pending.toString(StandardCharsets.UTF_8);
    pending.reset();
    text.chars().forEach(c -> put((char) c));
  }

  private void put(char c) {
    if (!sequence.isEmpty() || c == '\u001b') {
      sequence.append(c);
      if (sequence.length() > 2 && Character.isLetter(c)) {
        obey(sequence.substring(2));
        sequence.setLength(0);
      }
      return;
    }
    if (c == '\n') {
      down();
      column = 0;
      return;
    }
    if (c == '\r') {
      column = 0;
      return;
    }
    if (column == columns) {
      down();
      column = 0;
    }
    StringBuilder line = lines.get(row);
    while (line.length() <= column) {
      line.append(' ');
    }
    line.setCharAt(column++, c);
  }

  private void down() {
    row++;
    if (row == lines.size()) {
      lines.add(new StringBuilder());
    }
    top = Math.max(top, row - rows + 1);
  }

  private void obey(String command) {
    char letter = command.charAt(command.length() - 1);
    String argument = command.substring(0, command.length() - 1);
    switch (letter) {
      // A cursor does not leave the screen: what has scrolled away cannot be drawn over.
      case 'A' -> row = Math.max(top, row - Integer.parseInt(argument));
      case 'K' -> lines.get(row).setLength(Math.min(column, lines.get(row).length()));
      case 'J' -> {
        lines.get(row).setLength(Math.min(column, lines.get(row).length()));
        lines.subList(row + 1, lines.size()).clear();
      }
      case 'm', 'h', 'l' -> {}
      default -> throw new AssertionError("unknown sequence " + command);
    }
  }
}
