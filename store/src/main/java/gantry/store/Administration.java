package gantry.store;

import gantry.http.Exchange;
import gantry.http.Handler;
import gantry.oci.Json;
import gantry.store.access.Action;
import gantry.store.access.Robots;
import gantry.store.content.Collector;
import gantry.store.content.Glob;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/// What the owner of a Store does with it, for a socket that nobody else can open.
///
/// `POST /gc?dry-run=true` · `GET /robots` · `POST /robots?name=&repository=&may=&days=` · `DELETE
/// /robots?name=`. Answers are JSON.
public final class Administration implements Handler {
  private static final int DAYS_MAX = 3650;

  private final Store store;

  public Administration(Store store) {
    this.store = store;
  }

  @Override
  public boolean immediate(String method, String path) {
    return false;
  }

  @Override
  public void handle(Exchange exchange) throws IOException {
    byte[] answer =
        Json.write(
            answer(exchange.method() + " " + exchange.path(), name -> exchange.query().text(name)));
    exchange.send(200, "application/json", answer, answer.length);
  }

  /// Where the parameters of a command come from; empty text for one that was not given.
  public interface Parameters {
    String of(String name);
  }

  /// Carries out `GET /robots` and the like.
  ///
  /// @throws IllegalArgumentException saying what is wrong with a parameter
  public Object answer(String command, Parameters parameters) throws IOException {
    return switch (command) {
      case "POST /gc" -> collect(parameters);
      case "GET /robots" -> store.robots().list().stream().map(Administration::shown).toList();
      case "POST /robots" -> create(parameters);
      case "DELETE /robots" -> Map.of("removed", store.robots().remove(parameters.of("name")));
      default -> throw new IllegalArgumentException("there is no '" + command + "'");
    };
  }

  private Collector.Report collect(Parameters parameters) throws IOException {
    return store.collect(parameters.of("dry-run").equals("true"));
  }

  private static Map<String, Object> shown(Robots.Robot robot) {
    return Map.of(
        "name", robot.name(),
        "repository", robot.repository(),
        "may", robot.may(),
        "expires", Instant.ofEpochSecond(robot.expires()).toString());
  }

  private Map<String, String> create(Parameters parameters) throws IOException {
    String days = parameters.of("days").isEmpty() ? "90" : parameters.of("days");
    if (!days.matches("[1-9]\\d{0,3}") || Integer.parseInt(days) > DAYS_MAX) {
      throw new IllegalArgumentException("--days is 1 to " + DAYS_MAX + ", got '" + days + "'");
    }
    Set<Action> may = EnumSet.noneOf(Action.class);
    for (String word : parameters.of("may").split(",", -1)) {
      may.add(
          Action.parse(word)
              .orElseThrow(
                  () ->
                      new IllegalArgumentException(
                          "--may is of pull, push and delete, got '" + word + "'")));
    }
    String repository = parameters.of("repository");
    String token =
        store
            .robots()
            .create(
                parameters.of("name"),
                Glob.of(repository.isEmpty() ? "**" : repository),
                may,
                Instant.now().plus(Duration.ofDays(Integer.parseInt(days))));
    return Map.of("user", "robot+" + parameters.of("name"), "token", token);
  }

  @Override
  public void failed(Exchange exchange, Throwable failure) {
    byte[] bytes = Json.write(Map.of("error", String.valueOf(failure.getMessage())));
    int status = failure instanceof IllegalArgumentException ? 400 : 500;
    exchange.send(status, "application/json", bytes, bytes.length);
  }
}
