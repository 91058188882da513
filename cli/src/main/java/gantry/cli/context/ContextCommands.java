package gantry.cli.context;

import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.config.Contexts;
import gantry.cli.config.Contexts.Context;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.format.GoNumbers;
import gantry.cli.inspect.Inspection;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.FormatFlag;
import gantry.cli.listing.Listing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// `context create`, `inspect`, `ls`, `rm`, `show` and `use`.
public final class ContextCommands {

  public static final Command CREATE =
      Command.of(
          "[OPTIONS] CONTEXT",
          "Create a context",
          Arity.exactly(1),
          List.of(
              Flag.text("description", "What it is for"),
              Flag.of(
                      FlagType.STRINGS,
                      "docker",
                      "Its daemon: from=CONTEXT, host=URL, ca=FILE, cert=FILE, key=FILE, skip-tls-verify=BOOL")
                  .checked(ContextCommands::requirePairs),
              Flag.text("from", "Copy this context")),
          ContextCommands::create);

  public static final Command INSPECT =
      Command.of(
          "[OPTIONS] [CONTEXT] [CONTEXT...]",
          "Display detailed information on one or more contexts",
          Arity.ANY,
          List.of(FormatFlag.forOne()),
          ContextCommands::inspect);

  public static final Command LIST =
      Command.of(
              "[OPTIONS]",
              "List contexts",
              Arity.NONE,
              List.of(FormatFlag.forLists(), Flag.bool("quiet", 'q', "Show names alone")),
              ContextCommands::list)
          .alias("context ls", "context list");

  public static final Command REMOVE =
      Command.of(
              "CONTEXT [CONTEXT...]",
              "Remove one or more contexts",
              Arity.atLeast(1),
              List.of(Flag.bool("force", 'f', "Remove a context in use too")),
              ContextCommands::remove)
          .alias("context rm", "context remove");

  public static final Command SHOW =
      Command.of(
          "",
          "Print the name of the current context",
          Arity.NONE,
          List.of(),
          (session, _) -> {
            session.println(session.contexts().current());
            return 0;
          });

  public static final Command USE =
      Command.of(
          "CONTEXT",
          "Set the current context",
          Arity.ANY, // refused in words of its own
          List.of(),
          ContextCommands::use);

  private static final String TABLE =
      "table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}";
  private static final int ERROR_LENGTH = 45;

  private ContextCommands() {}

  private static void requireValid(String name) {
    if (name.equals(Contexts.DEFAULT)) {
      throw new CliException("\"default\" is a reserved context name");
    }
    if (!Contexts.valid(name)) {
      throw new CliException(
          "context name \""
              + name
              + "\" is invalid, names are validated against regexp \"^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$\"");
    }
  }

  // ---- create

  private static void requirePairs(String value) {
    for (String pair : value.split(",", -1)) {
      if (pair.indexOf('=') < 0) {
        throw new IllegalArgumentException(pair + " must be formatted as key=value");
      }
    }
  }

  private static int create(Session session, Invocation invocation) throws IOException {
    String name = invocation.argument(0);
    Contexts contexts = session.contexts();
    requireValid(name);
    if (Files.exists(contexts.metadata(name).resolve("meta.json"))) {
      throw new CliException("context \"" + name + "\" already exists");
    }
    List<String> endpoint = invocation.flags().list("docker");
    String from = invocation.flags().text("from");
    Context base =
        from.isEmpty() && !endpoint.isEmpty()
            ? new Context(name, "", "", false, Map.of())
            : contexts.find(from.isEmpty() ? contexts.current() : from);
    String description = invocation.flags().text("description");
    Context made = endpoint.isEmpty() ? base : endpoint(contexts, base, endpoint);
    contexts.create(
        new Context(
            name,
            description.isEmpty() ? base.description() : description,
            made.host(),
            made.skipsTlsVerify(),
            made.tls()));
    session.println(name);
    session.complain("Successfully created context \"" + name + "\"");
    return 0;
  }

  private static Context endpoint(Contexts contexts, Context base, List<String> pairs)
      throws IOException {
    String host = base.host();
    boolean skips = base.skipsTlsVerify();
    Map<String, byte[]> tls = new TreeMap<>(base.tls());
    for (String pair : pairs) {
      int equals = pair.indexOf('=');
      String value = pair.substring(equals + 1);
      switch (pair.substring(0, equals)) {
        case "from" -> {
          Context other = contexts.find(value);
          return new Context(base.name(), "", other.host(), other.skipsTlsVerify(), other.tls());
        }
        case "host" -> host = value;
        case "ca" -> tls.put("ca.pem", file(value));
        case "cert" -> tls.put("cert.pem", file(value));
        case "key" -> tls.put("key.pem", file(value));
        case "skip-tls-verify" -> skips = truth(value);
        default -> throw unusable("unrecognized config key: " + pair.substring(0, equals));
      }
    }
    return new Context(base.name(), "", host, skips, tls);
  }

  private static boolean truth(String value) {
    try {
      return GoNumbers.parseBool(value);
    } catch (IllegalArgumentException _) {
      throw unusable("skip-tls-verify: parsing \"" + value + "\": invalid syntax");
    }
  }

  private static byte[] file(String path) throws IOException {
    try {
      return Files.readAllBytes(Path.of(path));
    } catch (NoSuchFileException _) {
      throw unusable("open " + path + ": no such file or directory");
    }
  }

