package gantry.cli.volume;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.CreateBody;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.FormatFlag;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// `volume ls`, `volume create` and `volume rm`.
public final class VolumeCommands {

  public static final Command LIST =
      Command.of(
              "[OPTIONS]",
              "List volumes",
              Arity.NONE,
              List.of(
                  Flag.of(
                      FlagType.FILTER,
                      "filter",
                      'f',
                      "Show only what matches, e.g. \"dangling=true\""),
                  FormatFlag.forLists(),
                  Flag.bool("quiet", 'q', "Show names alone")),
              VolumeCommands::list)
          .alias("volume ls", "volume list");

  public static final Command CREATE =
      Command.of(
          "[OPTIONS] [VOLUME]",
          "Create a volume",
          Arity.atMost(1),
          List.of(
              Flag.text("driver", 'd', "Volume driver").preset("local"),
              Flag.list("label", "Set a label"),
              Flag.of(FlagType.MAP, "opt", 'o', "Option of the driver"),
              Flag.text("name", "Name of the volume").hide()),
          VolumeCommands::create);

  public static final Command REMOVE =
      Command.of(
              "[OPTIONS] VOLUME [VOLUME...]",
              "Remove one or more volumes that no container uses",
              Arity.atLeast(1),
              List.of(Flag.bool("force", 'f', "Say nothing of volumes that are not there")),
              VolumeCommands::remove)
          .alias("volume rm", "volume remove");

  private static final String TABLE = "table {{.Driver}}\t{{.Name}}";
  private static final String UNKNOWN = "N/A";

  private VolumeCommands() {}

  /// One volume of a list.
  public record Volume(JsonObject json) implements Listing.Labelled {
    public static final Listing<Volume> LISTING =
        new Listing<>(
            "*formatter.volumeContext",
            List.of(
                Column.of("Name", "VOLUME NAME", volume -> volume.json.text("Name")),
                Column.of("Driver", "DRIVER", volume -> volume.json.text("Driver")),
                Column.of("Scope", "SCOPE", volume -> volume.json.text("Scope")),
                Column.of("Mountpoint", "MOUNTPOINT", volume -> volume.json.text("Mountpoint")),
                Column.of("Labels", "LABELS", volume -> Texts.pairs(volume.json.object("Labels"))),
                Column.of(
                    "Links",
                    "LINKS",
                    volume ->
                        volume.json.has("UsageData")
                            ? Long.toString(volume.usage().number("RefCount"))
                            : UNKNOWN),
                Column.of(
                    "Size",
                    "SIZE",
                    volume ->
                        volume.json.has("UsageData")
                            ? Units.decimalSize(volume.usage().real("Size"))
                            : UNKNOWN),
                Column.of("Availability", "AVAILABILITY", _ -> UNKNOWN),
                Column.of("Group", "GROUP", _ -> UNKNOWN),
                Column.of("Status", "STATUS", _ -> UNKNOWN)));

    public JsonObject usage() {
      return json.object("UsageData");
    }

    @Override
    public String label(String key) {
      return json.object("Labels").text(key);
    }
  }

  private static int list(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    List<Volume> volumes = new ArrayList<>();
    for (JsonObject json :
        session
            .daemon()
            .get(Query.of("/volumes").filters(flags.list("filter")))
            .objects("Volumes")) {
      volumes.add(new Volume(json));
    }
    volumes.sort(Comparator.comparing(volume -> volume.json().text("Name")));
    String format = FormatFlag.choose(flags, session.config(), "volumesFormat");
    if (FormatFlag.isTable(format)) {
      format = flags.bool("quiet") ? "{{.Name}}" : TABLE;
    }
    session.out().print(Volume.LISTING.print(format, volumes));
    return 0;
  }

  private static int create(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String name = invocation.argument(0);
    if (!name.isEmpty() && flags.changed("name")) {
      throw new CliException(
          "conflicting options: cannot specify a volume-name through both --name and as a positional arg");
    }
    JsonObject body =
        JsonObject.create()
            .put("Driver", flags.text("driver"))
            .put("DriverOpts", CreateBody.pairs(flags.list("opt")))
            .put("Labels", CreateBody.pairs(flags.list("label")))
            .put("Name", name.isEmpty() ? flags.text("name") : name);
    session.println(session.daemon().post("/volumes/create", body).text("Name"));
    return 0;
  }

  private static int remove(Session session, Invocation invocation) throws IOException {
    List<String> failures = new ArrayList<>();
    for (String name : invocation.arguments()) {
      try {
        session
            .daemon()
            .delete(
                Query.of("/volumes/" + Query.segment(name))
                    .flag("force", invocation.flags().bool("force")));
        session.println(name);
      } catch (DaemonException e) {
        failures.add(e.getMessage());
      }
    }
    if (!failures.isEmpty()) {
      throw new CliException(String.join("\n", failures));
    }
    return 0;
  }
}
