package gantry.cli.network;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Prompt;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import java.io.IOException;
import java.util.List;

/// `network rm` and `network prune`.
public final class RemovalCommands {

  public static final Command REMOVE =
      Command.of(
              "NETWORK [NETWORK...]",
              "Remove one or more networks",
              Arity.atLeast(1),
              List.of(Flag.bool("force", 'f', "Say nothing of networks that are not there")),
              RemovalCommands::remove)
          .alias("network rm", "network remove");

  public static final Command PRUNE =
      Command.of(
          "[OPTIONS]",
          "Remove all unused networks",
          Arity.NONE,
          List.of(
              Flag.of(FlagType.FILTER, "filter", "Prune only what matches, e.g. \"until=24h\""),
              Flag.bool("force", 'f', "Do not ask")),
          RemovalCommands::prune);

  private static final String WARNING =
      "WARNING! This will remove all custom networks not used by at least one container.";

  private RemovalCommands() {}

  private static int remove(Session session, Invocation invocation) throws IOException {
    boolean forced = invocation.flags().bool("force");
    boolean failed = false;
    for (String name : invocation.arguments()) {
      try {
        session.daemon().delete("/networks/" + Query.segment(name));
        session.println(name);
      } catch (DaemonException e) {
        if (!forced || !e.notFound()) {
          session.complain(e.getMessage());
          failed = true;
        }
      }
    }
    if (failed) {
      throw new CliException("exit status 1"); // Docker's last word here
    }
    return 0;
  }

  private static int prune(Session session, Invocation invocation) throws IOException {
    if (invocation.flags().bool("force") || Prompt.confirms(session, WARNING)) {
      pruneNetworks(session, invocation.flags().list("filter"));
    }
    return 0;
  }

  /// Prunes and lists what was removed.
  ///
  /// @return 0: networks take no room on the disk
  public static double pruneNetworks(Session session, List<String> filters) throws IOException {
    List<String> deleted =
        session
            .daemon()
            .post(Query.of("/networks/prune").filters(filters))
            .texts("NetworksDeleted");
    if (!deleted.isEmpty()) {
      session.println("Deleted Networks:\n" + String.join("\n", deleted) + "\n");
    }
    return 0;
  }
}
