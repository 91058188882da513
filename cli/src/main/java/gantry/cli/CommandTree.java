package gantry.cli;

import gantry.cli.build.BuildCommand;
import gantry.cli.build.BuilderCommands;
import gantry.cli.command.Command;
import gantry.cli.container.ArchiveCommands;
import gantry.cli.container.CopyCommand;
import gantry.cli.container.ListCommand;
import gantry.cli.container.LogsCommand;
import gantry.cli.container.RecordCommands;
import gantry.cli.container.RunCommands;
import gantry.cli.container.SessionCommands;
import gantry.cli.container.StatsCommand;
import gantry.cli.container.StopCommands;
import gantry.cli.container.UpdateCommand;
import gantry.cli.context.ContextCommands;
import gantry.cli.image.ImageCommands;
import gantry.cli.image.ImageListCommands;
import gantry.cli.inspect.InspectCommands;
import gantry.cli.network.CreateCommand;
import gantry.cli.network.MembershipCommands;
import gantry.cli.network.NetworkCommands;
import gantry.cli.network.RemovalCommands;
import gantry.cli.system.DialStdioCommand;
import gantry.cli.system.DiskUsageCommand;
import gantry.cli.system.EventsCommand;
import gantry.cli.system.InfoCommand;
import gantry.cli.system.SystemPruneCommand;
import gantry.cli.system.VersionCommand;
import gantry.cli.volume.VolumeCommands;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Which command a name means.
///
/// Names are looked up in switches, so that only the class of the command that runs is loaded.
final class CommandTree {

  /// A word that only leads to commands, e.g. `container`.
  ///
  /// @param commands the canonical names, in the order of help pages
  record Group(String name, String summary, List<String> commands) {}

  static final List<String> COMMON =
      List.of("run", "exec", "ps", "build", "pull", "images", "version", "info");
  static final List<String> GROUPS =
      List.of("builder", "container", "context", "explain", "image", "network", "system", "volume");
  static final List<String> TOP_LEVEL =
      List.of(
          "attach", "commit", "cp", "create", "diff", "events", "export", "history", "import",
          "inspect", "kill", "load", "logs", "pause", "port", "rename", "restart", "rm", "rmi",
          "save", "start", "stats", "stop", "tag", "top", "unpause", "update", "wait");

  private CommandTree() {}

  static Optional<Group> group(String name) {
    return switch (name) {
      case "builder", "buildx" ->
          Optional.of(new Group(name, "Manage builds", List.of("build", "du", "prune")));
      case "container" ->
          Optional.of(
              new Group(
                  name,
                  "Manage containers",
                  List.of(
                      "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect",
                      "kill", "logs", "ls", "pause", "port", "prune", "rename", "restart", "rm",
                      "run", "start", "stats", "stop", "top", "unpause", "update", "wait")));
      case "context" ->
          Optional.of(
              new Group(
                  name,
                  "Manage contexts",
                  List.of("create", "inspect", "ls", "rm", "show", "use")));
      case "image" ->
          Optional.of(
              new Group(
                  name,
                  "Manage images",
                  List.of(
                      "build", "history", "import", "inspect", "load", "ls", "prune", "pull", "rm",
                      "save", "tag")));
      case "system" ->
          Optional.of(new Group(name, "Manage Gantry", List.of("df", "events", "info", "prune")));
      case "network" ->
          Optional.of(
              new Group(
                  name,
                  "Manage networks",
                  List.of("connect", "create", "disconnect", "inspect", "ls", "prune", "rm")));
      case "volume" ->
          Optional.of(new Group(name, "Manage volumes", List.of("create", "inspect", "ls", "rm")));
      case "explain" ->
          Optional.of(new Group(name, "Print what a command would do", List.of("run")));
      default -> Optional.empty();
    };
  }

  /// The command of a group, or of the top level when `group` is empty.
  static Optional<Command> command(String group, String name) {
    return Optional.ofNullable(
        switch (group) {
          case "" -> topLevel(name);
          case "builder", "buildx" -> builder(name);
          case "container" -> container(name);
          case "context" -> context(name);
          case "image" -> image(name);
          case "system" -> system(name);
          case "network" -> network(name);
          case "volume" -> volume(name);
          case "explain" -> name.equals("run") ? RunCommands.explain() : null;
          default -> null;
        });
  }

