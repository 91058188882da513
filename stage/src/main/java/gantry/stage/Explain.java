package gantry.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/// A plan in words: what `gantry explain` prints, and what a failure quotes.
public final class Explain {
  private static final int CALL_WIDTH = 58;

  private Explain() {}

  /// One line a step: number, call, and why it is there. The child's steps are indented.
  public static String plan(LaunchPlan plan) {
    StringBuilder out = new StringBuilder();
    int parentAgain = Integer.MAX_VALUE;
    boolean child = false;
    for (int i = 0; i < plan.steps().size(); i++) {
      Step step = plan.steps().get(i);
      child &= i < parentAgain;
      String call = (child ? "  " : "") + call(step);
      out.append("%4d  ".formatted(i));
      out.append(call);
      out.append(" ".repeat(Math.max(2, CALL_WIDTH - call.length())));
      out.append(step.why()).append('\n');
      if (step.op() == Op.CLONE && step.args().get(2) instanceof Arg.Word(long next, Notation _)) {
        child = true;
        parentAgain = (int) next;
      }
    }
    return out.toString();
  }

  static String call(Step step) {
    List<String> shown =
        switch (step.op()) {
          case MOVE_MOUNT -> List.of(place(step, 0) + " → " + place(step, 2));
          case MOUNT -> mount(step);
          case SYMLINKAT ->
              List.of(step.args().get(2).shown() + " → " + step.args().get(0).shown());
          case CLONE -> List.of(step.args().get(0).shown());
          case EXEC -> List.of(step.args().get(0).shown(), step.args().get(1).shown());
          case MONITOR -> List.of();
          default -> step.args().stream().map(Arg::shown).toList();
        };
    StringJoiner joined = new StringJoiner(", ", step.op().call() + "(", ")");
    shown.stream().filter(s -> !s.isEmpty() && !s.equals("cwd")).forEach(joined::add);
    return joined + step.save().map(slot -> " = " + slot.name() + " fd").orElse("");
  }

  private static List<String> mount(Step step) {
    String source = step.args().get(0).shown();
    String target = step.args().get(1).shown();
    List<String> shown = new ArrayList<>();
    shown.add(source.equals("-") ? target : source + " → " + target);
    step.args().subList(2, 5).stream()
        .map(Arg::shown)
        .filter(s -> !s.equals("-"))
        .forEach(shown::add);
    return shown;
  }

  /// Descriptor and path as one: either may be missing.
  private static String place(Step step, int first) {
    String dir = step.args().get(first).shown();
    boolean empty = step.args().get(first + 1) instanceof Arg.Text(String text) && text.isEmpty();
    return empty ? dir : step.args().get(first + 1).shown();
  }
}
