package gantry.cli.system;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Prompt;
import gantry.cli.command.Session;
import gantry.cli.container.ArchiveCommands;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.image.ImageCommands;
import gantry.cli.json.JsonObject;
import gantry.cli.network.RemovalCommands;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `system prune`: one kind of thing after the other; a daemon that does not know one of them is
/// passed over.
public final class SystemPruneCommand {

  public static final Command COMMAND =
      Command.of(
          "[OPTIONS]",
          "Remove unused data",
          Arity.NONE,
          List.of(
              Flag.bool(
                  "all",
                  'a',
                  "Remove all images that no container uses, not only those without a name"),
              Flag.of(
                  FlagType.FILTER,
                  "filter",
                  "Prune only what matches, e.g. \"label=<key>=<value>\""),
              Flag.bool("force", 'f', "Do not ask"),
              Flag.bool("volumes", "Remove anonymous volumes too")),
          SystemPruneCommand::run);

  private static final int NOT_IMPLEMENTED = 501;

  private SystemPruneCommand() {}

  @FunctionalInterface
  private interface Step {
    double prune() throws IOException;
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    List<String> filters = flags.list("filter");
    if (flags.bool("volumes") && filters.stream().anyMatch(filter -> filter.startsWith("until="))) {
      throw new CliException("ERROR: The \"until\" filter is not supported with \"--volumes\"");
    }
    if (!flags.bool("force") && !Prompt.confirms(session, warning(flags))) {
      return 0;
    }
    double reclaimed = 0;
    List<Step> steps = new ArrayList<>();
    steps.add(() -> ArchiveCommands.pruneContainers(session, filters));
    steps.add(() -> RemovalCommands.pruneNetworks(session, filters));
    if (flags.bool("volumes")) {
      steps.add(() -> volumes(session, filters));
    }
    steps.add(() -> ImageCommands.pruneImages(session, flags.bool("all"), filters));
    steps.add(() -> cache(session, flags.bool("all"), filters));
    for (Step step : steps) {
      reclaimed += implemented(step);
    }
    session.println("Total reclaimed space: " + Units.decimalSize(reclaimed));
    return 0;
  }

  private static double implemented(Step step) throws IOException {
    try {
      return step.prune();
    } catch (DaemonException e) {
      if (e.status() == NOT_IMPLEMENTED) {
        return 0;
      }
      throw e;
    }
  }

  private static String warning(FlagValues flags) {
    boolean all = flags.bool("all");
    List<String> lines =
        new ArrayList<>(
            List.of(
                "WARNING! This will remove:",
                "  - all stopped containers",
                "  - all networks not used by at least one container"));
    if (flags.bool("volumes")) {
      lines.add("  - all anonymous volumes not used by at least one container");
    }
    lines.add(
        all
            ? "  - all images without at least one container associated to them"
            : "  - all dangling images");
    lines.add(all ? "  - all build cache" : "  - unused build cache");
    if (!flags.list("filter").isEmpty()) {
      lines.add("\n  Items to be pruned will be filtered with:");
      flags.list("filter").forEach(filter -> lines.add("  - " + filter));
    }
    return String.join("\n", lines) + "\n";
  }

  private static double volumes(Session session, List<String> filters) throws IOException {
    JsonObject report = session.daemon().post(Query.of("/volumes/prune").filters(filters));
    deleted(session, "Deleted Volumes:", report.texts("VolumesDeleted"));
    return report.real("SpaceReclaimed");
  }

  private static double cache(Session session, boolean all, List<String> filters)
      throws IOException {
    JsonObject report =
        session.daemon().post(Query.of("/build/prune").flag("all", all).filters(filters));
    deleted(session, "Deleted build cache objects:", report.texts("CachesDeleted"));
    return report.real("SpaceReclaimed");
  }

  private static void deleted(Session session, String heading, List<String> names) {
    if (!names.isEmpty()) {
      session.println(heading + "\n" + String.join("\n", names) + "\n");
    }
  }
}
