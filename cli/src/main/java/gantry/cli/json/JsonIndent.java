package gantry.cli.json;

/// Lays out JSON text over lines without changing a value, as Go's `json.Indent` does: the daemon's
/// own numbers and escapes stay.
public final class JsonIndent {

  private final String text;
  private final String indent;
  private final StringBuilder out;
  private int depth;
  private boolean needsIndent;

  private JsonIndent(String text, String indent) {
    this.text = text;
    this.indent = indent;
    this.out = new StringBuilder(text.length() * 2);
  }

  /// `text`, which must be valid JSON, with `indent` for each level.
  public static String indent(String text, String indent) {
    return new JsonIndent(text, indent).run();
  }

  private String run() {
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        i++;
        continue;
      }
      if (needsIndent && c != ']' && c != '}') {
        needsIndent = false;
        depth++;
        newLine();
      }
      if (c == '"') {
        int end = endOfText(i);
        out.append(text, i, end);
        i = end;
        continue;
      }
      mark(c);
      i++;
    }
    return out.toString();
  }

  private void mark(char c) {
    switch (c) {
      case '{', '[' -> {
        needsIndent = true; // an empty object stays on its line
        out.append(c);
      }
      case ',' -> {
        out.append(c);
        newLine();
      }
      case ':' -> out.append(": ");
      case '}', ']' -> {
        if (needsIndent) {
          needsIndent = false;
        } else {
          depth--;
          newLine();
        }
        out.append(c);
      }
      default -> out.append(c);
    }
  }

  private int endOfText(int start) {
    int i = start + 1;
    while (i < text.length() && text.charAt(i) != '"') {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return Math.min(i + 1, text.length());
  }

  private void newLine() {
    out.append('\n');
    for (int i = 0; i < depth; i++) {
      out.append(indent);
    }
  }
}
