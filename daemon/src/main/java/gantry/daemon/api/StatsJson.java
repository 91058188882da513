package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Stats;
import java.util.List;
import java.util.Optional;

/// What a container uses, in the form from which clients compute per cents: this sample's counters
/// beside those of the one before.
final class StatsJson {
  private StatsJson() {}

  /// @param now empty when the container does not run
  /// @param before the sample to compare with; empty for the first
  static JsonWriter write(ContainerView container, Optional<Stats> now, Optional<Stats> before) {
    JsonWriter json = new JsonWriter().object();
    json.put("name", "/" + container.name()).put("id", container.id());
    json.put("read", GoTime.nano(now.map(Stats::read)));
    json.put("preread", GoTime.nano(now.flatMap(_ -> before).map(Stats::read)));
    json.object("pids_stats");
    now.ifPresent(stats -> pids(json, stats));
    json.end();
    blockIo(json, now);
    json.put("num_procs", 0).object("storage_stats").end();
    cpu(json, "cpu_stats", now);
    cpu(json, "precpu_stats", now.flatMap(_ -> before));
    json.object("memory_stats");
    now.ifPresent(stats -> memory(json, stats));
    json.end();
    now.filter(stats -> !stats.networks().isEmpty()).ifPresent(stats -> networks(json, stats));
    return json.end();
  }

  private static void pids(JsonWriter json, Stats stats) {
    json.putSome("current", stats.pids());
    if (stats.pidsLimit() > 0) {
      json.put("limit", stats.pidsLimit());
    } else if (stats.cgroupV2()) {
      json.putUnsigned("limit", -1);
    }
  }

  private static void blockIo(JsonWriter json, Optional<Stats> now) {
    json.object("blkio_stats");
    blockIo(json, "io_service_bytes_recursive", now.map(Stats::blockIoBytes));
    Optional<Stats> v1 = now.filter(stats -> !stats.cgroupV2());
    blockIo(json, "io_serviced_recursive", v1.map(Stats::blockIoOperations));
    for (String name :
        List.of(
            "io_queue_recursive",
            "io_service_time_recursive",
            "io_wait_time_recursive",
            "io_merged_recursive",
            "io_time_recursive",
            "sectors_recursive")) {
      blockIo(json, name, v1.map(_ -> List.of()));
    }
    json.end();
  }

  private static void blockIo(JsonWriter json, String name, Optional<List<Stats.BlockIo>> values) {
    if (values.isEmpty()) {
      json.putNull(name);
      return;
    }
    json.putEach(
        name,
        values.get(),
        entry ->
            json.object()
                .put("major", entry.major())
                .put("minor", entry.minor())
                .put("op", entry.operation())
                .put("value", entry.value())
                .end());
  }

  private static void cpu(JsonWriter json, String name, Optional<Stats> sample) {
    json.object(name).object("cpu_usage");
    json.put("total_usage", sample.map(Stats::cpuTotalNanos).orElse(0L));
    List<Long> perCpu = sample.map(Stats::perCpuNanos).orElse(List.of());
    if (!perCpu.isEmpty()) {
      json.putEach("percpu_usage", perCpu, json::add);
    }
    json.put("usage_in_kernelmode", sample.map(Stats::cpuSystemNanos).orElse(0L));
    json.put("usage_in_usermode", sample.map(Stats::cpuUserNanos).orElse(0L)).end();
    json.putSome("system_cpu_usage", sample.map(Stats::hostCpuNanos).orElse(0L));
    json.putSome("online_cpus", sample.map(Stats::onlineCpus).orElse(0));
    json.object("throttling_data");
    json.put("periods", sample.map(Stats::throttlePeriods).orElse(0L));
    json.put("throttled_periods", sample.map(Stats::throttledPeriods).orElse(0L));
    json.put("throttled_time", sample.map(Stats::throttledNanos).orElse(0L)).end().end();
  }

  private static void memory(JsonWriter json, Stats stats) {
    json.putSome("usage", stats.memoryUsage());
    if (!stats.cgroupV2()) {
      json.putSome("max_usage", stats.memoryMaximum());
    }
    json.object("stats");
    JsonWriter.sorted(stats.memoryStat()).forEach(json::put);
    json.end();
    if (!stats.cgroupV2()) {
      json.putSome("failcnt", stats.memoryFailures());
    }
    json.putSome("limit", stats.memoryLimit());
  }

  private static void networks(JsonWriter json, Stats stats) {
    json.object("networks");
    JsonWriter.sorted(stats.networks())
        .forEach(
            (name, counters) ->
                json.object(name)
                    .put("rx_bytes", counters.receivedBytes())
                    .put("rx_packets", counters.receivedPackets())
                    .put("rx_errors", counters.receivedErrors())
                    .put("rx_dropped", counters.receivedDropped())
                    .put("tx_bytes", counters.sentBytes())
                    .put("tx_packets", counters.sentPackets())
                    .put("tx_errors", counters.sentErrors())
                    .put("tx_dropped", counters.sentDropped())
                    .end());
    json.end();
  }
}
