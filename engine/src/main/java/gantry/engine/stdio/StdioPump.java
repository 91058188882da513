package gantry.engine.stdio;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.JsonFileLog;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.SyscallException;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.event.Registration;
import gantry.linux.event.Trigger;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileIo;
import gantry.linux.file.Transfer;
import gantry.runtime.Stdio;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries one run's output from its pipes, or its terminal, to the log and to all who listen.
///
/// Everything happens on the event loop's thread, a bounded piece at a time. While a listener is
/// full nothing is read, so that the program waits in its write; see [OutputQueue] for how long.
public final class StdioPump {
  private static final Logger LOG = LoggerFactory.getLogger(StdioPump.class);
  private static final int CHUNK = 64 * 1024;
  private static final int ROUNDS = 4; // pieces of one source before others have their turn
  private static final Duration STALL_CHECK = Duration.ofSeconds(1);

  private final EventLoop loop;
  private final OutputHub hub;
  private final List<Source> sources = new ArrayList<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private Optional<OutputRecorder> recorder = Optional.empty();
  private byte[] scratch = new byte[0];
  private int open;
  private boolean paused;

  private StdioPump(EventLoop loop, OutputHub hub) {
    this.loop = loop;
    this.hub = hub;
  }

  /// Begins to carry. What an earlier process left in `directory` goes first.
  ///
  /// @param log where output is kept; empty: nowhere
  /// @param directory for the run's own files; exists
  static StdioPump start(
      EventLoop loop, Stdio stdio, OutputHub hub, Optional<JsonFileLog> log, Path directory)
      throws IOException {
    StdioPump pump = new StdioPump(loop, hub);
    if (log.isPresent()) {
      pump.recorder = Optional.of(OutputRecorder.open(log.get(), directory));
    }
    switch (stdio) {
      case Stdio.Pipes pipes -> {
        pump.add(new Source(Stream.STDOUT, pipes.stdout(), Optional.empty()));
        pump.add(new Source(Stream.STDERR, pipes.stderr(), Optional.empty()));
      }
      case Stdio.Terminal terminal ->
          pump.add(
              new Source(
                  Stream.STDOUT,
                  terminal.master(),
                  Optional.of(new Relay(terminal.relayIn(), terminal.relayOut()))));
      case Stdio.Gone _ -> {}
    }
    hub.onRoom(() -> loop.execute(pump::resume));
    loop.execute(pump::begin);
    return pump;
  }

  /// Completes on the loop's thread when all output is in the log and on its way to the listeners.
  public CompletableFuture<Void> ended() {
    return ended;
  }

  /// Stops reading, though somebody holds the pipes open still: the program has ended, and its
  /// grace is over.
  public void finish() {
    loop.execute(this::end);
  }

  private record Relay(Fd in, Fd out) {}

  private static final class Source {
    private final Stream stream;
    private final Fd fd;
    private final Optional<Relay> relay;
    private Optional<Registration> watch = Optional.empty();
    private boolean over;

    Source(Stream stream, Fd fd, Optional<Relay> relay) {
      this.stream = stream;
      this.fd = fd;
      this.relay = relay;
    }
  }

  private void add(Source source) {
    FileControl.setNonBlocking(source.fd);
    source.relay.ifPresent(relay -> FileControl.setNonBlocking(relay.out));
    sources.add(source);
    open++;
  }

  private void begin() {
    for (Source source : sources) {
      if (!ended.isDone()) {
        if (source.relay.isPresent()) {
          read(source); // what an earlier process left in the relay
        }
        watch(source);
      }
    }
    if (open == 0) {
      end();
    }
  }

  private void watch(Source source) {
    if (!source.over && !paused) {
      source.watch =
          Optional.of(
              loop.register(source.fd, Readiness.READABLE, Trigger.LEVEL, _ -> read(source)));
    }
  }

  private void read(Source source) {
    try {
      for (int round = 0; round < ROUNDS && !paused && !source.over; round++) {
        OptionalLong came =
            source.relay.isPresent() ? takeRelayed(source) : take(source, source.fd);
        if (came.isEmpty()) {
          return;
        }
        if (came.getAsLong() == 0) {
          close(source);
          return;
        }
        if (hub.full()) {
          pause();
        }
      }
    } catch (IOException | RuntimeException e) {
      LOG.error("output of a program is lost from here on: {}", e.getMessage(), e);
      close(source);
    }
  }

  /// A terminal's bytes go through a pipe that outlives this process.
  private OptionalLong takeRelayed(Source source) throws IOException {
    Relay relay = source.relay.orElseThrow();
    OptionalLong moved;
    try {
      moved = Transfer.trySplice(source.fd, relay.in, CHUNK);
    } catch (SyscallException e) {
      if (e.errno() != Errno.EIO) { // nobody has the terminal open any more
        throw e;
      }
      moved = OptionalLong.of(0);
    }
    OptionalLong came = take(source, relay.out);
    if (came.isPresent() && came.getAsLong() > 0) {
      return came;
    }
    return moved;
  }

  private OptionalLong take(Source source, Fd pipe) throws IOException {
    if (recorder.isPresent()) {
      return recorder.get().take(source.stream, pipe, hub);
    }
    if (scratch.length == 0) {
      scratch = new byte[CHUNK];
    }
    int count;
    try {
      count = FileIo.read(pipe, scratch, 0, scratch.length);
    } catch (SyscallException e) {
      if (e.errno() == Errno.EAGAIN) {
        return OptionalLong.empty();
      }
      throw e;
    }
    if (count > 0) {
      hub.offer(source.stream, scratch, 0, count);
    }
    return OptionalLong.of(Math.max(0, count));
  }

  private void pause() {
    paused = true;
    for (Source source : sources) {
      source.watch.ifPresent(Registration::close);
      source.watch = Optional.empty();
    }
    later(this::checkStall);
  }

  private void later(Runnable task) {
    CompletableFuture.delayedExecutor(STALL_CHECK.toMillis(), TimeUnit.MILLISECONDS, loop)
        .execute(task);
  }

  private void checkStall() {
    if (paused && !ended.isDone()) {
      hub.cutStalled();
      resume();
      if (paused) {
        later(this::checkStall);
      }
    }
  }

  private void resume() {
    if (paused && !hub.full()) {
      paused = false;
      for (Source source : sources) {
        watch(source);
      }
    }
  }

  private void close(Source source) {
    if (!source.over) {
      source.over = true;
      source.watch.ifPresent(Registration::close);
      source.watch = Optional.empty();
      open--;
      if (open == 0) {
        end();
      }
    }
  }

  private void end() {
    if (ended.isDone()) {
      return;
    }
    for (Source source : sources) {
      source.over = true;
      source.watch.ifPresent(Registration::close);
      source.watch = Optional.empty();
    }
    if (recorder.isPresent()) {
      try (OutputRecorder closing = recorder.get()) {
        closing.finish();
      } catch (IOException | RuntimeException e) {
        LOG.error("the end of a program's output is not in its log: {}", e.getMessage(), e);
      }
    }
    ended.complete(null);
  }
}
