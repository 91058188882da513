package gantry.cli.container;

import gantry.cli.format.GoNumbers;
import gantry.cli.format.Units;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.util.List;

/// What one container uses, as `stats` words it.
///
/// @param container the name it was asked for by
/// @param sample the API's statistics; [JsonObject#EMPTY] while there are none
record StatsRow(String container, JsonObject sample, boolean truncates) {

  private static final String UNKNOWN = "--";

  static final String TABLE =
      "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";

  static final Listing<StatsRow> LISTING =
      new Listing<>(
          "*container.statsContext",
          List.of(
              Column.of("Container", "CONTAINER", StatsRow::container),
              Column.of("Name", "NAME", StatsRow::name),
              Column.of("ID", "CONTAINER ID", StatsRow::id),
              Column.of("CPUPerc", "CPU %", StatsRow::cpu),
              Column.of("MemUsage", "MEM USAGE / LIMIT", StatsRow::memory),
              Column.of("MemPerc", "MEM %", StatsRow::memoryShare),
              Column.of("NetIO", "NET I/O", StatsRow::network),
              Column.of("BlockIO", "BLOCK I/O", StatsRow::blocks),
              Column.of("PIDs", "PIDS", StatsRow::pids)));

  private boolean missing() {
    return sample.members().isEmpty();
  }

  private String name() {
    String name = sample.text("name");
    return name.length() > 1 ? name.substring(1) : UNKNOWN;
  }

  private String id() {
    String id = missing() ? container : sample.text("id");
    return truncates ? Texts.shortId(id) : id;
  }

  /// The share of one CPU's time since the sample before: 200 % is two CPUs busy.
  private String cpu() {
    if (missing()) {
      return UNKNOWN;
    }
    JsonObject now = sample.object("cpu_stats");
    JsonObject before = sample.object("precpu_stats");
    double used =
        now.object("cpu_usage").real("total_usage")
            - before.object("cpu_usage").real("total_usage");
    double passed = now.real("system_cpu_usage") - before.real("system_cpu_usage");
    double cpus = now.real("online_cpus");
    if (cpus == 0) {
      cpus = now.object("cpu_usage").list("percpu_usage").size();
    }
    return percent(passed > 0 && used > 0 ? used / passed * cpus * 100 : 0);
  }

  private static String percent(double value) {
    return GoNumbers.formatF(value, 2) + "%";
  }

  /// What is used, less the page cache that the kernel would give back at once.
  private double used() {
    JsonObject memory = sample.object("memory_stats");
    double usage = memory.real("usage");
    double v1 = memory.object("stats").real("total_inactive_file");
    if (memory.object("stats").has("total_inactive_file") && v1 < usage) {
      return usage - v1;
    }
    double v2 = memory.object("stats").real("inactive_file");
    return v2 < usage ? usage - v2 : usage;
  }

  private String memory() {
    if (missing()) {
      return UNKNOWN + " / " + UNKNOWN;
    }
    return Units.binarySize(used())
        + " / "
        + Units.binarySize(sample.object("memory_stats").real("limit"));
  }

  private String memoryShare() {
    if (missing()) {
      return UNKNOWN;
    }
    double limit = sample.object("memory_stats").real("limit");
    return percent(limit == 0 ? 0 : used() / limit * 100);
  }

  private String network() {
    if (missing()) {
      return UNKNOWN;
    }
    double received = 0;
    double sent = 0;
    for (Object value : sample.object("networks").members().values()) {
      if (value instanceof JsonObject device) {
        received += device.real("rx_bytes");
        sent += device.real("tx_bytes");
      }
    }
    return Units.decimalSize(received, 3) + " / " + Units.decimalSize(sent, 3);
  }

  private String blocks() {
    if (missing()) {
      return UNKNOWN;
    }
    double read = 0;
    double written = 0;
    for (JsonObject entry : sample.object("blkio_stats").objects("io_service_bytes_recursive")) {
      String operation = entry.text("op");
      if (operation.startsWith("r") || operation.startsWith("R")) {
        read += entry.real("value");
      } else if (operation.startsWith("w") || operation.startsWith("W")) {
        written += entry.real("value");
      }
    }
    return Units.decimalSize(read, 3) + " / " + Units.decimalSize(written, 3);
  }

  private String pids() {
    return missing() ? UNKNOWN : Long.toString(sample.object("pids_stats").number("current"));
  }
}
