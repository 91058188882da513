package gantry.store.content;

import java.util.regex.Pattern;

/// A pattern for names of repositories or tags: `*` is any text without a slash, `**` any text.
public final class Glob {
  private final String text;
  private final Pattern pattern;

  private Glob(String text, Pattern pattern) {
    this.text = text;
    this.pattern = pattern;
  }

  public static Glob of(String text) {
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < text.length()) {
      if (text.startsWith("**", i)) {
        regex.append(".*");
        i += 2;
      } else {
        char c = text.charAt(i++);
        regex.append(c == '*' ? "[^/]*" : Pattern.quote(String.valueOf(c)));
      }
    }
    return new Glob(text, Pattern.compile(regex.toString()));
  }

  public boolean matches(CharSequence name) {
    return pattern.matcher(name).matches();
  }

  @Override
  public String toString() {
    return text;
  }
}
