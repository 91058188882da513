package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Registration;
import gantry.linux.event.Trigger;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Pipe;
import gantry.linux.process.PidFd;
import gantry.linux.process.Signal;
import gantry.linux.process.Spawn;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import gantry.runtime.Probe;
import gantry.stage.ExitRecord;
import gantry.stage.LaunchPlan;
import gantry.stage.Outcome;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// A command whose plan is encoded once. Each run is a copy of the plan, a spawn of the stage and
/// two descriptors to wait for: the monitor's end, and output.
///
/// All that the monitor has to say goes through one pipe, which is read when it has ended: a byte
/// once the command is executing, then the exit record. A run whose program was killed tells nobody
/// and ends by itself.
final class StagedProbe implements Probe {
  private static final int STARTED = 1; // byte

  private final EventLoop loop;
  private final Launcher launcher;
  private final StagedProcess container;
  private final ExecLaunch like;
  private final CgroupPlace cgroup;
  private final Machine machine;
  private final OwnedFd nothing = At.open(Fd.CWD, "/dev/null", OpenFlags.O_RDWR);

  // Guarded by this.
  private byte @Nullable [] encoded;
  private Map<Integer, Fd> descriptors = Map.of();
  private Optional<StagedRun> latest = Optional.empty();
  private boolean closed;

  /// Takes `cgroup` over.
  StagedProbe(
      EventLoop loop,
      Launcher launcher,
      StagedProcess container,
      ExecLaunch like,
      CgroupPlace cgroup,
      Machine machine) {
    this.loop = loop;
    this.launcher = launcher;
    this.container = container;
    this.like = like;
    this.cgroup = cgroup;
    this.machine = machine;
  }

  @Override
  public synchronized Run start(int outputMax) {
    if (closed) {
      throw notRunning();
    }
    byte[] plan = encoded;
    if (plan == null) {
      Compiled compiled = compile();
      plan = Launcher.encode(compiled.plan(), LaunchPlan.Timing.OFF);
      descriptors = compiled.descriptors();
      encoded = plan;
    } else {
      PidFd _ = init(); // it is among the descriptors, and may have been closed
    }
    StagedRun run = new StagedRun(plan, outputMax);
    latest = Optional.of(run);
    return run;
  }

  private Compiled compile() {
    return ExecPlan.compile(like, init(), cgroup, machine, ExecPlan.Monitoring.BRIEF);
  }

  private PidFd init() {
    return container.aliveProcess().orElseThrow(this::notRunning);
  }

  private LaunchException notRunning() {
    return new LaunchException(
        LaunchException.Kind.NOT_RUNNING,
        "cannot exec in container %s: it is not running".formatted(container.record().id()),
        Errno.ESRCH);
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      latest.ifPresent(StagedRun::kill);
      cgroup.close();
      nothing.close();
    }
  }

  private final class StagedRun implements Run {
    private final CompletableFuture<Result> done = new CompletableFuture<>();
    private final OwnedFd plan = MemoryFile.open("gantry-plan");
    private final Pipe sync = Pipe.open();
    private final Pipe out = Pipe.open();
    private final PidFd monitor;
    private final byte[] output;
    private @Nullable Registration reading; // of the loop's thread, as all below
    private int length;
    private boolean over; // guarded by this run

    StagedRun(byte[] encoded, int outputMax) {
      output = new byte[outputMax];
      try {
        FileIo.writeFully(plan, encoded);
        Spawn spawn =
            launcher
                .spawn()
                .argument("gantry-monitor " + like.id())
                .descriptor(Descriptors.STDIN, nothing)
                .descriptor(Descriptors.STDOUT, out.writeEnd())
                .descriptor(Descriptors.STDERR, out.writeEnd())
                .descriptor(Descriptors.PLAN, plan)
                .descriptor(Descriptors.SYNC, sync.writeEnd());
        descriptors.forEach(spawn::descriptor);
        int pid = spawn.start();
        monitor = PidFd.open(pid).orElseThrow(); // our child, not waited for: it exists
      } catch (RuntimeException e) {
        closeAll();
        throw e;
      }
      sync.writeEnd().close();
      out.writeEnd().close();
      loop.execute(this::watch);
    }

    private void watch() {
      reading = loop.register(out.readEnd(), Readiness.READABLE, Trigger.LEVEL, _ -> read());
      Registration _ =
          loop.register(monitor, Readiness.READABLE, Trigger.ONCE, _ -> monitorEnded());
    }

    @Override
    public CompletableFuture<Result> done() {
      return done;
    }

    private void read() {
      if (readOnce() == 0 && reading != null) {
        reading.close(); // everybody has closed it
        reading = null;
      }
    }

    private int readOnce() {
      if (length == output.length) {
        return FileIo.read(out.readEnd(), new byte[4096], 0, 4096);
      }
      int count = FileIo.read(out.readEnd(), output, length, output.length - length);
      length += count;
      return count;
    }

    private void monitorEnded() {
      Optional<gantry.linux.process.ExitStatus> _ = monitor.reap();
      try {
        while (reading != null && Pipe.readable(out.readEnd()) > 0) {
          int _ = readOnce();
        }
        byte[] word = FileIo.readAll(sync.readEnd(), 256); // others may have inherited its end: no
        Outcome outcome = Launcher.outcome(plan);
        synchronized (this) {
          over = true;
          if (reading != null) {
            reading.close();
          }
          closeAll();
        }
        complete(word, outcome);
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
      }
    }

    private void complete(byte[] word, Outcome outcome) {
      if (word.length == 0) {
        done.completeExceptionally(failure(outcome));
        return;
      }
      List<ExitRecord> records =
          word.length < STARTED + ExitRecord.SIZE
              ? List.of()
              : ExitRecord.parse(Arrays.copyOfRange(word, STARTED, STARTED + ExitRecord.SIZE));
      Exit exit =
          records.isEmpty()
              ? Exit.LOST
              : Exit.ofWaitStatus(records.getFirst().status(), records.getFirst().at());
      done.complete(new Result(exit, new String(output, 0, length, StandardCharsets.UTF_8)));
    }

    /// The plan is compiled once more: its sentences are not kept.
    private RuntimeException failure(Outcome outcome) {
      try {
        return Failure.of(compile().plan(), outcome, like.process());
      } catch (LaunchException e) { // the container has ended, which is the reason
        return e;
      }
    }

    /// The number is the command's as long as there is no record: see the monitor's reaping.
    @Override
    public synchronized void kill() {
      if (over) {
        return;
      }
      int child = Launcher.outcome(plan).child();
      Optional<PidFd> command = child == 0 ? Optional.empty() : PidFd.open(child);
      if (command.isEmpty()) {
        boolean _ = monitor.signal(Signal.KILL);
        return;
      }
      try (PidFd open = command.get()) {
        if (Pipe.readable(sync.readEnd()) <= STARTED) {
          boolean _ = open.signalGroup(Signal.KILL);
        }
      }
    }

    private void closeAll() {
      plan.close();
      sync.close();
      out.close();
      if (over) {
        monitor.close();
      }
    }
  }
}
