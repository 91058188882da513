package gantry.cli;

import gantry.cli.command.Command;
import gantry.cli.container.ListCommand;
import java.util.List;
import java.util.Optional;

/// Which command a name means.
///
/// Names are looked up in switches, so that only the class of the command that runs is loaded.
final class CommandTree {

  /// A word that only leads to commands, e.g. `container`.
  ///
  /// @param commands the canonical names, in the order of help pages
  record Group(String name, String summary, List<String> commands) {}

  static final List<String> COMMON = List.of("ps");
  static final List<String> GROUPS = List.of("container");
  static final List<String> TOP_LEVEL = List.of();

  private CommandTree() {}

  static Optional<Group> group(String name) {
    return switch (name) {
      case "container" -> Optional.of(new Group(name, "Manage containers", List.of("ls")));
      default -> Optional.empty();
    };
  }

  /// The command of a group, or of the top level when `group` is empty.
  static Optional<Command> command(String group, String name) {
    return switch (group) {
      case "" -> topLevel(name);
      case "container" -> container(name);
      default -> Optional.empty();
    };
  }

  private static Optional<Command> topLevel(String name) {
    return switch (name) {
      case "ps" -> container(name);
      default -> Optional.empty();
    };
  }

  private static Optional<Command> container(String name) {
    return switch (name) {
      case "ls", "list", "ps" -> Optional.of(ListCommand.COMMAND);
      default -> Optional.empty();
    };
  }
}
