package gantry.cli.system;

import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.container.ContainerRow;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.format.Units;
import gantry.cli.image.ImageRow;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.FormatFlag;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import gantry.cli.volume.VolumeCommands.Volume;
import java.io.IOException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;

/// `system df`.
public final class DiskUsageCommand {

  public static final Command COMMAND =
      Command.of(
          "[OPTIONS]",
          "Show what takes space on the disk",
          Arity.NONE,
          List.of(FormatFlag.forLists(), Flag.bool("verbose", 'v', "Show each thing")),
          DiskUsageCommand::run);

  private static final String TABLE =
      "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}";
  private static final String IMAGES =
      "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{if .CreatedSince }}{{.CreatedSince}}{{else}}N/A{{end}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
  private static final String CONTAINERS =
      "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";

  private DiskUsageCommand() {}

  /// One kind of thing: how many there are, how many are used, what they take, and what would be
  /// free without the unused.
  private record Usage(String type, int total, long active, double size, String reclaimable) {
    static final Listing<Usage> LISTING =
        new Listing<>(
            "*formatter.diskUsageContext",
            List.of(
                Column.of("Type", "TYPE", Usage::type),
                Column.of("TotalCount", "TOTAL", usage -> Integer.toString(usage.total)),
                Column.of("Active", "ACTIVE", usage -> Long.toString(usage.active)),
                Column.of("Size", "SIZE", usage -> Units.decimalSize(usage.size)),
                Column.of("Reclaimable", "RECLAIMABLE", Usage::reclaimable)));
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    JsonObject df = session.daemon().get("/system/df");
    if (invocation.flags().bool("verbose")) {
      session.out().print(verbose(df));
      return 0;
    }
    String format =
        invocation.flags().text("format").isEmpty() ? "table" : invocation.flags().text("format");
    List<Usage> usages = List.of(images(df), containers(df), volumes(df), cache(df));
    session.out().print(Usage.LISTING.print(FormatFlag.isTable(format) ? TABLE : format, usages));
    return 0;
  }

  private static Usage images(JsonObject df) {
    double used = 0;
    long active = 0;
    for (JsonObject image : df.objects("Images")) {
      if (image.number("Containers") > 0) {
        active++;
      }
      if (image.number("Containers") != 0
          && image.number("Size") != -1
          && image.number("SharedSize") != -1) {
        used += image.real("Size") - image.real("SharedSize");
      }
    }
    double size = df.real("LayersSize");
    return new Usage("Images", df.objects("Images").size(), active, size, share(size - used, size));
  }

  private static Usage containers(JsonObject df) {
    double size = 0;
    double idle = 0;
    long active = 0;
    for (JsonObject container : df.objects("Containers")) {
      boolean running =
          List.of("running", "paused", "restarting").contains(container.text("State"));
      active += running ? 1 : 0;
      size += container.real("SizeRw");
      idle += running ? 0 : container.real("SizeRw");
    }
    return new Usage(
        "Containers", df.objects("Containers").size(), active, size, share(idle, size));
  }

  private static Usage volumes(JsonObject df) {
    double size = 0;
    double idle = 0;
    long active = 0;
    for (JsonObject volume : df.objects("Volumes")) {
      JsonObject usage = volume.object("UsageData");
      double taken = Math.max(0, usage.real("Size"));
      boolean used = usage.number("RefCount") > 0;
      active += used ? 1 : 0;
      size += taken;
      idle += used ? 0 : taken;
    }
    return new Usage(
        "Local Volumes", df.objects("Volumes").size(), active, size, share(idle, size));
  }

  private static Usage cache(JsonObject df) {
    double size = 0;
    double inUse = 0;
    long active = 0;
    for (JsonObject record : df.objects("BuildCache")) {
      boolean used = record.bool("InUse");
      active += used ? 1 : 0;
      size += record.bool("Shared") ? 0 : record.real("Size");
      inUse += used && !record.bool("Shared") ? record.real("Size") : 0;
    }
    return new Usage(
        "Build Cache",
        df.objects("BuildCache").size(),
        active,
        size,
        Units.decimalSize(size - inUse));
  }

  private static String share(double part, double whole) {
    return Units.decimalSize(part) + (whole > 0 ? " (" + (long) (part * 100 / whole) + "%)" : "");
  }

  private static String verbose(JsonObject df) {
    List<ImageRow> images = new ArrayList<>();
    df.objects("Images").forEach(image -> images.addAll(ImageRow.of(image, true, false)));
    List<ContainerRow> containers = new ArrayList<>();
    df.objects("Containers")
        .forEach(
            container -> containers.add(new ContainerRow(withoutVirtualSize(container), true)));
    List<Volume> volumes = new ArrayList<>();
    df.objects("Volumes").forEach(volume -> volumes.add(new Volume(volume)));
    return "Images space usage:\n\n"
        + ImageRow.LISTING.print(IMAGES, images)
        + "\nContainers space usage:\n\n"
        + ContainerRow.LISTING.print(CONTAINERS, containers)
        + "\nLocal Volumes space usage:\n\n"
        + Volume.LISTING.print("table {{.Name}}\t{{.Links}}\t{{.Size}}", volumes)
        + "\nBuild cache usage: "
        + Units.decimalSize(cache(df).size)
        + "\n\n"
        + CacheRecord.LISTING.print(
            "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}",
            df.objects("BuildCache").stream().map(CacheRecord::new).toList());
  }

  private static JsonObject withoutVirtualSize(JsonObject container) {
    JsonObject copy = JsonObject.create();
    copy.members().putAll(container.members());
    return copy.put("SizeRootFs", 0L);
  }

  private record CacheRecord(JsonObject json) {
    static final Listing<CacheRecord> LISTING =
        new Listing<>(
            "*formatter.buildCacheContext",
            List.of(
                Column.of("ID", "CACHE ID", entry -> Texts.shortId(entry.json.text("ID"))),
                Column.of("CacheType", "CACHE TYPE", entry -> entry.json.text("Type")),
                Column.of("Size", "SIZE", entry -> Units.decimalSize(entry.json.real("Size"), 3)),
                Column.of("CreatedSince", "CREATED", entry -> entry.since("CreatedAt")),
                Column.of("LastUsedSince", "LAST USED", entry -> entry.since("LastUsedAt")),
                Column.of(
                    "UsageCount", "USAGE", entry -> Long.toString(entry.json.number("UsageCount"))),
                Column.of(
                    "Shared", "SHARED", entry -> Boolean.toString(entry.json.bool("Shared")))));

    private String since(String member) {
      String time = json.text(member);
      return time.isEmpty() ? "" : Texts.since(OffsetDateTime.parse(time).toEpochSecond());
    }
  }
}
