package gantry.cli.image;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.inspect.InspectCommands;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.FormatFlag;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// `images` and `history`.
public final class ImageListCommands {

  public static final Command LIST =
      Command.of(
              "[OPTIONS] [REPOSITORY[:TAG]]",
              "List images",
              Arity.atMost(1),
              List.of(
                  Flag.bool("all", 'a', "Show intermediate images too"),
                  Flag.bool("digests", "Show digests"),
                  Flag.of(
                      FlagType.FILTER,
                      "filter",
                      'f',
                      "Show only what matches, e.g. \"dangling=true\""),
                  FormatFlag.forLists(),
                  Flag.bool("no-trunc", "Show IDs in full"),
                  Flag.bool("quiet", 'q', "Show IDs alone")),
              ImageListCommands::list)
          .alias("image ls", "image list", "images");

  public static final Command HISTORY =
      Command.of(
              "[OPTIONS] IMAGE",
              "Show the history of an image",
              Arity.exactly(1),
              List.of(
                  FormatFlag.forLists(),
                  Flag.bool("human", 'H', "Print sizes and dates for people").preset("true"),
                  Flag.bool("no-trunc", "Show IDs and commands in full"),
                  Flag.text("platform", "Platform of a multi-platform image (os[/arch[/variant]])"),
                  Flag.bool("quiet", 'q', "Show IDs alone")),
              ImageListCommands::history)
          .alias("image history", "history");

  private ImageListCommands() {}

  private static int list(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    List<String> filters = new ArrayList<>(flags.list("filter"));
    if (!invocation.argument(0).isEmpty()) {
      filters.add("reference=" + invocation.argument(0));
    }
    Query query = Query.of("/images/json").flag("all", flags.bool("all")).filters(filters);
    boolean truncates = !flags.bool("no-trunc");
    List<ImageRow> rows = new ArrayList<>();
    String format = FormatFlag.choose(flags, session.config(), "imagesFormat");
    boolean digests = flags.bool("digests") || format.contains(".Digest");
    for (JsonObject image : session.daemon().getList(query)) {
      List<ImageRow> lines = ImageRow.of(image, truncates, digests);
      rows.addAll(flags.bool("quiet") ? lines.subList(0, 1) : lines);
    }
    session.out().print(ImageRow.LISTING.print(layout(format, flags), rows));
    return 0;
  }

  private static String layout(String format, FlagValues flags) {
    if (!FormatFlag.isTable(format)) {
      return format;
    }
    if (flags.bool("quiet")) {
      return "{{.ID}}";
    }
    return flags.bool("digests") ? ImageRow.TABLE_WITH_DIGESTS : ImageRow.TABLE;
  }

  private record Step(JsonObject json, boolean truncates, boolean human) {
    private static final Listing<Step> LISTING =
        new Listing<>(
            "*image.historyContext",
            List.of(
                Column.of(
                    "ID",
                    "IMAGE",
                    step ->
                        step.truncates
                            ? Texts.shortId(step.json.text("Id"))
                            : step.json.text("Id")),
                Column.of("CreatedAt", "CREATED AT", Step::createdAt),
                Column.of("CreatedSince", "CREATED", Step::createdSince),
                Column.of("CreatedBy", "CREATED BY", Step::createdBy),
                Column.of(
                    "Size",
                    "SIZE",
                    step ->
                        step.human
                            ? Units.decimalSize(step.json.real("Size"), 3)
                            : Long.toString(step.json.number("Size"))),
                Column.of("Comment", "COMMENT", step -> step.json.text("Comment"))));

    private String createdAt() {
      Instant created = Instant.ofEpochSecond(json.number("Created"));
      return DateTimeFormatter.ISO_OFFSET_DATE_TIME
          .withZone(ZoneId.systemDefault())
          .format(created.truncatedTo(ChronoUnit.SECONDS));
    }

    private String createdSince() {
      if (!human) {
        return createdAt();
      }
      return json.number("Created") <= 0 ? "N/A" : Texts.since(json.number("Created"));
    }

    private String createdBy() {
      String command = json.text("CreatedBy").replace('\t', ' ');
      return truncates ? Texts.ellipsis(command, 45) : command;
    }
  }

  private static int history(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    Query query =
        Query.of("/images/" + Query.segment(invocation.argument(0)) + "/history")
            .optional("platform", InspectCommands.platformJson(flags.text("platform")));
    boolean truncates = !flags.bool("no-trunc");
    boolean human = flags.bool("human");
    List<Step> steps =
        session.daemon().getList(query).stream()
            .map(json -> new Step(json, truncates, human))
            .toList();
    String format = flags.text("format").isEmpty() ? "table" : flags.text("format");
    if (FormatFlag.isTable(format)) {
      format =
          flags.bool("quiet")
              ? "{{.ID}}"
              : "table {{.ID}}\t{{."
                  + (human ? "CreatedSince" : "CreatedAt")
                  + "}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
    }
    session.out().print(Step.LISTING.print(format, steps));
    return 0;
  }
}
