package gantry.cli.build;

import gantry.cli.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A step of a build, as far as it has got.
final class Step {
  private static final long MICROS = 1_000_000;

  /// Where a step stands.
  enum State {
    WAITING,
    RUNNING,
    CACHED,
    BUILT,
    FAILED,
    CANCELLED;

    boolean ended() {
      return this != WAITING && this != RUNNING;
    }
  }

  /// How far a part of a step is, in bytes.
  ///
  /// @param total 0 where it is not known
  record Part(long current, long total) {
    /// Whether it has no size, and its name is all there is to say.
    boolean isMessage() {
      return current == 0 && total == 0;
    }
  }

  private final JsonObject vertex;
  private final StepLog log = new StepLog();
  private final Map<String, Part> parts = new LinkedHashMap<>();
  private State state = State.WAITING;
  private int number;
  private long startedMicros;
  private long finishedMicros;
  private long startedNanos;
  private long finishedNanos;
  private String message = "";
  private boolean hit;
  private List<String> reasons = List.of();

  Step(JsonObject vertex) {
    this.vertex = vertex;
  }

  void start(int nextNumber, long atMicros, long nowNanos) {
    number = nextNumber;
    state = State.RUNNING;
    startedMicros = atMicros;
    startedNanos = nowNanos;
  }

  void finish(JsonObject event, long nowNanos) {
    state =
        switch (event.text("outcome")) {
          case "cached" -> State.CACHED;
          case "built" -> State.BUILT;
          case "failed" -> State.FAILED;
          default -> State.CANCELLED;
        };
    finishedMicros = event.number("atMicros");
    finishedNanos = nowNanos;
    message = event.text("message");
  }

  void part(String name, Part part) {
    parts.put(name, part);
  }

  void explain(JsonObject event) {
    hit = event.bool("hit");
    reasons = event.texts("reasons");
  }

  /// The digest that events name it by.
  String id() {
    return vertex.text("id");
  }

  String name() {
    return vertex.text("name");
  }

  /// Name or number of its stage; empty for the builder's own work.
  String stage() {
    return vertex.text("stage");
  }

  /// Its line in the Dockerfile, from 1; 0 for none.
  int line() {
    return (int) vertex.number("line");
  }

  /// Whether displays show it: what only says something about the image takes no time.
  boolean shown() {
    return !vertex.text("work").equals("configuration");
  }

  /// In the order in which the steps began, from 1; 0 before.
  int number() {
    return number;
  }

  State state() {
    return state;
  }

  StepLog log() {
    return log;
  }

  Map<String, Part> parts() {
    return parts;
  }

  /// Why it failed; empty if it did not.
  String message() {
    return message;
  }

  /// Whether it was found in the cache, as far as [#reasons] says.
  boolean hit() {
    return hit;
  }

  /// Why it was, or was not, in the cache; empty where that was not asked for.
  List<String> reasons() {
    return reasons;
  }

  /// How long it has run, or ran.
  double seconds(long nowNanos) {
    return switch (state) {
      case WAITING -> 0;
      case RUNNING -> (nowNanos - startedNanos) / 1e9;
      // By the daemon's clock, which saw both; by ours where it did not see the beginning.
      default ->
          startedMicros > 0
              ? Math.max(0, finishedMicros - startedMicros) / (double) MICROS
              : Math.max(0, finishedNanos - startedNanos) / 1e9;
    };
  }

  long startedMicros() {
    return startedMicros;
  }

  long finishedMicros() {
    return finishedMicros;
  }
}
