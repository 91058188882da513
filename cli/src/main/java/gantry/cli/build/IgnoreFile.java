package gantry.cli.build;

import gantry.cli.copy.TarEntries;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/// What a `.dockerignore` leaves out of an archive that this client makes. A daemon that reads the
/// directory itself needs none of this, and reads the file again.
///
/// Patterns are those of Go's `filepath.Match`, and `**` for any number of directories; the last
/// one that matches a path, or a directory above it, decides, and one with `!` takes the path back
/// in. The Dockerfile and the file itself are always packed, since the daemon needs them.
final class IgnoreFile implements TarEntries.Filter {
  private static final String NAME = ".dockerignore";

  private final List<Rule> rules;
  private final List<String> needed;

  private record Rule(Pattern pattern, boolean leavesOut) {}

  private IgnoreFile(List<Rule> rules, List<String> needed) {
    this.rules = rules;
    this.needed = needed;
  }

  /// The file that belongs to a Dockerfile: `Dockerfile.dockerignore` beside it, else
  /// `.dockerignore` in the context.
  ///
  /// @param dockerfile path in the context; empty if it is elsewhere
  static IgnoreFile of(Path context, String dockerfile) throws IOException {
    Path own = context.resolve(dockerfile + NAME);
    boolean hasOwn = !dockerfile.isEmpty() && Files.isRegularFile(own);
    Path file = hasOwn ? own : context.resolve(NAME);
    String text = Files.isRegularFile(file) ? Files.readString(file, StandardCharsets.UTF_8) : "";
    return parse(text, List.of(dockerfile, dockerfile + NAME, NAME));
  }

  /// @param needed paths that are packed in any case
  static IgnoreFile parse(String text, List<String> needed) throws IOException {
    List<Rule> rules = new ArrayList<>();
    String all = text.startsWith("\uFEFF") ? text.substring(1) : text;
    for (String line : all.split("\n", -1)) {
      String pattern = line.startsWith("#") ? "" : line.strip();
      boolean leavesOut = !pattern.startsWith("!");
      String cleaned = clean(leavesOut ? pattern : pattern.substring(1).strip());
      if (!cleaned.isEmpty()) {
        rules.add(new Rule(compile(cleaned), leavesOut));
      }
    }
    return new IgnoreFile(rules, needed.stream().map(IgnoreFile::clean).toList());
  }

  private static String clean(String path) {
    List<String> parts = new ArrayList<>();
    for (String part : path.split("/", -1)) {
      if (part.equals("..") && !parts.isEmpty()) {
        parts.removeLast();
      } else if (!part.isEmpty() && !part.equals(".") && !part.equals("..")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }

  private static Pattern compile(String glob) throws IOException {
    StringBuilder regex = new StringBuilder();
    int i = 0;
    while (i < glob.length()) {
      char c = glob.charAt(i++);
      switch (c) {
        case '*' -> {
          boolean deep = i < glob.length() && glob.charAt(i) == '*';
          if (!deep) {
            regex.append("[^/]*");
            continue;
          }
          i++;
          boolean slash = i < glob.length() && glob.charAt(i) == '/';
          regex.append(slash ? "(?:.*/)?" : ".*");
          i += slash ? 1 : 0;
        }
        case '?' -> regex.append("[^/]");
        case '[' -> {
          int end = glob.indexOf(']', i);
          if (end < 0) {
            throw malformed(glob);
          }
          regex.append('[').append(glob, i, end).append(']');
          i = end + 1;
        }
        case '\\' -> {
          if (i == glob.length()) {
            throw malformed(glob);
          }
          regex.append(Pattern.quote(String.valueOf(glob.charAt(i++))));
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return Pattern.compile(regex.toString(), Pattern.DOTALL);
    } catch (PatternSyntaxException _) {
      throw malformed(glob);
    }
  }

  private static IOException malformed(String glob) {
    return new IOException("syntax error in pattern '" + glob + "' of " + NAME);
  }

  @Override
  public boolean packs(String name) {
    if (needed.contains(name)) {
      return true;
    }
    boolean left = false;
    for (Rule rule : rules) {
      if (rule.leavesOut != left && matches(rule.pattern, name)) {
        left = rule.leavesOut;
      }
    }
    return !left;
  }

  private static boolean matches(Pattern pattern, String name) {
    for (int end = name.length(); end > 0; end = name.lastIndexOf('/', end - 1)) {
      if (pattern.matcher(name).region(0, end).matches()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean entersUnpacked(String directory) {
    return rules.stream().anyMatch(rule -> !rule.leavesOut)
        || needed.stream().anyMatch(path -> path.startsWith(directory + "/"));
  }
}
