package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Registration;
import gantry.linux.event.Trigger;
import gantry.linux.file.FileIo;
import gantry.linux.file.Pipe;
import gantry.linux.process.Signal;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import gantry.runtime.Probe;
import gantry.runtime.Stdio;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// A probe by a runtime that has nothing better: an exec each time.
final class ExecProbe implements Probe {
  private final ContainerRuntime runtime;
  private final EventLoop loop;
  private final ContainerProcess container;
  private final ExecLaunch like;

  // Guarded by this.
  private long runs;
  private Optional<ExecRun> latest = Optional.empty();
  private boolean closed;

  ExecProbe(ContainerRuntime runtime, EventLoop loop, ContainerProcess container, ExecLaunch like) {
    this.runtime = runtime;
    this.loop = loop;
    this.container = container;
    this.like = like;
  }

  @Override
  public synchronized Run start(int outputMax) {
    if (closed) {
      throw new LaunchException(
          LaunchException.Kind.NOT_RUNNING,
          "cannot exec in container %s: it is not running".formatted(container.record().id()),
          Errno.ESRCH);
    }
    Path directory = like.directory().resolve(Long.toString(++runs));
    ExecRun run = new ExecRun(directory, outputMax);
    latest = Optional.of(run);
    Thread.ofVirtual().name("probe-" + like.id()).start(run::launch);
    return run;
  }

  @Override
  public synchronized void close() {
    closed = true;
    latest.ifPresent(ExecRun::kill);
  }

  private final class ExecRun implements Run {
    private final Path directory;
    private final int outputMax;
    private final CompletableFuture<Result> done = new CompletableFuture<>();
    private final ByteArrayOutputStream output = new ByteArrayOutputStream(); // the loop's
    private final List<Registration> reading = new ArrayList<>(); // the loop's
    private Optional<ContainerProcess> process = Optional.empty(); // guarded by this run, as below
    private boolean killed;

    ExecRun(Path directory, int outputMax) {
      this.directory = directory;
      this.outputMax = outputMax;
    }

    @Override
    public CompletableFuture<Result> done() {
      return done;
    }

    void launch() {
      try {
        Bundle.makeDirectory(directory);
        ContainerProcess started =
            runtime.exec(
                container,
                new ExecLaunch(
                    like.id(), like.container(), like.process(), like.stdio(), directory));
        started(started);
        loop.execute(() -> watch(started));
      } catch (RuntimeException e) {
        Bundle.removeDirectory(directory);
        done.completeExceptionally(e);
      }
    }

    private synchronized void started(ContainerProcess started) {
      process = Optional.of(started);
      if (killed) {
        boolean _ = started.signal(Signal.KILL.number());
      }
    }

    private void watch(ContainerProcess started) {
      if (started.stdio() instanceof Stdio.Pipes pipes) {
        watch(pipes.stdout());
        watch(pipes.stderr());
      }
      CompletableFuture<Void> _ =
          started.exited().thenAcceptAsync(exit -> ended(started, exit), loop);
    }

    private void watch(Fd pipe) {
      Registration[] self = new Registration[1];
      self[0] =
          loop.register(
              pipe,
              Readiness.READABLE,
              Trigger.LEVEL,
              _ -> {
                if (read(pipe) == 0) {
                  self[0].close();
                }
              });
      reading.add(self[0]);
    }

    private int read(Fd pipe) {
      byte[] bytes = new byte[4096];
      int count = FileIo.read(pipe, bytes, 0, bytes.length);
      output.write(bytes, 0, Math.min(count, outputMax - output.size()));
      return count;
    }

    private void ended(ContainerProcess started, Exit exit) {
      try {
        if (started.stdio() instanceof Stdio.Pipes pipes) {
          for (Fd pipe : List.of(pipes.stdout(), pipes.stderr())) {
            while (Pipe.readable(pipe) > 0) {
              int _ = read(pipe);
            }
          }
        }
        reading.forEach(Registration::close);
        synchronized (this) {
          process = Optional.empty();
          started.close();
        }
        Bundle.removeDirectory(directory);
        done.complete(new Result(exit, output.toString(StandardCharsets.UTF_8)));
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
      }
    }

    @Override
    public synchronized void kill() {
      killed = true;
      process.ifPresent(
          running -> {
            boolean _ = running.signal(Signal.KILL.number());
          });
    }
  }
}
