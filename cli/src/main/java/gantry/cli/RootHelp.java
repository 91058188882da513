package gantry.cli;

import gantry.cli.command.Command;
import gantry.cli.command.HelpPage;
import gantry.cli.flag.Flag;
import java.util.List;
import java.util.Optional;

/// The help pages that list commands.
final class RootHelp {

  private static final int NAME_WIDTH = 12;

  private RootHelp() {}

  static String page() {
    StringBuilder page =
        new StringBuilder(
            "Usage:  "
                + HelpPage.PROGRAM
                + " [OPTIONS] COMMAND\n\nContainers for Linux, in one program\n");
    page.append("\nCommon Commands:\n");
    CommandTree.COMMON.forEach(name -> appendCommand(page, "", name));
    page.append("\nManagement Commands:\n");
    CommandTree.GROUPS.forEach(
        name ->
            CommandTree.group(name).ifPresent(group -> appendLine(page, name, group.summary())));
    page.append("\nCommands:\n");
    CommandTree.TOP_LEVEL.forEach(name -> appendCommand(page, "", name));
    List<Flag> shown = GlobalFlags.TABLE.stream().filter(flag -> !flag.hidden()).toList();
    page.append("\nGlobal Options:\n").append(HelpPage.options(shown, 80));
    return page.append(
            "\nRun '" + HelpPage.PROGRAM + " COMMAND --help' for more information on a command.\n")
        .toString();
  }

  static String groupPage(CommandTree.Group group) {
    String path = HelpPage.PROGRAM + " " + group.name();
    StringBuilder page =
        new StringBuilder("Usage:  " + path + " COMMAND\n\n" + group.summary() + "\n\nCommands:\n");
    group.commands().forEach(name -> appendCommand(page, group.name(), name));
    return page.append("\nRun '" + path + " COMMAND --help' for more information on a command.\n")
        .toString();
  }

  private static void appendCommand(StringBuilder page, String group, String name) {
    Optional<Command> command = CommandTree.command(group, name);
    appendLine(page, name, command.map(Command::summary).orElse(""));
  }

  private static void appendLine(StringBuilder page, String name, String summary) {
    page.append("  ")
        .append(name)
        .repeat(' ', Math.max(1, NAME_WIDTH - name.length()))
        .append(summary)
        .append('\n');
  }
}
