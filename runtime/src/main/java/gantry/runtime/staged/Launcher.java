package gantry.runtime.staged;

import gantry.linux.OwnedFd;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.process.PidFd;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Signal;
import gantry.linux.process.Spawn;
import gantry.oci.runtime.ProcessSpec;
import gantry.runtime.LaunchException;
import gantry.runtime.ProcessRecord;
import gantry.runtime.StdioSpec;
import gantry.stage.LaunchPlan;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Outcome;
import java.nio.file.Path;
import java.util.List;
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
      Optional<Profile> profile) {
    Path exitRecord() {
      return directory.resolve("exit");
    }
  }

  /// Gets what the stage has measured.
  interface Profile {
    /// @param times when each step began, as [Outcome#times] has them
    void measured(LaunchPlan plan, List<Long> times);
  }

  /// Runs the plan; returns once the command is executing.
  ///
  /// @throws LaunchException if it is not
  StagedProcess launch(Compiled compiled, Order order) {
    return launch(compiled, order, (child, _, _) -> child);
  }

  /// Finds the process that was to be started, where that is not the stage's child itself.
  interface Identification {
    /// @param child pid of the stage's child, which runs or has ended
    /// @param monitor the stage
    /// @param channels where the monitor tells of exit records, and what gets a terminal that was
    ///   opened elsewhere
    /// @throws LaunchException if it was not started
    int pid(int child, PidFd monitor, Channels channels);
  }

  /// As above, for a child that starts the process: the monitor is then to record every child.
  StagedProcess launch(Compiled compiled, Order order, Identification identification) {
    Timing timing = order.profile.isPresent() ? Timing.ON : Timing.OFF;
    byte[] encoded = encode(compiled.plan(), timing);
    try (OwnedFd plan = MemoryFile.open("gantry-plan");
        OwnedFd record = ExitFile.create(order.exitRecord());
        Channels channels = new Channels(order.stdio)) {
      FileIo.writeFully(plan, encoded);
      int pid = spawn(compiled, order, plan, record, channels);
      PidFd monitor = PidFd.open(pid).orElseThrow(); // our child, not waited for: it exists
      try {
        awaitStart(channels.sync(), compiled, plan, order);
        order.profile.ifPresent(
            profile ->
                profile.measured(compiled.plan(), Outcome.times(whole(plan, encoded.length))));
        return started(pid, monitor, compiled, outcome(plan), order, channels, identification);
      } catch (RuntimeException | Error e) {
        monitor.signal(Signal.KILL);
        reap(monitor);
        monitor.close();
        throw e;
      }
    }
  }

  /// A new child that will run the stage, without descriptors yet.
  Spawn spawn() {
    return programs.spawn();
  }

  static byte[] encode(LaunchPlan plan, Timing timing) {
    try {
      return plan.encode(timing);
    } catch (IllegalArgumentException e) {
      throw new LaunchException(LaunchException.Kind.CONFIG, String.valueOf(e.getMessage()), e);
    }
  }

  private int spawn(
      Compiled compiled, Order order, OwnedFd plan, OwnedFd record, Channels channels) {
    Spawn spawn =
        spawn()
            .argument("gantry-monitor " + order.id)
            .descriptor(Descriptors.PLAN, plan)
            .descriptor(Descriptors.RECORD, record);
    compiled.descriptors().forEach(spawn::descriptor);
    channels.addTo(spawn);
    int pid = spawn.start();
    channels.closeTheirs();
    return pid;
  }

  private void awaitStart(OwnedFd sync, Compiled compiled, OwnedFd plan, Order order) {
    loop.whenReady(sync, Readiness.READABLE).join();
    if (FileIo.read(sync, new byte[1], 0, 1) == 1) {
      return;
    }
    throw Failure.of(compiled.plan(), outcome(plan), order.process);
  }

  /// The stage has closed its end by exiting, so this wait is short.
  private void reap(PidFd monitor) {
    loop.whenReady(monitor, Readiness.READABLE).join();
    monitor.reap();
  }

  static Outcome outcome(OwnedFd plan) {
    return Outcome.parse(whole(plan, Outcome.HEADER_SIZE));
  }

  private static byte[] whole(OwnedFd plan, int size) {
    byte[] bytes = new byte[size];
    FileIo.pread(plan, bytes, 0, size, 0);
    return bytes;
  }

  private StagedProcess started(
      int pid,
      PidFd monitor,
      Compiled compiled,
      Outcome outcome,
      Order order,
      Channels channels,
      Identification identification) {
    int process = identification.pid(outcome.child(), monitor, channels);
    Optional<Integer> terminal = compiled.terminal().map(slot -> outcome.slots().get(slot.index()));
    ProcessRecord record =
        new ProcessRecord(
            order.id,
            order.runtime,
            pid,
            ProcessStat.of(pid).orElseThrow().startTicks(),
            process,
            channels.numbers(terminal),
            order.exitRecord().toString(),
            order.cgroup);
    StagedProcess started =
        new StagedProcess(record, channels.release(), loop, Optional.of(monitor));
    started.watch(channels.sync());
    return started;
  }

  @Override
  public void close() {
    programs.close();
  }
}