  private static @Nullable Command topLevel(String name) {
    return switch (name) {
      case "inspect" -> InspectCommands.ANY;
      case "images" -> ImageListCommands.LIST;
      case "rmi" -> ImageCommands.REMOVE;
      case "build", "history", "tag", "save", "load", "import", "pull" -> image(name);
      case "version" -> VersionCommand.COMMAND;
      case "info", "events" -> system(name);
      case "ls", "list", "remove", "prune" -> null;
      default -> container(name);
    };
  }

  private static @Nullable Command container(String name) {
    return switch (name) {
      case "ls", "list", "ps" -> ListCommand.COMMAND;
      case "run" -> RunCommands.run();
      case "create" -> RunCommands.create();
      case "start" -> SessionCommands.START;
      case "attach" -> SessionCommands.ATTACH;
      case "exec" -> SessionCommands.EXEC;
      case "stop" -> StopCommands.STOP;
      case "restart" -> StopCommands.RESTART;
      case "kill" -> StopCommands.KILL;
      case "pause" -> StopCommands.PAUSE;
      case "unpause" -> StopCommands.UNPAUSE;
      case "rm", "remove" -> RecordCommands.REMOVE;
      case "wait" -> RecordCommands.WAIT;
      case "rename" -> RecordCommands.RENAME;
      case "diff" -> RecordCommands.DIFF;
      case "port" -> RecordCommands.PORT;
      case "top" -> RecordCommands.TOP;
      case "commit" -> RecordCommands.COMMIT;
      case "logs" -> LogsCommand.COMMAND;
      case "stats" -> StatsCommand.COMMAND;
      case "update" -> UpdateCommand.COMMAND;
      case "cp" -> CopyCommand.COMMAND;
      case "export" -> ArchiveCommands.EXPORT;
      case "prune" -> ArchiveCommands.PRUNE;
      case "inspect" -> InspectCommands.CONTAINER;
      default -> null;
    };
  }

  private static @Nullable Command builder(String name) {
    return switch (name) {
      case "build" -> BuildCommand.COMMAND;
      case "du" -> BuilderCommands.USAGE;
      case "prune" -> BuilderCommands.PRUNE;
      default -> null;
    };
  }

  private static @Nullable Command image(String name) {
    return switch (name) {
      case "ls", "list" -> ImageListCommands.LIST;
      case "history" -> ImageListCommands.HISTORY;
      case "build" -> BuildCommand.COMMAND;
      case "inspect" -> InspectCommands.IMAGE;
      case "rm", "remove" -> ImageCommands.REMOVE;
      case "tag" -> ImageCommands.TAG;
      case "save" -> ImageCommands.SAVE;
      case "load" -> ImageCommands.LOAD;
      case "import" -> ImageCommands.IMPORT;
      case "pull" -> ImageCommands.PULL;
      case "prune" -> ImageCommands.PRUNE;
      default -> null;
    };
  }

  private static @Nullable Command context(String name) {
    return switch (name) {
      case "ls", "list" -> ContextCommands.LIST;
      case "create" -> ContextCommands.CREATE;
      case "inspect" -> ContextCommands.INSPECT;
      case "rm", "remove" -> ContextCommands.REMOVE;
      case "show" -> ContextCommands.SHOW;
      case "use" -> ContextCommands.USE;
      default -> null;
    };
  }

  private static @Nullable Command system(String name) {
    return switch (name) {
      case "df" -> DiskUsageCommand.COMMAND;
      case "dial-stdio" -> DialStdioCommand.COMMAND;
      case "events" -> EventsCommand.COMMAND;
      case "info" -> InfoCommand.COMMAND;
      case "prune" -> SystemPruneCommand.COMMAND;
      default -> null;
    };
  }

  private static @Nullable Command network(String name) {
    return switch (name) {
      case "ls", "list" -> NetworkCommands.LIST;
      case "inspect" -> InspectCommands.NETWORK;
      case "create" -> CreateCommand.COMMAND;
      case "connect" -> MembershipCommands.CONNECT;
      case "disconnect" -> MembershipCommands.DISCONNECT;
      case "rm", "remove" -> RemovalCommands.REMOVE;
      case "prune" -> RemovalCommands.PRUNE;
      default -> null;
    };
  }

  private static @Nullable Command volume(String name) {
    return switch (name) {
      case "ls", "list" -> VolumeCommands.LIST;
      case "create" -> VolumeCommands.CREATE;
      case "inspect" -> InspectCommands.VOLUME;
      case "rm", "remove" -> VolumeCommands.REMOVE;
      default -> null;
    };
  }
}
