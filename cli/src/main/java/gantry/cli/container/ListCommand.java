package gantry.cli.container;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.listing.FormatFlag;
import java.io.IOException;
import java.util.List;

/// `ps`.
public final class ListCommand {

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS]",
              "List containers",
              Arity.NONE,
              List.of(
                  Flag.bool("all", 'a', "Show stopped containers too"),
                  Flag.of(
                      FlagType.FILTER,
                      "filter",
                      'f',
                      "Show only what matches, e.g. \"status=exited\""),
                  FormatFlag.forLists(),
                  Flag.of(FlagType.INT, "last", 'n', "Show the n newest containers, in any state")
                      .preset("-1"),
                  Flag.bool("latest", 'l', "Show the newest container, in any state"),
                  Flag.bool("no-trunc", "Show IDs and commands in full"),
                  Flag.bool("quiet", 'q', "Show IDs alone"),
                  Flag.bool("size", 's', "Show how much each container has written")),
              ListCommand::run)
          .alias("container ls", "container list", "container ps", "ps");

  private ListCommand() {}

  private static int run(Session session, Command.Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String format = FormatFlag.choose(flags, session.config(), "psFormat");
    boolean sized = flags.bool("size") || usesSize(format);
    long last = flags.bool("latest") && flags.number("last") == -1 ? 1 : flags.number("last");
    Query query =
        Query.of("/containers/json")
            .flag("all", flags.bool("all"))
            .optional("limit", last > 0 ? Long.toString(last) : "")
            .flag("size", sized)
            .filters(flags.list("filter"));
    boolean truncates = !flags.bool("no-trunc");
    List<ContainerRow> rows =
        session.daemon().getList(query).stream()
            .map(json -> new ContainerRow(json, truncates))
            .toList();
    session.out().print(ContainerRow.LISTING.print(layout(format, flags), rows));
    return 0;
  }

  private static String layout(String format, FlagValues flags) {
    if (flags.bool("quiet")) {
      return FormatFlag.isTable(format) ? "{{.ID}}" : format;
    }
    if (!FormatFlag.isTable(format)) {
      return format;
    }
    return ContainerRow.TABLE + (flags.bool("size") ? "\t{{.Size}}" : "");
  }

  private static boolean usesSize(String format) {
    return format.contains(".Size")
        || format.contains("{{json .}}")
        || format.contains("{{ json . }}");
  }
}
