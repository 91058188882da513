package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.event.Event;
import gantry.engine.event.Events;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/// What happens, as a stream.
final class EventRoutes {
  private static final String JSON_SEQUENCE = "application/json-seq";
  private static final byte RECORD_SEPARATOR = 0x1e; // RFC 7464

  private EventRoutes() {}

  static void addTo(Routes routes) {
    routes.add("GET", "/events", EventRoutes::events);
  }

  private static void events(Call call) throws Exception {
    Optional<Instant> since = GoTime.unix("since", call.text("since"));
    Optional<Instant> until = GoTime.unix("until", call.text("until"));
    if (since.isPresent() && until.isPresent() && since.get().isAfter(until.get())) {
      throw Call.invalid(
          "`since` time (%s) cannot be after `until` time (%s)"
              .formatted(call.text("since"), call.text("until")));
    }
    boolean past = until.isPresent() && until.get().isBefore(Instant.now());
    // Without a beginning, an end in the past means all that is remembered.
    Optional<Instant> from =
        since.or(() -> replays(call, past) ? Optional.of(Instant.EPOCH) : Optional.empty());
    EventFilter filter = new EventFilter(Filters.parse(call.text("filters")), call.version());
    String type = contentType(call.exchange().header("Accept").orElse(""));
    try (Events.Subscription subscription = call.engine().events().subscribe(from, filter);
        var _ = call.exchange().interruptWhenClientGoes();
        OutputStream out = call.exchange().stream(200, type)) {
      out.flush();
      send(subscription, until, out, type.equals(JSON_SEQUENCE));
    } catch (InterruptedException | InterruptedIOException _) {
      // The client is gone, which is how most of these streams end.
    }
  }

  private static boolean replays(Call call, boolean past) {
    return past || call.query().has("since");
  }

  private static void send(
      Events.Subscription subscription, Optional<Instant> until, OutputStream out, boolean sequence)
      throws Exception {
    while (true) {
      Optional<Event> event = subscription.next(until);
      if (event.isEmpty() || until.map(end -> event.get().time().isAfter(end)).orElse(false)) {
        return;
      }
      if (sequence) {
        out.write(RECORD_SEPARATOR);
      }
      json(event.get()).writeTo(out, "\n");
      out.flush();
    }
  }

  private static String contentType(String accept) {
    return switch (accept) {
      case "application/jsonl", "application/x-ndjson", JSON_SEQUENCE -> accept;
      default -> "application/json";
    };
  }

  private static JsonWriter json(Event event) {
    JsonWriter json = new JsonWriter().object();
    boolean legacy = event.type().equals("container") || event.type().equals("image");
    if (legacy) {
      json.put("status", event.action()).put("id", event.id());
      json.putSome("from", event.attributes().getOrDefault("image", ""));
    }
    json.put("Type", event.type()).put("Action", event.action());
    json.object("Actor").put("ID", event.id()).put("Attributes", event.attributes()).end();
    json.put("scope", "local").put("time", event.time().getEpochSecond());
    return json.put("timeNano", nanos(event.time())).end();
  }

  private static long nanos(Instant time) {
    return Duration.between(Instant.EPOCH, time).toNanos();
  }
}
