package gantry.cli.build;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// A build as one HTML page: a timeline for each stage, with what was cached, why, and the logs. It
/// has no script and needs nothing from elsewhere.
final class Report {
  private static final String STYLE =
      """
      body{font:14px/1.4 system-ui,sans-serif;margin:2em auto;max-width:75em;padding:0 1em;color:#222}
      h1{font-size:1.4em}h2{font-size:1.1em;margin:1.6em 0 .4em}
      .facts{color:#555}.facts b{color:#222}
      details,.step{border-bottom:1px solid #e4e4e4}
      summary,.row{display:grid;grid-template-columns:45% 1fr 5em;gap:1em;align-items:center;padding:.25em 0}
      summary{cursor:pointer}
      .name{overflow-wrap:anywhere;font-family:ui-monospace,monospace;font-size:12px}
      .track{position:relative;height:1em;background:#f4f4f4}
      .bar{position:absolute;top:0;bottom:0;min-width:2px}
      .time{text-align:right;font-variant-numeric:tabular-nums}
      .built{background:#2f6fb4}.cached{background:#62a35c}.failed{background:#c0392b}
      .cancelled,.running{background:#d4a017}
      .key span{display:inline-block;width:.9em;height:.9em;margin:0 .4em 0 1.2em;vertical-align:-.1em}
      pre{background:#f8f8f8;padding:.8em;overflow:auto;max-height:30em;font-size:12px;margin:.3em 0 .8em}
      ul{margin:.3em 0 .6em}.error{color:#c0392b;white-space:pre-wrap}
      @media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}.facts,.facts b{color:#bbb}
      .track,pre{background:#262626}details,.step{border-color:#333}}
      """;

  private final Graph graph;
  private final StringBuilder page = new StringBuilder(16 << 10);
  private final long beginMicros;
  private final long endMicros;

  private Report(Graph graph) {
    this.graph = graph;
    List<Step> ended =
        graph.steps().stream()
            .filter(s -> s.startedMicros() > 0 && s.finishedMicros() > 0)
            .toList();
    this.beginMicros = ended.stream().mapToLong(Step::startedMicros).min().orElse(0);
    this.endMicros = ended.stream().mapToLong(Step::finishedMicros).max().orElse(0);
  }

  /// The page.
  ///
  /// @param title what was built
  /// @param outcome the image's id, or why there is none
  static String of(Graph graph, String title, String outcome, boolean failed) {
    return new Report(graph).write(title, outcome, failed);
  }

  private String write(String title, String outcome, boolean failed) {
    page.append(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Build of ");
    text(title)
        .append("</title>\n<style>\n")
        .append(STYLE)
        .append("</style></head><body>\n<h1>Build of ");
    text(title).append("</h1>\n");
    facts(outcome, failed);
    Map<String, List<Step>> stages = new LinkedHashMap<>();
    for (Step step : graph.steps()) {
      stages.computeIfAbsent(step.stage(), _ -> new ArrayList<>()).add(step);
    }
    stages.forEach(this::stage);
    if (!graph.dockerfile().isEmpty()) {
      page.append("<h2>");
      text(graph.dockerfileName()).append("</h2>\n<pre>");
      text(String.join("\n", graph.dockerfile())).append("</pre>\n");
    }
    return page.append("</body></html>\n").toString();
  }

  private void facts(String outcome, boolean failed) {
    long cached = count(Step.State.CACHED);
    page.append("<p class=\"").append(failed ? "error" : "facts").append("\">");
    text(outcome).append("</p>\n<p class=\"facts\"><b>");
    page.append(seconds((endMicros - beginMicros) / 1e6)).append("</b> in all, <b>");
    page.append(graph.steps().size()).append("</b> steps, <b>").append(cached);
    page.append("</b> of them cached</p>\n<p class=\"facts key\">");
    for (String kind : List.of("built", "cached", "failed", "cancelled")) {
      page.append("<span class=\"%s\"></span>%s".formatted(kind, kind));
    }
    page.append("</p>\n");
  }

  private long count(Step.State state) {
    return graph.steps().stream().filter(step -> step.state() == state).count();
  }

  private void stage(String name, List<Step> steps) {
    page.append("<h2>");
    text(name.isEmpty() ? "builder" : "stage " + name).append("</h2>\n");
    steps.forEach(this::step);
  }

  private void step(Step step) {
    boolean more =
        !step.log().lines().isEmpty() || !step.reasons().isEmpty() || !step.message().isEmpty();
    page.append(more ? "<details><summary>" : "<div class=\"row step\">");
    page.append("<span class=\"name\">");
    text(step.name()).append("</span><span class=\"track\">");
    bar(step);
    page.append("</span><span class=\"time\">");
    page.append(step.state() == Step.State.WAITING ? "not run" : duration(step)).append("</span>");
    page.append(more ? "</summary>\n" : "</div>\n");
    if (more) {
      details(step);
      page.append("</details>\n");
    }
  }

  private void bar(Step step) {
    if (step.finishedMicros() == 0 || endMicros == beginMicros) {
      return;
    }
    double all = endMicros - beginMicros;
    long began = Math.max(beginMicros, step.startedMicros());
    page.append(
        String.format(
            Locale.ROOT,
            "<span class=\"bar %s\" style=\"left:%.2f%%;width:%.2f%%\" title=\"%s\"></span>",
            step.state().name().toLowerCase(Locale.ROOT),
            (began - beginMicros) * 100 / all,
            Math.max(0, step.finishedMicros() - began) * 100 / all,
            step.state().name().toLowerCase(Locale.ROOT)));
  }

  private static String duration(Step step) {
    return seconds(step.seconds(System.nanoTime()));
  }

  private static String seconds(double seconds) {
    return String.format(Locale.ROOT, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
  }

  private void details(Step step) {
    if (!step.message().isEmpty()) {
      page.append("<p class=\"error\">");
      text(step.message()).append("</p>\n");
    }
    if (!step.reasons().isEmpty()) {
      page.append("<p>").append(step.hit() ? "Cached:" : "Not cached:").append("</p><ul>");
      for (String reason : step.reasons()) {
        page.append("<li>");
        text(reason).append("</li>");
      }
      page.append("</ul>\n");
    }
    List<StepLog.Line> lines = step.log().lines();
    if (!lines.isEmpty()) {
      page.append("<pre>");
      if (step.log().droppedLines() > 0) {
        page.append("[%d lines before are not kept]\n".formatted(step.log().droppedLines()));
      }
      for (StepLog.Line line : lines) {
        page.append(String.format(Locale.ROOT, "%8.3f ", line.seconds()));
        text(Cells.clean(line.text())).append('\n');
      }
      page.append("</pre>\n");
    }
  }

  /// Text that stays text in HTML.
  private StringBuilder text(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> page.append("&amp;");
        case '<' -> page.append("&lt;");
        case '>' -> page.append("&gt;");
        case '"' -> page.append("&quot;");
        case '\'' -> page.append("&#39;");
        default -> page.append(c < ' ' && c != '\n' && c != '\t' ? ' ' : c);
      }
    }
    return page;
  }
}
