package gantry.cli.build;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Prompt;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.ColumnLayout;
import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Texts;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.List;

/// `builder du` and `builder prune`: what is kept of builds.
public final class BuilderCommands {

  private static final Flag FILTER =
      Flag.of(FlagType.FILTER, "filter", "Only what matches, e.g. \"type=exec.cachemount\"");

  public static final Command USAGE =
      Command.of(
              "[OPTIONS]",
              "Show what is kept of builds",
              Arity.NONE,
              List.of(FILTER, Flag.bool("verbose", "Show all about each record")),
              BuilderCommands::usage)
          .alias("builder du", "buildx du");

  public static final Command PRUNE =
      Command.of(
              "[OPTIONS]",
              "Remove build cache",
              Arity.NONE,
              List.of(
                  Flag.bool("all", 'a', "Remove what images still have, too"),
                  FILTER,
                  Flag.bool("force", 'f', "Do not ask"),
                  Flag.of(FlagType.BYTES, "keep-storage", "Keep this much of it").hide(),
                  Flag.of(FlagType.BYTES, "reserved-space", "Keep this much of it"),
                  Flag.of(FlagType.BYTES, "max-used-space", "Keep this much of it at most"),
                  Flag.of(FlagType.BYTES, "min-free-space", "Keep so much of the disk free"),
                  Flag.bool("verbose", "").hide()),
              BuilderCommands::prune)
          .alias("builder prune", "buildx prune");

  private BuilderCommands() {}

  private static int prune(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String what = flags.bool("all") ? "all build cache." : "all dangling build cache.";
    if (!flags.bool("force") && !Prompt.confirms(session, "WARNING! This will remove " + what)) {
      return 0;
    }
    boolean renamed = session.daemon().atLeast("1.48");
    long reserved = Math.max(flags.bytes("reserved-space"), flags.bytes("keep-storage"));
    Query query =
        Query.of("/build/prune").flag("all", flags.bool("all")).filters(flags.list("filter"));
    bytes(query, renamed ? "reserved-space" : "keep-storage", reserved);
    bytes(query, "max-used-space", flags.bytes("max-used-space"));
    bytes(query, "min-free-space", flags.bytes("min-free-space"));
    JsonObject report = session.daemon().post(query);
    List<String> gone = report.texts("CachesDeleted");
    if (!gone.isEmpty()) {
      session.println("ID");
      gone.forEach(session::println);
      session.println("");
    }
    session.println("Total:\t" + Units.decimalSize(report.real("SpaceReclaimed")));
    return 0;
  }

  private static void bytes(Query query, String name, long bytes) {
    if (bytes > 0) {
      query.add(name, Long.toString(bytes));
    }
  }

  private static int usage(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    List<JsonObject> records =
        session
            .daemon()
            .get(Query.of("/system/df").add("type", "build-cache"))
            .objects("BuildCache")
            .stream()
            .filter(record -> flags.list("filter").stream().allMatch(f -> matches(record, f)))
            .toList();
    if (flags.bool("verbose")) {
      records.forEach(record -> describe(session, record));
    } else if (!records.isEmpty()) {
      StringBuilder rows = new StringBuilder("ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED\n");
      records.forEach(record -> rows.append(row(record)).append('\n'));
      session.out().print(new ColumnLayout(10, 3).layOut(rows.toString()));
    }
    totals(session, records);
    return 0;
  }

  private static boolean matches(JsonObject record, String filter) {
    int equals = filter.indexOf('=');
    String value = filter.substring(equals + 1);
    return switch (filter.substring(0, equals)) {
      case "id" -> record.text("ID").startsWith(value);
      case "parent" -> record.texts("Parents").contains(value);
      case "type" -> record.text("Type").equals(value);
      case "description" -> record.text("Description").contains(value);
      case "inuse" -> record.bool("InUse");
      case "shared" -> record.bool("Shared");
      case "private" -> !record.bool("Shared");
      default -> false;
    };
  }

  private static String row(JsonObject record) {
    return Texts.shortId(record.text("ID"))
        + "\t"
        + !record.bool("InUse")
        + "\t"
        + Units.decimalSize(record.real("Size"), 3)
        + (record.bool("Shared") ? "*" : "")
        + "\t"
        + since(record.text("LastUsedAt"));
  }

  private static String since(String time) {
    return time.isEmpty() ? "" : Texts.since(OffsetDateTime.parse(time).toEpochSecond());
  }

  private static void describe(Session session, JsonObject record) {
    session.println("ID:\t\t" + record.text("ID"));
    List<String> parents = record.texts("Parents");
    if (!parents.isEmpty()) {
      session.println("Parents:\t" + String.join("\n\t\t", parents));
    }
    session.println("Created at:\t" + record.text("CreatedAt"));
    session.println("Last used:\t" + since(record.text("LastUsedAt")));
    session.println("Usage count:\t" + record.number("UsageCount"));
    session.println("Reclaimable:\t" + !record.bool("InUse"));
    session.println("Shared:\t\t" + record.bool("Shared"));
    session.println("Size:\t\t" + Units.decimalSize(record.real("Size"), 3));
    session.println("Description:\t" + Cells.clean(record.text("Description")));
    session.println("Type:\t\t" + record.text("Type") + "\n");
  }

  private static void totals(Session session, List<JsonObject> records) {
    double shared = 0;
    double all = 0;
    double free = 0;
    for (JsonObject record : records) {
      double size = record.real("Size");
      all += size;
      shared += record.bool("Shared") ? size : 0;
      free += record.bool("InUse") || record.bool("Shared") ? 0 : size;
    }
    if (shared > 0) {
      session.println("Shared:\t\t" + Units.decimalSize(shared, 3));
    }
    session.println("Reclaimable:\t" + Units.decimalSize(free, 3));
    session.println("Total:\t\t" + Units.decimalSize(all, 3));
  }
}
