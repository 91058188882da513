package gantry.runtime.staged;

import gantry.linux.OwnedFd;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.process.PidFd;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Spawn;
import gantry.oci.runtime.ProcessSpec;
import gantry.runtime.LaunchException;
import gantry.runtime.ProcessRecord;
import gantry.runtime.StdioSpec;
import gantry.stage.LaunchPlan;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Outcome;
import java.nio.file.Path;
import java.util.Optional;

/// Spawns the stage with a plan and waits for its word.
final class Launcher implements AutoCloseable {
  private final StagePrograms programs = new StagePrograms();
  private final EventLoop loop;

  Launcher(EventLoop loop) {
    this.loop = loop;
  }

  /// What is to be launched, beside the plan.
  ///
  /// @param runtime name of the runtime, for the record
  /// @param cgroup path of the container's own cgroup, empty for a further process
  record Order(
      String id,
      String runtime,
      String cgroup,
      StdioSpec stdio,
      ProcessSpec process,
      Path directory,
      Timing timing) {
    Path exitRecord() {
      return directory.resolve("exit");
    }
  }

  /// Runs the plan; returns once the command is executing.
  ///
  /// @throws LaunchException if it is not
  StagedProcess launch(Compiled compiled, Order order) {
    byte[] encoded = encode(compiled.plan(), order.timing);
    try (OwnedFd plan = MemoryFile.open("gantry-plan");
        OwnedFd record = ExitFile.create(order.exitRecord());
        Channels channels = new Channels(order.stdio)) {
      FileIo.writeFully(plan, encoded);
      int pid = spawn(compiled, order, plan, record, channels);
      PidFd monitor = PidFd.open(pid).orElseThrow(); // our child, not waited for: it exists
      try {
        awaitStart(channels.sync(), monitor, compiled, plan, order);
        return started(pid, monitor, compiled, plan, order, channels);
      } catch (RuntimeException | Error e) {
        monitor.close();
        throw e;
      }
    }
  }

  private static byte[] encode(LaunchPlan plan, Timing timing) {
    try {
      return plan.encode(timing);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(LaunchException.Kind.CONFIG, String.valueOf(e.getMessage()), e);
    }
  }

  private int spawn(
      Compiled compiled, Order order, OwnedFd plan, OwnedFd record, Channels channels) {
    Spawn spawn =
        programs
            .spawn()
            .argument("gantry-monitor " + order.id)
            .descriptor(Descriptors.PLAN, plan)
            .descriptor(Descriptors.RECORD, record);
    compiled.descriptors().forEach(spawn::descriptor);
    channels.addTo(spawn);
    int pid = spawn.start();
    channels.closeTheirs();
    return pid;
  }

  private void awaitStart(
      OwnedFd sync, PidFd monitor, Compiled compiled, OwnedFd plan, Order order) {
    loop.whenReady(sync, Readiness.READABLE).join();
    if (FileIo.read(sync, new byte[1], 0, 1) == 1) {
      return;
    }
    reap(monitor);
    throw Failure.of(compiled.plan(), outcome(plan), order.process);
  }

  /// The stage has closed its end by exiting, so this wait is short.
  private void reap(PidFd monitor) {
    while (monitor.reap().isEmpty()) {
      loop.whenReady(monitor, Readiness.READABLE).join();
    }
  }

  private static Outcome outcome(OwnedFd plan) {
    byte[] header = new byte[Outcome.HEADER_SIZE];
    FileIo.pread(plan, header, 0, header.length, 0);
    return Outcome.parse(header);
  }

  private StagedProcess started(
      int pid, PidFd monitor, Compiled compiled, OwnedFd plan, Order order, Channels channels) {
    Outcome outcome = outcome(plan);
    Optional<Integer> terminal = compiled.terminal().map(slot -> outcome.slots().get(slot.index()));
    Optional<OwnedFd> master = terminal.map(monitor::take);
    ProcessRecord record =
        new ProcessRecord(
            order.id,
            order.runtime,
            pid,
            ProcessStat.of(pid).orElseThrow().startTicks(),
            outcome.child(),
            channels.numbers(terminal),
            order.exitRecord().toString(),
            order.cgroup);
    OwnedFd sync = channels.sync();
    StagedProcess process =
        new StagedProcess(record, channels.release(master), loop, Optional.of(monitor));
    process.watch(sync);
    return process;
  }

  @Override
  public void close() {
    programs.close();
  }
}
