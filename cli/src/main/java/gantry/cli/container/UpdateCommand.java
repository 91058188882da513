package gantry.cli.container;

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
import gantry.cli.format.GoNumbers;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `update`.
public final class UpdateCommand {

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS] CONTAINER [CONTAINER...]",
              "Update configuration of one or more containers",
              Arity.atLeast(1),
              List.of(
                  Flag.of(
                      FlagType.UINT16,
                      "blkio-weight",
                      "Block I/O weight, 10 to 1000, or 0 for none"),
                  Flag.of(FlagType.INT, "cpu-period", "Period of the CPU quota, in microseconds"),
                  Flag.of(FlagType.INT, "cpu-quota", "CPU time for each period, in microseconds"),
                  Flag.of(
                      FlagType.INT,
                      "cpu-rt-period",
                      "Period of the real-time CPU limit, in microseconds"),
                  Flag.of(
                      FlagType.INT,
                      "cpu-rt-runtime",
                      "Real-time CPU time for each period, in microseconds"),
                  Flag.of(FlagType.INT, "cpu-shares", 'c', "CPU shares (relative weight)"),
                  Flag.of(FlagType.DECIMAL, "cpus", "Number of CPUs"),
                  Flag.text("cpuset-cpus", "CPUs to run on (0-3, 0,1)"),
                  Flag.text("cpuset-mems", "Memory nodes to use (0-3, 0,1)"),
                  Flag.of(FlagType.BYTES, "memory", 'm', "Memory limit"),
                  Flag.of(
                      FlagType.BYTES,
                      "memory-reservation",
                      "Memory that is left to it when the host runs short"),
                  Flag.of(
                      FlagType.SWAP,
                      "memory-swap",
                      "Limit of memory and swap together; -1 for no limit"),
                  Flag.of(FlagType.INT, "pids-limit", "Most processes at a time; -1 for no limit"),
                  Flag.text("restart", "What to do when the container exits")),
              UpdateCommand::run)
          .alias("container update", "update");

  private UpdateCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    if (COMMAND.flags().stream().noneMatch(flag -> flags.changed(flag.name()))) {
      throw new CliException("you must provide one or more flags when using this command");
    }
    JsonObject body = body(flags);
    List<String> failures = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (String name : invocation.arguments()) {
      try {
        warnings.addAll(
            session
                .daemon()
                .post("/containers/" + Query.segment(name) + "/update", body)
                .texts("Warnings"));
        session.println(name);
      } catch (DaemonException e) {
        failures.add(e.getMessage());
      }
    }
    if (!warnings.isEmpty()) {
      session.println(String.join("\n", warnings));
    }
    if (!failures.isEmpty()) {
      throw new CliException(String.join("\n", failures));
    }
    return 0;
  }

  private static JsonObject body(FlagValues flags) {
    JsonObject policy = JsonObject.create().put("Name", "").put("MaximumRetryCount", 0L);
    if (!flags.text("restart").isEmpty()) {
      try {
        policy = CreateBody.restartPolicy(flags.text("restart"));
      } catch (IllegalArgumentException e) {
        throw new CliException(String.valueOf(e.getMessage()));
      }
    }
    JsonObject body =
        JsonObject.create()
            .put("CpuShares", flags.number("cpu-shares"))
            .put("Memory", flags.bytes("memory"))
            .put(
                "NanoCpus",
                flags.text("cpus").isEmpty() ? 0L : GoNumbers.parseNanoCpus(flags.text("cpus")))
            .put("BlkioWeight", flags.number("blkio-weight"))
            .put("CpuPeriod", flags.number("cpu-period"))
            .put("CpuQuota", flags.number("cpu-quota"))
            .put("CpuRealtimePeriod", flags.number("cpu-rt-period"))
            .put("CpuRealtimeRuntime", flags.number("cpu-rt-runtime"))
            .put("CpusetCpus", flags.text("cpuset-cpus"))
            .put("CpusetMems", flags.text("cpuset-mems"))
            .put("MemoryReservation", flags.bytes("memory-reservation"))
            .put("MemorySwap", flags.bytes("memory-swap"))
            .put("RestartPolicy", policy);
    if (flags.changed("pids-limit")) {
      body.put("PidsLimit", flags.number("pids-limit"));
    }
    return body;
  }
}
