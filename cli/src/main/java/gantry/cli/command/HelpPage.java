package gantry.cli.command;

import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// Help pages in the layout of Docker's: usage, one sentence, aliases, options.
public final class HelpPage {

  /// The name users call us by.
  public static final String PROGRAM = "gantry";

  private static final int WIDTH = 80;

  private HelpPage() {}

  /// The page of one command, ending in a line feed.
  public static String of(Command command, String path) {
    StringBuilder page = new StringBuilder(1024);
    page.append(usageLines(command, path)).append("\n\n").append(command.summary()).append('\n');
    if (!command.aliases().isEmpty()) {
      page.append("\nAliases:\n  ");
      for (int i = 0; i < command.aliases().size(); i++) {
        page.append(i == 0 ? "" : ", ")
            .append(PROGRAM)
            .append(' ')
            .append(command.aliases().get(i));
      }
      page.append('\n');
    }
    List<Flag> shown = shown(command.flags());
    if (!shown.isEmpty()) {
      page.append("\nOptions:\n").append(options(shown, WIDTH));
    }
    return page.toString();
  }

  /// The usage lines alone, without a line feed at the end.
  static String usageLines(Command command, String path) {
    StringBuilder text = new StringBuilder("Usage:  ");
    for (int i = 0; i < command.usage().size(); i++) {
      text.append(i == 0 ? "" : "\n\t").append(PROGRAM).append(' ').append(path);
      String usage = command.usage().get(i);
      text.append(usage.isEmpty() ? "" : " ").append(usage);
    }
    return text.toString();
  }

  private static List<Flag> shown(List<Flag> flags) {
    List<Flag> shown = new ArrayList<>(flags);
    shown.removeIf(Flag::hidden);
    shown.sort(Comparator.comparing(Flag::name));
    return shown;
  }

  /// The options as two columns, the second wrapped to `width` characters.
  public static String options(List<Flag> flags, int width) {
    List<String> left = new ArrayList<>();
    int widest = 0;
    for (Flag flag : flags) {
      String cell =
          (flag.shorthand() == Flag.NO_SHORTHAND ? "      --" : "  -" + flag.shorthand() + ", --")
              + flag.name()
              + (flag.type().label().isEmpty() ? "" : " " + flag.type().label());
      left.add(cell);
      widest = Math.max(widest, cell.length());
    }
    int indent = widest + 3;
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < flags.size(); i++) {
      text.append(left.get(i)).repeat(' ', indent - left.get(i).length());
      appendWrapped(text, usage(flags.get(i)), indent, Math.max(24, width - indent));
    }
    return text.toString();
  }

  private static String usage(Flag flag) {
    if (flag.preset().isEmpty()) {
      return flag.usage();
    }
    String value = flag.type() == FlagType.STRING ? "\"" + flag.preset() + "\"" : flag.preset();
    return flag.usage() + " (default " + value + ")";
  }

  private static void appendWrapped(StringBuilder text, String usage, int indent, int width) {
    int column = 0;
    for (String word : usage.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > width) {
        text.append('\n').repeat(' ', indent);
        column = 0;
      }
      if (column > 0) {
        text.append(' ');
        column++;
      }
      text.append(word);
      column += word.length();
    }
    text.append('\n');
  }
}
