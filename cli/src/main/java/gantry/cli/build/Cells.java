package gantry.cli.build;

/// Text in the cells of a terminal.
final class Cells {
  private static final int TAB_CELLS = 8;
  // From, to: East Asian wide and fullwidth characters, and pictures (Unicode 16, EastAsianWidth).
  private static final int[] WIDE = {
    0x1100, 0x115f, 0x2e80, 0xa4cf, 0xac00, 0xd7a3, 0xf900, 0xfaff, 0xfe30, 0xfe6f, 0xff00, 0xff60,
    0xffe0, 0xffe6, 0x1f300, 0x1faff, 0x20000, 0x3fffd
  };

  private Cells() {}

  /// The text without what a terminal would obey: escape sequences and control characters; tabs
  /// become blanks.
  static String clean(String text) {
    StringBuilder clean = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i++);
      if (c == '\u001b') {
        i = afterSequence(text, i);
      } else if (c == '\t') {
        clean.repeat(' ', TAB_CELLS - clean.length() % TAB_CELLS);
      } else if (!Character.isISOControl(c)) {
        clean.append(c);
      }
    }
    return clean.toString();
  }

  // ECMA-48: CSI … final byte of 0x40–0x7e; OSC … BEL or ST; else one character.
  private static int afterSequence(String text, int start) {
    if (start == text.length()) {
      return start;
    }
    char kind = text.charAt(start);
    if (kind != '[' && kind != ']') {
      return start + 1;
    }
    int i = start + 1;
    while (i < text.length() && !ends(kind, text.charAt(i))) {
      i++;
    }
    return Math.min(i + 1, text.length());
  }

  private static boolean ends(char kind, char c) {
    return kind == '[' ? c >= 0x40 && c <= 0x7e : c == '\u0007' || c == '\u001b';
  }

  /// How many cells clean text takes.
  static int width(String text) {
    return text.codePoints().map(Cells::width).sum();
  }

  private static int width(int character) {
    int type = Character.getType(character);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    for (int i = 0; i < WIDE.length; i += 2) {
      if (character >= WIDE[i] && character <= WIDE[i + 1]) {
        return 2;
      }
    }
    return 1;
  }

  /// The text cut to `cells`, with `...` where something was cut.
  static String cut(String text, int cells) {
    if (width(text) <= cells) {
      return text;
    }
    int room = Math.max(0, cells - 3);
    StringBuilder cut = new StringBuilder();
    for (int character : text.codePoints().toArray()) {
      room -= width(character);
      if (room < 0) {
        break;
      }
      cut.appendCodePoint(character);
    }
    return cut.append("...".substring(0, Math.clamp(cells, 0, 3))).toString();
  }
}
