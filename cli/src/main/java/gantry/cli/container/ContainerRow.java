package gantry.cli.container;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// One container of the list, as `ps` words it.
///
/// @param json the API's summary
/// @param truncates whether IDs, commands and names are shortened
public record ContainerRow(JsonObject json, boolean truncates) implements Listing.Labelled {

  static final String TABLE =
      "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";

  public static final Listing<ContainerRow> LISTING =
      new Listing<>(
          "*formatter.ContainerContext",
          List.of(
              Column.of("ID", "CONTAINER ID", ContainerRow::id),
              Column.of("Image", "IMAGE", ContainerRow::image),
              Column.of("Command", "COMMAND", ContainerRow::command),
              Column.of("CreatedAt", "CREATED AT", row -> Texts.goTime(row.json.number("Created"))),
              Column.of("RunningFor", "CREATED", row -> Texts.since(row.json.number("Created"))),
              Column.of("Status", "STATUS", row -> row.json.text("Status")),
              Column.of("State", "STATE", row -> row.json.text("State")),
              Column.of("Ports", "PORTS", row -> Ports.describe(row.json.objects("Ports"))),
              Column.of("Names", "NAMES", ContainerRow::names),
              Column.of("Size", "SIZE", ContainerRow::size),
              Column.of("Labels", "LABELS", row -> Texts.pairs(row.json.object("Labels"))),
              Column.of("Mounts", "MOUNTS", ContainerRow::mounts),
              Column.of("LocalVolumes", "LOCAL VOLUMES", ContainerRow::localVolumes),
              Column.of("Networks", "NETWORKS", ContainerRow::networks),
              Column.of("Platform", "PLATFORM", _ -> JsonNull.NULL)));

  private String id() {
    return truncates ? Texts.shortId(json.text("Id")) : json.text("Id");
  }

  private String image() {
    String image = json.text("Image");
    if (image.isEmpty()) {
      return "<no image>";
    }
    if (!truncates) {
      return image;
    }
    if (Texts.shortId(json.text("ImageID")).equals(Texts.shortId(image))) {
      return Texts.shortId(image);
    }
    int digest = image.indexOf('@');
    return digest < 0 ? image : image.substring(0, digest);
  }

  private String command() {
    String command = json.text("Command");
    return GoNumbers.quote(truncates ? Texts.ellipsis(command, 20) : command);
  }

  /// The container's own name; with full output the names that links give it too.
  private String names() {
    List<String> names = new ArrayList<>();
    for (String name : json.texts("Names")) {
      String bare = name.startsWith("/") ? name.substring(1) : name;
      if (!truncates || bare.indexOf('/') < 0) {
        names.add(bare);
      }
    }
    return String.join(",", names);
  }

  private String size() {
    String written = Units.decimalSize(json.real("SizeRw"), 3);
    double virtual = json.real("SizeRootFs");
    return virtual > 0 ? written + " (virtual " + Units.decimalSize(virtual, 3) + ")" : written;
  }

  private String mounts() {
    List<String> mounts = new ArrayList<>();
    for (JsonObject mount : json.objects("Mounts")) {
      String name = mount.text("Name").isEmpty() ? mount.text("Source") : mount.text("Name");
      mounts.add(truncates ? Texts.ellipsis(name, 15) : name);
    }
    return String.join(",", mounts);
  }

  private String localVolumes() {
    return Long.toString(
        json.objects("Mounts").stream()
            .filter(mount -> mount.text("Driver").equals("local"))
            .count());
  }

  private String networks() {
    return String.join(
        ",", new TreeMap<>(json.object("NetworkSettings").object("Networks").members()).keySet());
  }

  @Override
  public String label(String key) {
    return json.object("Labels").text(key);
  }
}
