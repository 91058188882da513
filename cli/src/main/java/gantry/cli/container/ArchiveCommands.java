package gantry.cli.container;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Prompt;
import gantry.cli.command.Session;
import gantry.cli.command.TarOutput;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.http.Response;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.List;

/// `export` and `container prune`.
public final class ArchiveCommands {

  public static final Command EXPORT =
      Command.of(
              "[OPTIONS] CONTAINER",
              "Export a container's filesystem as a tar archive",
              Arity.exactly(1),
              List.of(Flag.text("output", 'o', "Write to a file instead of standard output")),
              ArchiveCommands::export)
          .alias("container export", "export");

  public static final Command PRUNE =
      Command.of(
          "[OPTIONS]",
          "Remove all stopped containers",
          Arity.NONE,
          List.of(
              Flag.of(FlagType.FILTER, "filter", "Prune only what matches, e.g. \"until=24h\""),
              Flag.bool("force", 'f', "Do not ask")),
          ArchiveCommands::prune);

  private ArchiveCommands() {}

  private static int export(Session session, Invocation invocation) throws IOException {
    String file = invocation.flags().text("output");
    TarOutput.check(file);
    try (Response response =
        session
            .daemon()
            .open("GET", "/containers/" + Query.segment(invocation.argument(0)) + "/export")) {
      TarOutput.copy(session, response.body(), file);
    }
    return 0;
  }

  private static int prune(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    if (!flags.bool("force")
        && !Prompt.confirms(session, "WARNING! This will remove all stopped containers.")) {
      return 0;
    }
    double reclaimed = pruneContainers(session, flags.list("filter"));
    session.println("Total reclaimed space: " + Units.decimalSize(reclaimed));
    return 0;
  }

  /// Prunes and lists what was removed; returns the bytes that are free now.
  public static double pruneContainers(Session session, List<String> filters) throws IOException {
    JsonObject report = session.daemon().post(Query.of("/containers/prune").filters(filters));
    List<String> deleted = report.texts("ContainersDeleted");
    if (!deleted.isEmpty()) {
      session.println("Deleted Containers:\n" + String.join("\n", deleted) + "\n");
    }
    return report.real("SpaceReclaimed");
  }
}
