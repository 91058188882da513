package gantry.cli.system;

import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Timestamps;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.FormatFlag;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/// `events`.
public final class EventsCommand {

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS]",
              "Get real time events from the server",
              Arity.NONE,
              List.of(
                  Flag.of(
                      FlagType.FILTER,
                      "filter",
                      'f',
                      "Show only what matches, e.g. \"type=container\""),
                  FormatFlag.forOne(),
                  Flag.text("since", "Show events since a time, or a span before now"),
                  Flag.text("until", "End at a time, or a span before now")),
              EventsCommand::run)
          .alias("system events", "events");

  /// What Go calls the members that JSON writes in lower case.
  private static final Map<String, String> GO_NAMES =
      Map.of(
          "status",
          "Status",
          "id",
          "ID",
          "from",
          "From",
          "scope",
          "Scope",
          "time",
          "Time",
          "timeNano",
          "TimeNano");

  private EventsCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    Query query =
        Query.of("/events")
            .optional("since", time(flags.text("since")))
            .optional("until", time(flags.text("until")))
            .filters(flags.list("filter"));
    Function<JsonObject, String> wording = wording(flags.text("format"));
    try (Json.Stream events = Json.stream(session.daemon().open("GET", query).body())) {
      for (Optional<JsonObject> event = events.nextObject();
          event.isPresent();
          event = events.nextObject()) {
        session.println(wording.apply(event.get()));
        session.out().flush();
      }
    }
    return 0;
  }

  private static String time(String value) {
    try {
      return value.isEmpty()
          ? value
          : Timestamps.parse(value, Instant.now(), ZoneId.systemDefault());
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  private static Function<JsonObject, String> wording(String format) {
    if (format.isEmpty()) {
      return EventsCommand::line;
    }
    if (format.equals("json") || format.equals("{{json .}}")) {
      return event -> Json.write(event, Json.Escaping.PLAIN);
    }
    try {
      Template template = Template.parse(format);
      return event -> template.execute(goNames(event), Missing.NO_VALUE);
    } catch (TemplateException e) {
      throw new CliException("Error parsing format: " + e.getMessage(), 64);
    }
  }

  private static JsonObject goNames(JsonObject event) {
    JsonObject named =
        JsonObject.create().put("Status", "").put("ID", "").put("From", "").put("Scope", "");
    event.members().forEach((name, value) -> named.put(GO_NAMES.getOrDefault(name, name), value));
    return named;
  }

  private static String line(JsonObject event) {
    long nanos = event.number("timeNano");
    Instant time =
        nanos != 0 ? Instant.ofEpochSecond(0, nanos) : Instant.ofEpochSecond(event.number("time"));
    String when =
        DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnnXXX", Locale.ROOT)
            .withZone(ZoneId.systemDefault())
            .format(time);
    StringBuilder line = new StringBuilder(when);
    line.append(' ')
        .append(event.text("Type"))
        .append(' ')
        .append(event.text("Action"))
        .append(' ')
        .append(event.object("Actor").text("ID"));
    Map<String, Object> attributes =
        new TreeMap<>(event.object("Actor").object("Attributes").members());
    if (!attributes.isEmpty()) {
      List<String> pairs = new ArrayList<>();
      attributes.forEach((name, value) -> pairs.add(name + "=" + value));
      line.append(" (").append(String.join(", ", pairs)).append(')');
    }
    return line.toString();
  }
}
