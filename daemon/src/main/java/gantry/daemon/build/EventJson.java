package gantry.daemon.build;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.daemon.json.JsonWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Locale;

/// An event of a build as one line of `POST /gantry/build`'s answer; see docs/build-protocol.md.
final class EventJson {
  private EventJson() {}

  static JsonWriter of(BuildEvent event) {
    JsonWriter json = new JsonWriter().object();
    switch (event) {
      case BuildEvent.DockerfileRead read ->
          json.put("event", "dockerfile").put("file", read.file()).put("text", read.text());
      case BuildEvent.Planned planned -> {
        json.put("event", "planned");
        json.putEach("vertices", planned.vertices(), vertex -> vertex(json, vertex));
      }
      case BuildEvent.Started started -> {
        json.put("event", "started").put("vertex", started.vertex().toString());
        at(json, started.at());
      }
      case BuildEvent.Output output -> {
        json.put("event", "output").put("vertex", output.vertex().toString());
        json.putSome("error", output.error());
        bytes(json, output.bytes());
      }
      case BuildEvent.Progressed progressed -> {
        json.put("event", "progressed").put("vertex", progressed.vertex().toString());
        json.put("part", progressed.part()).put("current", progressed.current());
        json.putSome("total", progressed.total());
        at(json, progressed.at());
      }
      case BuildEvent.Explained explained -> {
        json.put("event", "explained").put("vertex", explained.vertex().toString());
        json.put("hit", explained.hit()).put("reasons", explained.reasons());
      }
      case BuildEvent.Finished finished -> {
        json.put("event", "finished").put("vertex", finished.vertex().toString());
        at(json, finished.at());
        outcome(json, finished.outcome());
      }
      case BuildEvent.Warned warned -> warned(json.put("event", "warned"), warned);
    }
    return json.end();
  }

  private static void vertex(JsonWriter json, Vertex vertex) {
    json.object().put("id", vertex.id().toString()).put("name", vertex.name());
    json.putSome("stage", vertex.stage()).putSome("step", vertex.step());
    json.putSome("steps", vertex.steps()).putSome("instruction", vertex.instruction());
    json.putSome("line", vertex.line());
    json.put("work", vertex.work().name().toLowerCase(Locale.ROOT));
    json.put("inputs", vertex.inputs().stream().map(Object::toString).toList()).end();
  }

  private static void outcome(JsonWriter json, Outcome outcome) {
    switch (outcome) {
      case Outcome.Cached cached ->
          json.put("outcome", "cached").put("result", cached.result().toString());
      case Outcome.Built built ->
          json.put("outcome", "built").put("result", built.result().toString());
      case Outcome.Failed failed -> {
        json.put("outcome", "failed").put("message", failed.message());
        failed
            .exit()
            .ifPresent(exit -> json.put("command", exit.command()).put("exitCode", exit.code()));
      }
      case Outcome.Cancelled _ -> json.put("outcome", "cancelled");
    }
  }

  private static void warned(JsonWriter json, BuildEvent.Warned warned) {
    json.put("rule", warned.rule()).put("message", warned.message());
    json.putSome("file", warned.file()).putSome("line", warned.line());
    json.put("source", warned.source());
  }

  private static void at(JsonWriter json, Instant time) {
    json.put("atMicros", ChronoUnit.MICROS.between(Instant.EPOCH, time));
  }

  private static void bytes(JsonWriter json, ByteBuffer bytes) {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate());
      json.put("text", text.toString());
    } catch (CharacterCodingException _) {
      byte[] raw = new byte[bytes.remaining()];
      bytes.duplicate().get(raw);
      json.put("base64", Base64.getEncoder().encodeToString(raw));
    }
  }
}
