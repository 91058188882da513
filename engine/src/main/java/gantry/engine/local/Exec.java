package gantry.engine.local;

import gantry.engine.container.ExecSpec;
import gantry.engine.container.ExecView;
import gantry.engine.stdio.ContainerStreams;
import gantry.linux.process.Signal;
import gantry.runtime.ContainerProcess;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;

/// One exec: asked for, then started once, then ended.
final class Exec {
  final String id;
  final Container container;
  final ExecSpec spec;
  final ContainerStreams streams;
  final Instant created = Instant.now();
  final AtomicBoolean started = new AtomicBoolean();

  /// Done when it runs, or could not be started.
  final CompletableFuture<Optional<ContainerProcess>> process = new CompletableFuture<>();

  private volatile OptionalInt exitCode = OptionalInt.empty();
  private volatile Optional<Instant> endedAt = Optional.empty();

  Exec(String id, Container container, ExecSpec spec, ContainerStreams streams) {
    this.id = id;
    this.container = container;
    this.spec = spec;
    this.streams = streams;
  }

  void end(int code) {
    exitCode = OptionalInt.of(code);
    endedAt = Optional.of(Instant.now());
  }

  boolean ended() {
    return endedAt.isPresent();
  }

  /// Whether it ended before that time.
  boolean endedBefore(Instant time) {
    return endedAt.filter(end -> end.isBefore(time)).isPresent();
  }

  Optional<ContainerProcess> running() {
    return ended() ? Optional.empty() : process.getNow(Optional.empty());
  }

  void kill() {
    running().ifPresent(alive -> alive.signal(Signal.KILL.number()));
  }

  ExecView view() {
    return new ExecView(
        id,
        container.id,
        spec,
        started.get(),
        running().isPresent(),
        exitCode,
        process.getNow(Optional.empty()).map(ContainerProcess::pid).orElse(0));
  }
}
