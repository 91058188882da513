package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.Change;
import gantry.engine.container.CommitSpec;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerUpdate;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Containers;
import gantry.engine.container.CopyInOptions;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.ExecView;
import gantry.engine.container.ExitStatus;
import gantry.engine.container.LogQuery;
import gantry.engine.container.OutputSink;
import gantry.engine.container.PathStat;
import gantry.engine.container.ProcessTable;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.Stats;
import gantry.engine.container.Status;
import gantry.engine.container.TerminalSize;
import gantry.engine.container.WaitCondition;
import gantry.engine.log.JsonFileLog;
import gantry.engine.log.LogReader;
import gantry.engine.spec.ResourceLimits;
import gantry.engine.spec.SpecCheck;
import gantry.engine.stdio.DetachKeys;
import gantry.image.Image;
import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The containers of this machine: finds the one that is meant, and hands over to who does the
/// work.
final class LocalContainers implements Containers {
  private final Rooms rooms;
  private final Creation creation;
  private final Launcher launcher;
  private final Lifecycle lifecycle;
  private final ExecService execs;
  private final FileAccess files;
  private final Observation observation;
  private final Measurement measurement;
  private final Commits commits;
  private final AtomicBoolean pruning = new AtomicBoolean();

  LocalContainers(
      Rooms rooms, Creation creation, Launcher launcher, Lifecycle lifecycle, ExecService execs) {
    this.rooms = rooms;
    this.creation = creation;
    this.launcher = launcher;
    this.lifecycle = lifecycle;
    this.execs = execs;
    this.files = new FileAccess(rooms);
    this.observation = new Observation(rooms);
    this.measurement = new Measurement(rooms);
    this.commits = new Commits(rooms, lifecycle);
  }

  private Container find0(String container) {
    return rooms.containers().find(container);
  }

  @Override
  public Created create(ContainerSpec spec) {
    return creation.create(spec);
  }

  @Override
  public ContainerView find(String container) {
    return find0(container).view();
  }

  @Override
  public List<ContainerView> list() {
    return rooms.containers().views();
  }

  @Override
  public void start(String container, Optional<String> detachKeys) {
    DetachKeys _ = DetachKeys.parse(detachKeys);
    lifecycle.start(find0(container));
  }

  @Override
  public void stop(String container, Optional<String> signal, Optional<Duration> timeout) {
    lifecycle.stop(find0(container), signal, timeout);
  }

  @Override
  public void restart(String container, Optional<String> signal, Optional<Duration> timeout) {
    lifecycle.restart(find0(container), signal, timeout);
  }

  @Override
  public void kill(String container, String signal) {
    lifecycle.kill(find0(container), signal);
  }

  @Override
  public void pause(String container) {
    lifecycle.pause(find0(container));
  }

  @Override
  public void unpause(String container) {
    lifecycle.unpause(find0(container));
  }