  private static CliException unusable(String reason) {
    return new CliException("unable to create docker endpoint config: " + reason);
  }

  // ---- inspect

  private static int inspect(Session session, Invocation invocation) throws IOException {
    Contexts contexts = session.contexts();
    List<String> names = invocation.arguments();
    return Inspection.print(
        session,
        names.isEmpty() ? List.of(contexts.current()) : names,
        invocation.flags().text("format"),
        name -> describe(contexts, name));
  }

  private static byte[] describe(Contexts contexts, String name) throws IOException {
    Context context;
    try {
      context = contexts.find(name);
    } catch (Contexts.NotFoundException e) {
      throw new DaemonException(404, String.valueOf(e.getMessage()));
    }
    JsonObject tls = JsonObject.create();
    if (!context.tls().isEmpty()) {
      tls.put("docker", List.copyOf(context.tls().keySet()));
    }
    boolean kept = !name.equals(Contexts.DEFAULT);
    JsonObject json =
        Contexts.metadata(context)
            .put("TLSMaterial", tls)
            .put(
                "Storage",
                JsonObject.create()
                    .put("MetadataPath", kept ? contexts.metadata(name).toString() : "<IN MEMORY>")
                    .put("TLSPath", kept ? contexts.tls(name).toString() : "<IN MEMORY>"));
    return Json.write(json, Json.Escaping.HTML).getBytes(StandardCharsets.UTF_8);
  }

  // ---- ls

  /// A row of the list; of a context in use that cannot be read, why.
  private record Entry(
      String name, String description, String host, boolean current, String error) {
    static final Listing<Entry> LISTING =
        new Listing<>(
            "*formatter.clientContextContext",
            List.of(
                Column.of("Current", "", Entry::current),
                Column.of("Description", "DESCRIPTION", Entry::description),
                Column.of("DockerEndpoint", "DOCKER ENDPOINT", Entry::host),
                Column.of("Error", "ERROR", Entry::error),
                Column.of("Name", "NAME", Entry::name)));

    static Entry unreadable(String name, String reason) {
      String error =
          reason.length() > ERROR_LENGTH ? reason.substring(0, ERROR_LENGTH - 1) + "…" : reason;
      return new Entry(name, "", "", true, error);
    }
  }

  private static int list(Session session, Invocation invocation) throws IOException {
    Contexts contexts = session.contexts();
    String current = contexts.current();
    List<Entry> entries = new ArrayList<>();
    for (Context context : contexts.all()) {
      entries.add(
          new Entry(
              context.name(),
              context.description(),
              context.host(),
              context.name().equals(current),
              ""));
    }
    if (entries.stream().noneMatch(Entry::current)) {
      try {
        contexts.find(current);
      } catch (Contexts.NotFoundException e) {
        entries.add(Entry.unreadable(current, String.valueOf(e.getMessage())));
      }
    }
    entries.sort(Comparator.comparing(Entry::name));
    String format = invocation.flags().text("format");
    if (invocation.flags().bool("quiet")) {
      format = "{{.Name}}";
    } else if (format.isEmpty() || FormatFlag.isTable(format)) {
      format = TABLE;
    }
    session.out().print(Entry.LISTING.print(format, entries));
    warnOfOverride(session, "a context");
    return 0;
  }

  private static void warnOfOverride(Session session, String wanted) {
    for (String variable : List.of("GANTRY_HOST", "DOCKER_HOST")) {
      if (!session.environment().getOrDefault(variable, "").isEmpty()) {
        session.complain(
            "Warning: "
                + variable
                + " environment variable overrides the active context. To use "
                + wanted
                + ", either set the global --context flag, or unset "
                + variable
                + " environment variable.");
      }
    }
  }

  // ---- rm, use

  private static int remove(Session session, Invocation invocation) throws IOException {
    boolean force = invocation.flags().bool("force");
    Contexts contexts = session.contexts();
    List<String> failures = new ArrayList<>();
    for (String name : invocation.arguments()) {
      String failure = remove(session, contexts, name, force);
      if (failure.isEmpty()) {
        session.println(name);
      } else {
        failures.add("context \"" + name + "\" " + failure);
      }
    }
    if (!failures.isEmpty()) {
      throw new CliException(String.join("\n", failures));
    }
    return 0;
  }

  /// Why it was not removed, or the empty text.
  private static String remove(Session session, Contexts contexts, String name, boolean force)
      throws IOException {
    if (name.equals(Contexts.DEFAULT)) {
      return "cannot be removed";
    }
    boolean there = Files.exists(contexts.metadata(name));
    if (!there && !force) {
      return "does not exist";
    }
    if (name.equals(contexts.current())) {
      if (!force) {
        return "is in use, set -f flag to force remove";
      }
      session.config().use("");
    }
    contexts.remove(name);
    return "";
  }

  private static int use(Session session, Invocation invocation) throws IOException {
    if (invocation.arguments().size() != 1) {
      throw new CliException("accepts 1 arg(s), received " + invocation.arguments().size());
    }
    String name = invocation.argument(0);
    boolean preset = name.equals(Contexts.DEFAULT);
    if (!preset) {
      requireValid(name);
      session.contexts().find(name);
    }
    session.config().use(preset ? "" : name);
    session.println(name);
    session.complain("Current context is now \"" + name + "\"");
    if (!preset) {
      warnOfOverride(session, "\"" + name + "\"");
    }
    return 0;
  }
}
