package gantry.cli.build;

import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.function.LongSupplier;

/// Lines for a log, numbered by step, as BuildKit prints them:
///
/// ```
/// #5 [2/3] RUN make
/// #5 0.123 cc -c main.c
/// #5 DONE 0.2s
/// ```
///
/// Steps run side by side, lines are read one after the other: the step that is being printed keeps
/// the floor until it ends, or is silent for a while and others have something to say.
final class PlainDisplay implements Display {
  private static final long SILENCE_NANOS = 1_000_000_000L;
  private static final long FLOOR_NANOS = 5_000_000_000L;

  private final PrintStream out;
  private final LongSupplier nanos;
  private final Map<Step, Queue<String>> waiting = new LinkedHashMap<>();
  private Optional<Step> floor = Optional.empty();
  private long floorSince;
  private long spokeLast;

  /// @param nanos the clock
  PlainDisplay(PrintStream out, LongSupplier nanos) {
    this.out = out;
    this.nanos = nanos;
  }

  @Override
  public void show(String line, JsonObject event, Graph graph, Graph.Change change) {
    change.step().filter(Step::shown).ifPresent(step -> show(step, change));
    out.flush();
  }

  private void show(Step step, Graph.Change change) {
    for (StepLog.Line line : change.lines()) {
      say(step, String.format(Locale.ROOT, "%.3f %s", line.seconds(), line.text()));
    }
    switch (change.kind()) {
      case STARTED -> waiting.computeIfAbsent(step, _ -> new ArrayDeque<>());
      case EXPLAINED -> explain(step);
      case FINISHED -> end(step);
      case OUTPUT, OTHER -> {}
    }
    takeTurns();
  }

  private void say(Step step, String text) {
    waiting.computeIfAbsent(step, _ -> new ArrayDeque<>()).add("#" + step.number() + " " + text);
  }

  private void explain(Step step) {
    String what = step.hit() ? "cached because " : "not cached because ";
    step.reasons().forEach(reason -> say(step, what + reason));
  }

  private void end(Step step) {
    step.parts()
        .forEach(
            (name, part) -> say(step, name + amount(part) + (part.isMessage() ? "" : " done")));
    String seconds = String.format(Locale.ROOT, "%.1fs", step.seconds(nanos.getAsLong()));
    say(
        step,
        switch (step.state()) {
          case CACHED -> "CACHED";
          case FAILED -> "ERROR: " + step.message();
          case CANCELLED -> "CANCELED";
          default -> "DONE " + seconds;
        });
  }

  /// What stands behind the name of a part.
  static String amount(Step.Part part) {
    if (part.isMessage()) {
      return "";
    }
    String current = Units.decimalSize((double) part.current());
    String total = part.total() > 0 ? " / " + Units.decimalSize((double) part.total()) : "";
    return ": " + current + total;
  }

  private void takeTurns() {
    long now = nanos.getAsLong();
    boolean free = floor.isEmpty();
    if (!free) {
      Step speaker = floor.get();
      print(speaker, now);
      boolean quiet = now - spokeLast > SILENCE_NANOS && now - floorSince > FLOOR_NANOS;
      boolean ended = speaker.state().ended();
      free = ended || (quiet && waiting.entrySet().stream().anyMatch(e -> !e.getValue().isEmpty()));
      if (free) {
        out.print(ended ? "\n" : "#" + speaker.number() + " ...\n\n");
        floor = Optional.empty();
        if (ended) {
          waiting.remove(speaker);
        }
      }
    }
    while (free && !waiting.isEmpty()) {
      Step next = next();
      give(next, now);
      print(next, now);
      free = next.state().ended();
      if (free) {
        waiting.remove(next);
        floor = Optional.empty();
        out.print("\n");
      }
    }
  }

  /// Who has ended first, then who has something to say, then who began first.
  private Step next() {
    Optional<Step> ended = waiting.keySet().stream().filter(s -> s.state().ended()).findFirst();
    return ended
        .or(
            () ->
                waiting.entrySet().stream()
                    .filter(e -> !e.getValue().isEmpty())
                    .map(Map.Entry::getKey)
                    .findFirst())
        .orElseGet(() -> waiting.keySet().iterator().next());
  }

  private void give(Step step, long now) {
    floor = Optional.of(step);
    floorSince = now;
    spokeLast = now;
    out.print("#" + step.number() + " " + step.name() + "\n");
  }

  private void print(Step step, long now) {
    Queue<String> lines = waiting.getOrDefault(step, new ArrayDeque<>());
    if (!lines.isEmpty()) {
      spokeLast = now;
      lines.forEach(line -> out.print(line + "\n"));
      lines.clear();
    }
  }

  @Override
  public void close() {
    waiting.forEach(
        (step, lines) -> {
          if (!lines.isEmpty()) {
            out.print("#" + step.number() + " " + step.name() + "\n");
            lines.forEach(line -> out.print(line + "\n"));
            out.print("\n");
          }
        });
    waiting.clear();
    out.flush();
  }
}
