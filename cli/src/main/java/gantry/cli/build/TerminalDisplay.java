package gantry.cli.build;

import gantry.cli.json.JsonObject;
import gantry.cli.terminal.Terminal;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// The steps of a build on a terminal, one line each, drawn over again ten times a second:
///
/// ```
/// [+] Building 3.2s (2/4)
///  => CACHED [1/3] FROM busybox                                     0.0s
///  => [2/3] RUN make                                                1.2s
///  => => # cc -c main.c
/// ```
///
/// A running step has the last lines of its output under it. The picture is never higher than the
/// terminal, so that it can be drawn over: what has been done longest goes first. At the end all
/// steps are drawn, and stay.
///
/// Everything that came from elsewhere is cleaned of what a terminal would obey.
final class TerminalDisplay implements Display {
  private static final long REDRAW_MILLIS = 100;
  private static final int WINDOW_LINES = 6;
  private static final int LEAST_WIDTH = 20;

  private final PrintStream out;
  private final Graph graph;
  private final Supplier<Terminal.Size> size;
  private final LongSupplier nanos;
  private final boolean coloured;
  private final Thread painter;
  private List<Integer> drawnWidths = List.of();
  private boolean ended;

  private enum Colour {
    PLAIN(""),
    DONE("\u001b[36m"),
    FAILED("\u001b[31m"),
    CANCELLED("\u001b[33m");

    final String code;

    Colour(String code) {
      this.code = code;
    }
  }

  private record Line(String text, Colour colour) {}

  /// @param graph guarded by its monitor
  /// @param size of the terminal; asked for with every picture
  /// @param nanos the clock
  TerminalDisplay(
      PrintStream out,
      Graph graph,
      Supplier<Terminal.Size> size,
      LongSupplier nanos,
      boolean coloured) {
    this.out = out;
    this.graph = graph;
    this.size = size;
    this.nanos = nanos;
    this.coloured = coloured;
    this.painter = Thread.ofPlatform().daemon().name("display").unstarted(this::paint);
  }

  /// Begins to draw.
  TerminalDisplay start() {
    painter.start();
    return this;
  }

  private void paint() {
    try {
      while (!Thread.interrupted()) {
        draw(false);
        Thread.sleep(REDRAW_MILLIS);
      }
    } catch (InterruptedException _) {
      // closed: the last picture is drawn by who closes
    }
  }

  @Override
  public void show(String line, JsonObject event, Graph changed, Graph.Change change) {
    // The next picture has it.
  }

  /// Draws the picture as it is now, over the one before.
  synchronized void draw(boolean last) {
    if (ended) {
      return;
    }
    ended = last;
    Terminal.Size screen = size.get();
    int columns = Math.max(LEAST_WIDTH, screen.columns());
    List<Line> lines;
    synchronized (graph) {
      // The last column stays free: a cursor that is behind it may be on either line.
      lines = lines(columns - 1, last ? Integer.MAX_VALUE : Math.max(2, screen.rows() - 1), last);
    }
    StringBuilder picture = new StringBuilder("\u001b[?25l"); // no cursor meanwhile
    int up =
        drawnWidths.stream().mapToInt(width -> Math.max(1, -Math.floorDiv(-width, columns))).sum();
    picture.append(up > 0 ? "\u001b[" + up + "A" : "");
    for (Line line : lines) {
      boolean colour = coloured && line.colour != Colour.PLAIN;
      picture.append(colour ? line.colour.code : "").append(line.text);
      picture.append(colour ? "\u001b[0m" : "").append("\u001b[K\n");
    }
    out.print(picture.append("\u001b[J\u001b[?25h"));
    out.flush();
    drawnWidths = lines.stream().map(line -> Cells.width(line.text)).toList();
  }

  private List<Line> lines(int columns, int rows, boolean last) {
    long now = nanos.getAsLong();
    List<Step> all = graph.steps();
    List<Step> begun =
        new ArrayList<>(all.stream().filter(s -> s.state() != Step.State.WAITING).toList());
    long done = begun.stream().filter(s -> s.state().ended()).count();
    String header =
        String.format(
            Locale.ROOT,
            "[+] Building %.1fs (%d/%d)%s",
            graph.seconds(now),
            done,
            all.size(),
            last ? " FINISHED" : "");
    int window = last ? 0 : WINDOW_LINES;
    while (height(begun, window) + 1 > rows && makesRoom(begun)) {}
    while (height(begun, window) + 1 > rows && window > 0) {
      window--;
    }
    List<Line> lines = new ArrayList<>(List.of(new Line(Cells.cut(header, columns), Colour.PLAIN)));
    for (Step step : begun) {
      lines.add(line(step, columns, now));
      below(step, window)
          .forEach(text -> lines.add(new Line(Cells.cut(text, columns), Colour.PLAIN)));
    }
    return lines.size() > rows ? lines.subList(0, rows) : lines;
  }

  private static int height(List<Step> steps, int window) {
    return steps.stream().mapToInt(step -> 1 + below(step, window).size()).sum();
  }

  /// Leaves out the first step that is done, if there is one.
  private static boolean makesRoom(List<Step> steps) {
    for (Step step : steps) {
      if (step.state().ended() && step.state() != Step.State.FAILED) {
        return steps.remove(step);
      }
    }
    return false;
  }

  private static Line line(Step step, int columns, long now) {
    String mark =
        switch (step.state()) {
          case CACHED -> "CACHED ";
          case FAILED -> "ERROR ";
          case CANCELLED -> "CANCELED ";
          default -> "";
        };
    Colour colour =
        switch (step.state()) {
          case CACHED, BUILT -> Colour.DONE;
          case FAILED -> Colour.FAILED;
          case CANCELLED -> Colour.CANCELLED;
          default -> Colour.PLAIN;
        };
    String time = String.format(Locale.ROOT, " %.1fs", step.seconds(now));
    int room = columns - time.length();
    String text = Cells.cut(" => " + mark + Cells.clean(step.name()), room);
    return new Line(text + " ".repeat(room - Cells.width(text)) + time, colour);
  }

  private static List<String> below(Step step, int window) {
    if (step.state() != Step.State.RUNNING || window == 0) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    step.parts()
        .forEach(
            (name, part) -> lines.add(" => => " + Cells.clean(name) + PlainDisplay.amount(part)));
    step.log().last(window).forEach(text -> lines.add(" => => # " + Cells.clean(text)));
    return lines.size() > window ? lines.subList(lines.size() - window, lines.size()) : lines;
  }

  @Override
  public void close() {
    painter.interrupt();
    draw(true);
  }
}
