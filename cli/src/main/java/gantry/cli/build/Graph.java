package gantry.cli.build;

import gantry.cli.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A build as its events tell it; see docs/build-protocol.md. Where several threads use one, its
/// monitor guards it and its steps.
final class Graph {
  private final Map<String, Step> steps = new LinkedHashMap<>();
  private final List<JsonObject> warnings = new ArrayList<>();
  private final long beganNanos;
  private String dockerfileName = "Dockerfile";
  private List<String> dockerfile = List.of();
  private int begun;

  /// What an event changed.
  ///
  /// @param step empty for what is about none
  /// @param lines of output that are complete now
  record Change(Kind kind, Optional<Step> step, List<StepLog.Line> lines) {
    static final Change NOTHING = new Change(Kind.OTHER, Optional.empty(), List.of());
  }

  /// What kind of change it was.
  enum Kind {
    STARTED,
    OUTPUT,
    EXPLAINED,
    FINISHED,
    OTHER
  }

  Graph(long nowNanos) {
    this.beganNanos = nowNanos;
  }

  /// Takes an event in.
  Change apply(JsonObject event, long nowNanos) {
    switch (event.text("event")) {
      case "dockerfile" -> {
        dockerfileName = event.text("file");
        dockerfile = List.of(event.text("text").split("\n", -1));
      }
      case "planned" ->
          event.objects("vertices").forEach(v -> steps.putIfAbsent(v.text("id"), new Step(v)));
      case "warned" -> warnings.add(event);
      default -> {} // about a step, if we know it
    }
    Step step = steps.get(event.text("vertex"));
    return step == null ? Change.NOTHING : apply(event, step, nowNanos);
  }

  private Change apply(JsonObject event, Step step, long nowNanos) {
    if (step.number() == 0) {
      step.start(step.shown() ? ++begun : begun, event.number("atMicros"), nowNanos);
    }
    double seconds = step.seconds(nowNanos);
    List<StepLog.Line> lines = List.of();
    Kind kind = Kind.OTHER;
    switch (event.text("event")) {
      case "started" -> kind = Kind.STARTED;
      case "output" -> {
        kind = Kind.OUTPUT;
        lines = step.log().add(bytes(event), seconds);
      }
      case "progressed" ->
          step.part(
              event.text("part"), new Step.Part(event.number("current"), event.number("total")));
      case "explained" -> {
        kind = Kind.EXPLAINED;
        step.explain(event);
      }
      case "finished" -> {
        kind = Kind.FINISHED;
        lines = step.log().end(seconds);
        step.finish(event, nowNanos);
      }
      default -> {} // of a daemon that knows more than we do
    }
    return new Change(kind, Optional.of(step), lines);
  }

  private static byte[] bytes(JsonObject output) {
    return output.has("base64")
        ? Base64.getDecoder().decode(output.text("base64"))
        : output.text("text").getBytes(StandardCharsets.UTF_8);
  }

  /// The steps that displays show, in the order of the Dockerfile.
  List<Step> steps() {
    return steps.values().stream().filter(Step::shown).toList();
  }

  /// The step that failed.
  Optional<Step> failed() {
    return steps.values().stream().filter(s -> s.state() == Step.State.FAILED).findFirst();
  }

  List<JsonObject> warnings() {
    return warnings;
  }

  String dockerfileName() {
    return dockerfileName;
  }

  /// The lines of the Dockerfile; none before it was read.
  List<String> dockerfile() {
    return dockerfile;
  }

  /// How long the build has run.
  double seconds(long nowNanos) {
    return (nowNanos - beganNanos) / 1e9;
  }
}
