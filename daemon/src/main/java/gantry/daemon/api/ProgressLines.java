package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.image.Images;
import gantry.http.Exchange;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/// Lines of progress; the response begins with the first, so that a failure before it has a status
/// of its own, and one after it a line.
final class ProgressLines {
  private final Exchange exchange;
  private Optional<OutputStream> out = Optional.empty();

  ProgressLines(Exchange exchange) {
    this.exchange = exchange;
  }

  boolean begun() {
    return out.isPresent();
  }

  void send(JsonWriter json) {
    try {
      OutputStream stream = out.orElseGet(() -> exchange.stream(200, "application/json"));
      out = Optional.of(stream);
      json.writeTo(stream, "\r\n");
      stream.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void status(String text) {
    send(new JsonWriter().object().put("status", text).end());
  }

  void status(String text, String id) {
    send(new JsonWriter().object().put("status", text).put("id", id).end());
  }

  void stream(String text) {
    send(new JsonWriter().object().put("stream", text).end());
  }

  /// The id of what was made.
  void made(String id) {
    send(new JsonWriter().object().object("aux").put("ID", id).end().end());
  }

  void failure(Throwable failure) {
    failure(DockerApi.message(failure), Optional.empty());
  }

  /// @param code of the command that failed
  void failure(String message, Optional<Integer> code) {
    JsonWriter json = new JsonWriter().object().object("errorDetail");
    code.ifPresent(number -> json.put("code", number));
    send(json.put("message", message).end().put("error", message).end());
  }

  void layer(Images.Progress.Layer layer) {
    JsonWriter json = new JsonWriter().object().put("status", layer.status());
    json.object("progressDetail").putSome("current", layer.current());
    json.putSome("total", layer.total()).end();
    if (layer.current() > 0 || layer.total() > 0) {
      json.put("progress", ProgressBar.of(layer.current(), layer.total()));
    }
    send(json.putSome("id", layer.id()).end());
  }
}
