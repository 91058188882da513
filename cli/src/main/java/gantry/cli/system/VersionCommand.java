package gantry.cli.system;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.command.Versions;
import gantry.cli.flag.Arity;
import gantry.cli.format.ColumnLayout;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.FormatFlag;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// `version`.
public final class VersionCommand {

  public static final Command COMMAND =
      Command.of(
          "[OPTIONS]",
          "Show the Gantry version information",
          Arity.NONE,
          List.of(FormatFlag.forOne()),
          VersionCommand::run);

  private VersionCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    String format = invocation.flags().text("format");
    JsonObject all = JsonObject.create();
    String failure = "";
    JsonObject server = JsonObject.EMPTY;
    try {
      server = session.daemon().get("/version");
      all.put("Client", client(session, session.daemon().version())).put("Server", server);
    } catch (DaemonException e) {
      all.put("Client", client(session, Daemon.NEWEST)).put("Server", JsonNull.NULL);
      failure = e.getMessage();
    }
    session
        .out()
        .print(format.isEmpty() ? text(all.object("Client"), server) : formatted(format, all));
    if (!failure.isEmpty()) {
      throw new CliException(failure);
    }
    return 0;
  }

  /// What this client says of itself, under the names that Docker's clients use.
  public static JsonObject client(Session session, String apiVersion) throws IOException {
    return JsonObject.create()
        .put("Version", Versions.current())
        .put("ApiVersion", apiVersion)
        .put("DefaultAPIVersion", Daemon.NEWEST)
        .put("GitCommit", Versions.build())
        .put("GoVersion", "java" + System.getProperty("java.version"))
        .put("Os", "linux")
        .put("Arch", Versions.architecture())
        .put("BuildTime", System.getProperty("gantry.built", ""))
        .put("Context", session.contexts().current());
  }

  static String formatted(String format, JsonObject data) {
    if (format.equals("json")) {
      return Json.write(data, Json.Escaping.PLAIN) + "\n";
    }
    try {
      return Template.parse(format).execute(data, Missing.ERROR) + "\n";
    } catch (TemplateException e) {
      throw new CliException("template parsing error: " + e.getMessage(), 64);
    }
  }

  private static String text(JsonObject client, JsonObject server) {
    StringBuilder text = new StringBuilder("Client:\n");
    line(text, 1, "Version", client.text("Version"));
    line(text, 1, "API version", apiVersion(client));
    line(text, 1, "Java version", client.text("GoVersion").substring("java".length()));
    line(text, 1, "Git commit", client.text("GitCommit"));
    line(text, 1, "Built", client.text("BuildTime"));
    line(text, 1, "OS/Arch", client.text("Os") + "/" + client.text("Arch"));
    line(text, 1, "Context", client.text("Context"));
    if (!server.members().isEmpty()) {
      String platform = server.object("Platform").text("Name");
      text.append("\nServer:").append(platform.isEmpty() ? "" : " " + platform).append('\n');
      server.objects("Components").forEach(component -> component(text, component));
    }
    return new ColumnLayout(20, 1).layOut(text.toString());
  }

  private static String apiVersion(JsonObject client) {
    String used = client.text("ApiVersion");
    String known = client.text("DefaultAPIVersion");
    return used.equals(known) ? used : used + " (downgraded from " + known + ")";
  }

  private static void component(StringBuilder text, JsonObject component) {
    text.append(' ').append(component.text("Name")).append(":\n");
    line(text, 2, "Version", component.text("Version"));
    JsonObject details = component.object("Details");
    if (component.text("Name").equals("Engine")) {
      line(
          text,
          2,
          "API version",
          details.text("ApiVersion") + " (minimum version " + details.text("MinAPIVersion") + ")");
      String runtime = details.text("GoVersion");
      boolean java = runtime.startsWith("java");
      line(
          text,
          2,
          java ? "Java version" : "Go version",
          java ? runtime.substring("java".length()) : runtime);
      line(text, 2, "Git commit", details.text("GitCommit"));
      line(text, 2, "Built", built(details.text("BuildTime")));
      line(text, 2, "OS/Arch", details.text("Os") + "/" + details.text("Arch"));
      line(text, 2, "Experimental", details.text("Experimental"));
      return;
    }
    for (Map.Entry<String, Object> detail : new TreeMap<>(details.members()).entrySet()) {
      line(text, 2, detail.getKey(), String.valueOf(detail.getValue()));
    }
  }

  private static String built(String time) {
    try {
      return DateTimeFormatter.ofPattern("EEE MMM d HH:mm:ss yyyy", Locale.ROOT)
          .format(OffsetDateTime.parse(time).withOffsetSameInstant(ZoneOffset.UTC));
    } catch (DateTimeParseException _) {
      return time; // worded already
    }
  }

  private static void line(StringBuilder text, int indent, String name, String value) {
    text.repeat(' ', indent).append(name).append(":\t").append(value).append('\n');
  }
}