  @Override
  public void rename(String container, String name) {
    Container found = find0(container);
    String wanted = name.startsWith("/") ? name.substring(1) : name;
    if (wanted.isEmpty()) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "Neither old nor new names may be empty");
    }
    found.transition.lock();
    try {
      rename(found, wanted);
    } finally {
      found.transition.unlock();
    }
  }

  private void rename(Container container, String name) {
    String old = container.name();
    if (old.equals(name)) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "Renaming a container with the same name as its current name");
    }
    try {
      rooms.containers().reserve(name, container.id);
    } catch (EngineException e) {
      throw new EngineException(e.kind(), "Error when allocating new name: " + e.getMessage(), e);
    }
    try {
      rooms.records().define(Views.name(container.view(), name));
    } catch (RuntimeException e) {
      rooms.containers().free(name, container.id);
      throw Failures.of("cannot rename container '" + old + "'", e);
    }
    container.show(v -> Views.name(v, name));
    Map<String, ContainerView.EndpointView> places = rooms.networks().renamed(container.view());
    ContainerView renamed =
        container.show(v -> Views.networks(v, places, v.networkNamespacePath()));
    lifecycle.saveShown(container);
    rooms.containers().free(old, container.id);
    rooms.events().container(renamed, "rename", "oldName", "/" + old);
  }

  @Override
  public List<String> update(String container, ContainerUpdate update) {
    Container found = find0(container);
    found.transition.lock();
    try {
      return update(found, update);
    } catch (RuntimeException e) {
      throw Failures.of("Cannot update container " + found.id, e);
    } finally {
      found.transition.unlock();
    }
  }

  private List<String> update(Container container, ContainerUpdate update) {
    ContainerView before = container.view();
    RestartPolicy policy = update.restartPolicy().orElse(before.spec().restartPolicy());
    if (before.spec().autoRemove() && !(policy instanceof RestartPolicy.No)) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "Restart policy cannot be updated because AutoRemove is enabled for the container");
    }
    ContainerSpec spec =
        before.spec().toBuilder()
            .resources(ResourceEdits.updated(before.spec().resources(), update.resources()))
            .restartPolicy(policy)
            .build();
    long swap = before.spec().resources().memorySwapBytes();
    long memory = update.resources().memoryBytes();
    if (update.resources().memorySwapBytes() == 0 && swap > 0 && memory > swap) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time");
    }
    SpecCheck.Findings findings = SpecCheck.ofResources(spec, rooms.machine().specMachine());
    if (!findings.problems().isEmpty()) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, String.join("; ", findings.problems()));
    }
    ActiveRun run = container.run;
    if (run != null) {
      run.runtime()
          .update(run.process(), ResourceLimits.of(update.resources(), rooms.host().swapLimit()));
    }
    rooms.records().define(Views.spec(before, spec));
    ContainerView after = container.show(v -> Views.spec(v, spec));
    rooms.events().container(after, "update");
    return findings.warnings();
  }

  @Override
  public void remove(String container, boolean force, boolean removeVolumes) {
    Container found = find0(container);
    lifecycle.remove(found, force, removeVolumes);
    execs.forget(found);
  }

  @Override
  public CompletableFuture<ExitStatus> await(String container, WaitCondition condition) {
    return lifecycle.await(find0(container), condition);
  }

  @Override
  public ProcessTable top(String container, List<String> psArguments) {
    Container found = find0(container);
    ProcessTable table = observation.top(found, psArguments);
    rooms.events().container(found.view(), "top");
    return table;
  }

  @Override
  public Optional<Stats> stats(String container) {
    return measurement.stats(find0(container));
  }

  @Override
  public Attachment attach(String container, AttachOptions options, OutputSink sink) {
    Container found = find0(container);
    DetachKeys keys = DetachKeys.parse(options.detachKeys());
    ContainerView view = found.view();
    switch (view.state().status()) {
      case PAUSED ->
          throw new EngineException(
              ErrorKind.CONFLICT,
              "container %s is paused, unpause the container before attach".formatted(view.id()));
      case RESTARTING ->
          throw new EngineException(
              ErrorKind.CONFLICT,
              "container %s is restarting, wait until the container is running"
                  .formatted(view.id()));
      default -> {}
    }
    rooms.events().container(view, "attach");
    return new LogsThenLive(found, options, sink, keys, () -> tellDetached(found)).open();
  }

  private void tellDetached(Container container) {
    rooms.events().container(container.view(), "detach");
  }

  @Override
  public void resize(String container, TerminalSize size) {
    Container found = find0(container);
    Lifecycle.running(found).process().resize(size.rows(), size.columns());
    rooms
        .events()
        .container(
            found.view(),
            "resize",
            "height",
            Integer.toString(size.rows()),
            "width",
            Integer.toString(size.columns()));
  }

  @Override
  public void logs(String container, LogQuery query, Runnable ready, OutputSink sink) {
    Container found = find0(container);
    ContainerView view = found.view();
    if (view.state().status() == Status.DEAD || view.state().status() == Status.REMOVING) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "can not get logs from container which is dead or marked for removal");
    }
    if (!query.stdout() && !query.stderr()) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "Bad parameters: you must choose at least one stream");
    }
    JsonFileLog log =
        found
            .log
            .filter(_ -> found.output.readable())
            .orElseThrow(
                () ->
                    new EngineException(
                        ErrorKind.NOT_IMPLEMENTED,
                        "configured logging driver does not support reading"));
    try {
      new LogReader(log, query, sink).run(ready);
    } catch (InterruptedException _) { // the reader gave up, as documented
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw Failures.of("cannot read the log of container " + view.name(), e);
    }
  }

  @Override
  public List<Change> changes(String container) {
    return files.changes(find0(container));
  }

  @Override
  public void export(String container, OutputStream tar) {
    files.export(find0(container), tar);
  }

  @Override
  public PathStat stat(String container, String path) {
    return files.stat(find0(container), path);
  }

  @Override
  public void copyOut(String container, String path, Consumer<PathStat> ready, OutputStream tar) {
    files.copyOut(find0(container), path, ready, tar);
  }

  @Override
  public void copyIn(String container, String path, InputStream tar, CopyInOptions options) {
    files.copyIn(find0(container), path, tar, options);
  }

  @Override
  public Digest commit(CommitSpec spec) {
    return commits.commit(find0(spec.container()), spec);
  }

  @Override
  public String createExec(String container, ExecSpec spec) {
    return execs.create(find0(container), spec);
  }

  @Override
  public void startExecDetached(String exec) {
    execs.startDetached(exec);
  }

  @Override
  public Attachment startExec(
      String exec, TerminalSize terminalSize, Runnable ready, OutputSink sink) {
    return execs.start(exec, terminalSize, ready, sink);
  }

  @Override
  public ExecView exec(String exec) {
    return execs.view(exec);
  }

  @Override
  public void resizeExec(String exec, TerminalSize size) {
    execs.resize(exec, size);
  }

  @Override
  public Size size(String container) {
    ContainerView view = find(container);
    long own = rooms.images().snapshots().usageBytes(view.id());
    long image = rooms.images().byId(view.imageId()).map(Image::sizeBytes).orElse(0L);
    return new Size(own, own + image);
  }

  @Override
  public Pruned prune(Predicate<ContainerView> filter) {
    if (!pruning.compareAndSet(false, true)) {
      throw new EngineException(ErrorKind.CONFLICT, "a prune operation is already running");
    }
    try {
      List<String> ids = new ArrayList<>();
      long bytes = 0;
      for (ContainerView view : list()) {
        if (view.state().running() || !filter.test(view)) {
          continue;
        }
        long size = rooms.images().snapshots().usageBytes(view.id());
        try {
          remove(view.id(), false, false);
          ids.add(view.id());
          bytes += size;
        } catch (EngineException e) {
          if (e.kind() != ErrorKind.CONFLICT && e.kind() != ErrorKind.NOT_FOUND) {
            throw e;
          } // started or removed meanwhile: not ours any more
        }
      }
      rooms.events().pruned("container", bytes);
      return new Pruned(ids, bytes);
    } finally {
      pruning.set(false);
    }
  }

  @Override
  public String explain(ContainerSpec spec) {
    return new Explanation(rooms, creation, launcher).explain(spec);
  }

  /// All of a log up to a moment, as an attach with `logs` wants it.
  static LogQuery everything(AttachOptions options, Instant until) {
    return new LogQuery(
        options.stdout(),
        options.stderr(),
        false,
        false,
        false,
        Optional.empty(),
        Optional.of(until),
        OptionalInt.empty());
  }
}
