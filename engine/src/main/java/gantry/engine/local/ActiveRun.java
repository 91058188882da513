package gantry.engine.local;

import gantry.engine.stdio.StdioPump;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/// A container's program as it runs; two runs are never equal.
final class ActiveRun {
  private final ContainerRuntime runtime;
  private final ContainerProcess process;
  private final StdioPump output;
  private final RuntimeSpec spec;
  private final Instant startedAt;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();

  ActiveRun(
      ContainerRuntime runtime,
      ContainerProcess process,
      StdioPump output,
      RuntimeSpec spec,
      Instant startedAt) {
    this.runtime = runtime;
    this.process = process;
    this.output = output;
    this.spec = spec;
    this.startedAt = startedAt;
  }

  ContainerRuntime runtime() {
    return runtime;
  }

  ContainerProcess process() {
    return process;
  }

  StdioPump output() {
    return output;
  }

  /// What it was started with, for execs.
  RuntimeSpec spec() {
    return spec;
  }

  Instant startedAt() {
    return startedAt;
  }

  /// Done when the end was dealt with: state saved, waiters woken.
  CompletableFuture<Void> ended() {
    return ended;
  }
}
