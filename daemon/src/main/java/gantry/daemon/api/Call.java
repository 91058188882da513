package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import gantry.daemon.json.JsonWriter;
import gantry.engine.Engine;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.http.Exchange;
import gantry.http.Query;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// One request to the API, on its way through its handler.
final class Call {
  private static final int FORM_LIMIT_BYTES = 10 << 20;

  private final Supplier<Engine> engine;
  private final Exchange exchange;
  private final ApiVersion version;
  private final Map<String, String> variables;

  Call(
      Supplier<Engine> engine,
      Exchange exchange,
      ApiVersion version,
      Map<String, String> variables) {
    this.engine = engine;
    this.exchange = exchange;
    this.version = version;
    this.variables = variables;
  }

  /// The engine; waits until it is open.
  Engine engine() {
    return engine.get();
  }

  Exchange exchange() {
    return exchange;
  }

  ApiVersion version() {
    return version;
  }

  /// What stands in the path where the route has `{name}`.
  String variable(String name) {
    return variables.getOrDefault(name, "");
  }

  Query query() {
    return exchange.query();
  }

  String text(String parameter) {
    return query().text(parameter);
  }

  /// A parameter that says something.
  Optional<String> some(String parameter) {
    return query().first(parameter).filter(text -> !text.isEmpty());
  }

  /// A boolean parameter, in the many ways clients write one; false when absent.
  boolean flag(String parameter) {
    return flag(parameter, false);
  }

  boolean flag(String parameter, boolean absent) {
    return query().first(parameter).map(Call::isTrue).orElse(absent);
  }

  private static boolean isTrue(String text) {
    return switch (text.strip().toLowerCase(Locale.ROOT)) {
      case "", "0", "no", "false", "none" -> false;
      default -> true;
    };
  }

  /// A whole number; empty when absent.
  Optional<Integer> number(String parameter) {
    return some(parameter)
        .map(
            text -> {
              try {
                return Integer.valueOf(text);
              } catch (NumberFormatException _) {
                throw invalid(
                    "invalid value for '%s': \"%s\" is not a whole number"
                        .formatted(parameter, text));
              }
            });
  }

  Filters filters(String... names) {
    return Filters.parse(text("filters")).accepting(names);
  }

  /// The request's JSON; empty when there is no body, or it says `null`.
  Optional<JsonObject> optionalJson() throws IOException {
    if (exchange.bodyLength() == 0) {
      return Optional.empty();
    }
    checkContentType();
    return JsonReader.readObject(exchange.body());
  }

  /// The request's JSON; an object without fields when there is none.
  JsonObject json() throws IOException {
    return optionalJson().orElseGet(JsonObject::empty);
  }

  /// The request's JSON where there must be some.
  Optional<JsonObject> requiredJson() throws IOException {
    checkContentType();
    return JsonReader.readObject(exchange.body());
  }

  private void checkContentType() {
    String type = exchange.header("Content-Type").orElse("");
    if (type.isEmpty() && exchange.bodyLength() == 0) {
      return;
    }
    int semicolon = type.indexOf(';');
    String media = (semicolon < 0 ? type : type.substring(0, semicolon)).strip();
    if (!media.equalsIgnoreCase("application/json")) {
      throw invalid(
          type.isEmpty()
              ? "malformed Content-Type header (): mime: no media type"
              : "unsupported Content-Type header (" + type + "): must be 'application/json'");
    }
  }

  /// Takes the parameters of a form body too.
  void readForm() throws IOException {
    if (exchange.bodyLength() == 0) {
      return;
    }
    String type = exchange.header("Content-Type").orElse("");
    if (type.startsWith("application/x-www-form-urlencoded")) {
      byte[] form = exchange.body().readNBytes(FORM_LIMIT_BYTES);
      query().add(new String(form, StandardCharsets.UTF_8));
    }
  }

  void reply(int status) {
    exchange.send(status);
  }

  void reply(int status, JsonWriter json) {
    json.send(exchange, status);
  }

  void reply(JsonWriter json) {
    json.send(exchange, 200);
  }

  static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }

  static EngineException notImplemented(String message) {
    return new EngineException(ErrorKind.NOT_IMPLEMENTED, message);
  }

  static EngineException notFound(String message) {
    return new EngineException(ErrorKind.NOT_FOUND, message);
  }
}
