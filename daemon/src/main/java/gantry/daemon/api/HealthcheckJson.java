package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonWriter;
import gantry.engine.container.Healthcheck;
import java.time.Duration;

/// A `Healthcheck`, whose durations are nanoseconds.
final class HealthcheckJson {
  private static final Duration SHORTEST = Duration.ofMillis(1);

  private HealthcheckJson() {}

  static void write(JsonWriter json, Healthcheck check) {
    json.object("Healthcheck").putSome("Test", check.test());
    json.putSome("Interval", check.interval().toNanos());
    json.putSome("Timeout", check.timeout().toNanos());
    json.putSome("StartPeriod", check.startPeriod().toNanos());
    json.putSome("StartInterval", check.startInterval().toNanos());
    json.putSome("Retries", check.retries()).end();
  }

  static Healthcheck read(JsonObject json) {
    int retries = json.integer("Retries");
    if (retries < 0) {
      throw Call.invalid("Retries in Healthcheck cannot be negative");
    }
    return new Healthcheck(
        json.strings("Test"),
        duration(json, "Interval"),
        duration(json, "Timeout"),
        duration(json, "StartPeriod"),
        duration(json, "StartInterval"),
        retries);
  }

  private static Duration duration(JsonObject json, String name) {
    Duration duration = Duration.ofNanos(json.number(name));
    if (!duration.isZero() && duration.compareTo(SHORTEST) < 0) {
      throw Call.invalid(name + " in Healthcheck cannot be less than 1ms");
    }
    return duration;
  }
}
