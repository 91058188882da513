package gantry.cli.container;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.ImageName;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.ColumnLayout;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// `rm`, `wait`, `rename`, `diff`, `port`, `top` and `commit`.
public final class RecordCommands {

  public static final Command REMOVE =
      Command.of(
              "[OPTIONS] CONTAINER [CONTAINER...]",
              "Remove one or more containers",
              Arity.atLeast(1),
              List.of(
                  Flag.bool("force", 'f', "Kill it first if it runs"),
                  Flag.bool("link", 'l', "Remove the link of that name instead"),
                  Flag.bool("volumes", 'v', "Remove its anonymous volumes too")),
              RecordCommands::remove)
          .alias("container rm", "container remove", "rm");

  public static final Command WAIT =
      Command.of(
              "CONTAINER [CONTAINER...]",
              "Block until one or more containers stop, then print their exit codes",
              Arity.atLeast(1),
              List.of(),
              RecordCommands::await)
          .alias("container wait", "wait");

  public static final Command RENAME =
      Command.of(
              "CONTAINER NEW_NAME",
              "Rename a container",
              Arity.exactly(2),
              List.of(),
              RecordCommands::rename)
          .alias("container rename", "rename");

  public static final Command DIFF =
      Command.of(
              "CONTAINER",
              "Show what a container changed in its file system",
              Arity.exactly(1),
              List.of(),
              RecordCommands::diff)
          .alias("container diff", "diff");

  public static final Command PORT =
      Command.of(
              "CONTAINER [PRIVATE_PORT[/PROTO]]",
              "List port mappings or a specific mapping for the container",
              Arity.between(1, 2),
              List.of(),
              RecordCommands::port)
          .alias("container port", "port");

  public static final Command TOP =
      Command.of(
              "CONTAINER [ps OPTIONS]",
              "Display the running processes of a container",
              Arity.atLeast(1),
              List.of(),
              RecordCommands::top)
          .alias("container top", "top")
          .flagsFirst();

  public static final Command COMMIT =
      Command.of(
              "[OPTIONS] CONTAINER [REPOSITORY[:TAG]]",
              "Create a new image from a container's changes",
              Arity.between(1, 2),
              List.of(
                  Flag.text("author", 'a', "Who made the image"),
                  Flag.list("change", 'c', "Apply a Dockerfile instruction to the image"),
                  Flag.text("message", 'm', "What the commit is for"),
                  Flag.bool("pause", 'p', "Pause the container meanwhile").preset("true"),
                  Flag.bool("no-pause", "Do not pause the container meanwhile").hide()),
              RecordCommands::commit)
          .alias("container commit", "commit");

  private RecordCommands() {}

  private static String path(String name) {
    return "/containers/" + Query.segment(name);
  }

  private static int remove(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    return EachName.atOnce(
        session,
        invocation.arguments(),
        given -> {
          String name = given.startsWith("/") ? given.substring(1) : given;
          if (name.isEmpty()) {
            throw new CliException("container name cannot be empty");
          }
          session
              .daemon()
              .delete(
                  Query.of(path(name))
                      .flag("force", flags.bool("force"))
                      .flag("link", flags.bool("link"))
                      .flag("v", flags.bool("volumes")));
        },
        e -> flags.bool("force") && e.notFound());
  }

