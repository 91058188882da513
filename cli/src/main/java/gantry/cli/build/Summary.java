package gantry.cli.build;

import gantry.cli.json.JsonObject;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/// What is said once a build has ended: what the linter found, why the cache was not hit, and of a
/// failing step its output and its place in the Dockerfile.
final class Summary {
  private static final int LOG_LINES = 40;
  private static final int CONTEXT_LINES = 3;
  private static final String RULE = "--------------------";
  private static final String RULES = "https://docs.docker.com/go/dockerfile/rule/";

  private final PrintStream out;
  private final Graph graph;

  Summary(PrintStream out, Graph graph) {
    this.out = out;
    this.graph = graph;
  }

  /// Prints the output of the step that failed, and its place in the Dockerfile.
  void failure() {
    graph.failed().ifPresent(this::failure);
  }

  private void failure(Step step) {
    List<StepLog.Line> lines = step.log().lines();
    out.print("------\n > " + Cells.clean(step.name()) + ":\n");
    for (StepLog.Line line : lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size())) {
      out.print(
          String.format(Locale.ROOT, "%.3f %s", line.seconds(), Cells.clean(line.text())) + "\n");
    }
    out.print("------\n");
    excerpt(step.line(), 1);
  }

  /// The lines of the Dockerfile around the marked ones.
  ///
  /// @param first the first marked line, from 1; 0 prints nothing
  private void excerpt(int first, int count) {
    List<String> lines = graph.dockerfile();
    if (first < 1 || first > lines.size()) {
      return;
    }
    int last = Math.max(first + count - 1, endOfInstruction(first));
    out.print(graph.dockerfileName() + ":" + first + "\n" + RULE + "\n");
    int from = Math.max(1, first - CONTEXT_LINES);
    for (int i = from; i <= Math.min(lines.size(), last + CONTEXT_LINES); i++) {
      boolean marked = i >= first && i <= last;
      out.print(quoted(i, marked, lines.get(i - 1)));
    }
    out.print(RULE + "\n");
  }

  private int endOfInstruction(int first) {
    List<String> lines = graph.dockerfile();
    int last = first;
    while (last < lines.size() && lines.get(last - 1).stripTrailing().endsWith("\\")) {
      last++;
    }
    return last;
  }

  private static String quoted(int number, boolean marked, String text) {
    return String.format(
            Locale.ROOT, "%4d | %s %s", number, marked ? ">>>" : "   ", Cells.clean(text))
        + "\n";
  }

  /// Prints one line for each warning.
  void warnings() {
    List<JsonObject> warnings = graph.warnings();
    if (warnings.isEmpty()) {
      return;
    }
    boolean one = warnings.size() == 1;
    out.print(
        "\n "
            + warnings.size()
            + (one ? " warning" : " warnings")
            + " found (use --check to see more):\n");
    for (JsonObject warning : warnings) {
      String line = warning.number("line") > 0 ? " (line " + warning.number("line") + ")" : "";
      out.print(
          " - " + warning.text("rule") + ": " + Cells.clean(warning.text("message")) + line + "\n");
    }
  }

  /// Prints all about each warning, as `--check` does.
  void check() {
    List<JsonObject> warnings = graph.warnings();
    out.print(
        switch (warnings.size()) {
          case 0 -> "Check complete, no warnings found.\n";
          case 1 -> "Check complete, 1 warning has been found!\n";
          default -> "Check complete, " + warnings.size() + " warnings have been found!\n";
        });
    for (JsonObject warning : warnings) {
      out.print(
          "\nWARNING: "
              + warning.text("rule")
              + " - "
              + RULES
              + page(warning.text("rule"))
              + "/\n");
      out.print(Cells.clean(warning.text("message")) + "\n");
      List<String> source = warning.texts("source");
      int first = (int) warning.number("line");
      if (first > 0) {
        out.print(warning.text("file") + ":" + first + "\n" + RULE + "\n");
        for (int i = 0; i < source.size(); i++) {
          out.print(quoted(first + i, true, source.get(i)));
        }
        out.print(RULE + "\n");
      }
    }
  }

  // `StageNameCasing` is explained at `stage-name-casing`.
  private static String page(String rule) {
    StringBuilder page = new StringBuilder();
    for (int i = 0; i < rule.length(); i++) {
      char c = rule.charAt(i);
      boolean word =
          Character.isUpperCase(c)
              && i > 0
              && (Character.isLowerCase(rule.charAt(i - 1))
                  || (i + 1 < rule.length() && Character.isLowerCase(rule.charAt(i + 1))));
      page.append(word ? "-" : "").append(Character.toLowerCase(c));
    }
    return page.toString();
  }

  /// Prints why each step was, or was not, in the cache.
  void explanations() {
    for (Step step : graph.steps()) {
      if (!step.reasons().isEmpty()) {
        out.print((step.hit() ? "cached      " : "not cached  ") + Cells.clean(step.name()) + "\n");
        step.reasons().forEach(reason -> out.print("            " + Cells.clean(reason) + "\n"));
      }
    }
  }
}