  private static int await(Session session, Invocation invocation) throws IOException {
    List<String> failures = new ArrayList<>();
    for (String name : invocation.arguments()) {
      try {
        session.println(
            Long.toString(session.daemon().post(path(name) + "/wait").number("StatusCode")));
        session.out().flush();
      } catch (DaemonException e) {
        failures.add(e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      throw new CliException(String.join("\n", failures));
    }
    return 0;
  }

  private static int rename(Session session, Invocation invocation) throws IOException {
    String from = invocation.argument(0).strip();
    String to = invocation.argument(1).strip();
    if (from.isEmpty() || to.isEmpty()) {
      throw new CliException("Error: Neither old nor new names may be empty");
    }
    try {
      session.daemon().post(Query.of(path(from) + "/rename").add("name", to));
      return 0;
    } catch (DaemonException e) {
      throw new CliException(e.getMessage() + "\nError: failed to rename container named " + from);
    }
  }

  private static int diff(Session session, Invocation invocation) throws IOException {
    for (JsonObject change : session.daemon().getList(path(invocation.argument(0)) + "/changes")) {
      String kind =
          switch ((int) change.number("Kind")) {
            case 0 -> "C";
            case 1 -> "A";
            case 2 -> "D";
            default -> "?";
          };
      session.println(kind + " " + change.text("Path"));
    }
    return 0;
  }

  private static int port(Session session, Invocation invocation) throws IOException {
    JsonObject ports =
        session
            .daemon()
            .get(path(invocation.argument(0)) + "/json")
            .object("NetworkSettings")
            .object("Ports");
    String asked = invocation.argument(1);
    if (!asked.isEmpty()) {
      String port = asked.indexOf('/') < 0 ? asked + "/tcp" : asked;
      List<String> addresses = addresses(ports, port);
      if (addresses.isEmpty()) {
        throw new CliException(
            "Error: No public port '" + asked + "' published for " + invocation.argument(0));
      }
      addresses.forEach(session::println);
      return 0;
    }
    List<String> names = new ArrayList<>(ports.members().keySet());
    names.sort(
        Comparator.comparingInt(RecordCommands::number).thenComparing(Comparator.naturalOrder()));
    for (String name : names) {
      addresses(ports, name).forEach(address -> session.println(name + " -> " + address));
    }
    return 0;
  }

  private static int number(String port) {
    int slash = port.indexOf('/');
    try {
      return Integer.parseInt(slash < 0 ? port : port.substring(0, slash));
    } catch (NumberFormatException _) {
      return Integer.MAX_VALUE; // not a port; shown last
    }
  }

  private static List<String> addresses(JsonObject ports, String port) {
    List<String> addresses = new ArrayList<>();
    for (JsonObject binding : ports.objects(port)) {
      String host = binding.text("HostIp");
      addresses.add(
          (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + binding.text("HostPort"));
    }
    return addresses;
  }

  private static int top(Session session, Invocation invocation) throws IOException {
    List<String> options = invocation.arguments().subList(1, invocation.arguments().size());
    JsonObject processes =
        session
            .daemon()
            .get(
                Query.of(path(invocation.argument(0)) + "/top")
                    .optional("ps_args", String.join(" ", options)));
    StringBuilder text =
        new StringBuilder(String.join("\t", processes.texts("Titles"))).append('\n');
    for (Object row : processes.list("Processes")) {
      if (row instanceof List<?> cells) {
        text.append(String.join("\t", cells.stream().map(Object::toString).toList())).append('\n');
      }
    }
    session.out().print(new ColumnLayout(20, 3).layOut(text.toString()));
    return 0;
  }

  private static int commit(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    Query query = Query.of("/commit").add("container", invocation.argument(0));
    String target = invocation.argument(1);
    if (!target.isEmpty()) {
      ImageName name = parse(target);
      query
          .add("repo", name.familiarName())
          .add("tag", name.tag().isEmpty() ? "latest" : name.tag());
    }
    query.optional("comment", flags.text("message")).optional("author", flags.text("author"));
    flags.list("change").forEach(change -> query.add("changes", change));
    if (!flags.bool("pause") || flags.bool("no-pause")) {
      query.add("pause", "0");
    }
    session.println(session.daemon().post(query, JsonNull.NULL).text("Id"));
    return 0;
  }

  private static ImageName parse(String target) {
    try {
      ImageName name = ImageName.parse(target);
      if (!name.digest().isEmpty()) {
        throw new CliException("cannot commit to digest reference");
      }
      return name;
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }
}
