package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.container.Status;
import gantry.engine.log.remote.Shipper;
import gantry.engine.stdio.StdioPump;
import gantry.linux.SyscallException;
import gantry.network.IpAddress;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.Monitors;
import gantry.runtime.ProcessRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes what is on this machine agree with the database when the engine is opened: the same after
/// a crash, an upgrade and a reboot. The database is right about what exists, the kernel about what
/// runs.
///
/// In this order:
/// 1. rows become containers; what was `REMOVING` never is one: the row goes first in a removal;
/// 2. containers with a process on record are taken over: output goes on where it stopped, an end
///    that happened meanwhile is dealt with as any other;
/// 3. groups of ours that no such container has are killed and removed: starts that were never
///    answered;
/// 4. snapshots and directories without a row go, containers without a snapshot (a power cut) get
///    one;
/// 5. networks and volumes are swept; a running container leaves networks that its row has not;
/// 6. containers that remove themselves and do not run are removed, those whose policy says so are
///    started.
final class Reconciler {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  private static final int END_SECONDS = 5;

  private final Rooms rooms;
  private final Creation creation;
  private final Launcher launcher;
  private final Lifecycle lifecycle;
  private final ContainerFiles files;

  Reconciler(
      Rooms rooms,
      Creation creation,
      Launcher launcher,
      Lifecycle lifecycle,
      ContainerFiles files) {
    this.rooms = rooms;
    this.files = files;
    this.launcher = launcher;
    this.creation = creation;
    this.lifecycle = lifecycle;
  }

  /// Steps 1 to 5; the containers of step 6 are left to [#startWanted].
  void reconcile() {
    Map<Container, ProcessRecord> onRecord = new HashMap<>();
    for (ContainerRecords.Saved saved : rooms.records().all()) {
      Container container = restore(saved);
      saved.run().process().ifPresent(record -> onRecord.put(container, record));
      repairInterrupted(container, saved);
    }
    Map<String, Long> running = new HashMap<>();
    List<Runnable> ends = new ArrayList<>();
    onRecord.forEach(
        (container, record) -> {
          try {
            ends.add(takeOver(container, record));
            running.put(container.id, (long) record.pid());
          } catch (RuntimeException | IOException e) {
            LOG.error("container {} cannot be taken over: {}", container.id, e.getMessage(), e);
          }
        });
    Monitors.sweep(rooms.paths().runs(), running.keySet());
    Monitors.sweep(rooms.paths().execs(), Set.of());
    sweepGroups(running.keySet());
    sweepFiles(running.keySet());
    repairSnapshots();
    rooms.networks().repair(running);
    onRecord.keySet().forEach(this::showNetworks);
    rooms
        .volumes()
        .sweep(
            onRecord.keySet().stream()
                .collect(Collectors.toMap(c -> c.id, c -> c.view().volumeNames())));
    ends.forEach(Runnable::run);
    awaitEnds(onRecord);
  }

  /// What the networks know of a running container besides its addresses.
  private void showNetworks(Container container) {
    leaveUnrecorded(container.view());
    container.show(v -> Views.publishedPorts(v, rooms.networks().published(v.id())));
    try {
      rooms.networks().serveAgain(container.view());
    } catch (RuntimeException e) {
      LOG.error("container {} is without names: {}", container.id, e.getMessage(), e);
    }
  }

  private void leaveUnrecorded(ContainerView view) {
    try {
      List<IpAddress> left = rooms.networks().leaveUnrecorded(view);
      if (!left.isEmpty()) {
        files.left(view, left);
      }
    } catch (RuntimeException e) {
      LOG.error(
          "container {} is in a network that it was to leave: {}", view.id(), e.getMessage(), e);
    }
  }

  /// Programs that ended meanwhile are shown as ended from the first answer on.
  private static void awaitEnds(Map<Container, ProcessRecord> onRecord) {
    onRecord.forEach(
        (container, record) -> {
          ActiveRun run = container.run;
          if (run != null
              && (run.process().exited().isDone() || !Observation.alive(record.pid()))) {
            CompletableFuture<Void> waited =
                run.ended().copy().completeOnTimeout(null, END_SECONDS, TimeUnit.SECONDS);
            waited.join();
          }
        });
  }

  private Container restore(ContainerRecords.Saved saved) {
    ContainerRecords.Run run = saved.run();
    ContainerView view =
        Views.restartCount(
            Views.manuallyStopped(
                Views.networks(
                    Views.state(saved.definition(), run.state()),
                    run.networks(),
                    run.process().map(p -> "/proc/" + p.pid() + "/ns/net")),
                run.manuallyStopped()),
            run.restartCount());
    Container container =
        new Container(view, creation.streams(view.id(), view.spec()), ContainerLog.of(view, rooms));
    container.startedBefore = run.startedBefore();
    if (run.startedBefore()) {
      container.output.shipper().ifPresent(Shipper::start);
    }
    rooms.containers().reserve(view.name(), view.id());
    rooms.containers().add(container);
    return container;
  }

  /// A restart delay, or a "running" without a process, cannot outlive the engine that had it.
  private void repairInterrupted(Container container, ContainerRecords.Saved saved) {
    ContainerView.State state = container.view().state();
    if (state.running() && saved.run().process().isEmpty()) {
      ContainerView.State ended =
          new ContainerView.State(
              Status.EXITED,
              0,
              state.exitCode(),
              state.oomKilled(),
              state.error(),
              state.startedAt(),
              state.finishedAt().or(() -> Optional.of(Instant.now())),
              state.health());
      container.show(
          v ->
              Views.state(
                  Views.networks(v, LocalNetworks.cleared(v.networks()), Optional.empty()), ended));
      lifecycle.saveShown(container);
    }
  }

  /// Connects to a program that an earlier engine started; the result follows it to its end.
  private Runnable takeOver(Container container, ProcessRecord record) throws IOException {
    ContainerView view = container.view();
    ContainerRuntime runtime = rooms.runtimes().named(record.runtime());
    Path directory = rooms.paths().run(view.id());
    Files.createDirectories(directory);
    ContainerProcess process = runtime.reattach(record);
    StdioPump output = container.streams.connect(process, container.log, directory);
    ActiveRun run =
        new ActiveRun(
            runtime,
            process,
            output,
            launcher.runningSpec(view),
            view.state().startedAt().orElse(Instant.now()));
    container.run = run;
    return () -> lifecycle.watch(container, run);
  }

  /// Removes groups of containers of ours that do not run. Others in the same parent may belong to
  /// another engine; ours are known, or have left the directory of their run, which goes last.
  private void sweepGroups(Set<String> running) {
    Set<String> ours = names(rooms.paths().runs());
    rooms.containers().all().forEach(container -> ours.add(container.id));
    for (String name : rooms.groups().names(rooms.config().cgroupParent())) {
      if (ours.contains(name) && !running.contains(name)) {
        LOG.info("removing group {}, which no running container has", name);
        try {
          rooms.groups().destroy(rooms.config().cgroupParent() + "/" + name);
        } catch (RuntimeException e) {
          LOG.warn("group {} stays: {}", name, e.getMessage());
        }
      }
    }
  }

  private void sweepFiles(Set<String> running) {
    Set<String> known = new HashSet<>();
    rooms.containers().all().forEach(container -> known.add(container.id));
    sweep(rooms.paths().containers(), known);
    sweep(rooms.paths().runs(), running);
    sweep(rooms.paths().execs(), Set.of());
    for (String key : rooms.images().snapshots().keys()) {
      if (!known.contains(key)) {
        rooms.images().snapshots().remove(key);
      }
    }
  }

  private static Set<String> names(Path directory) {
    if (!Files.isDirectory(directory)) {
      return new HashSet<>();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries
          .map(entry -> String.valueOf(entry.getFileName()))
          .collect(Collectors.toCollection(HashSet::new));
    } catch (IOException e) {
      throw Failures.of("cannot read " + directory, e);
    }
  }

  private static void sweep(Path directory, Set<String> keep) {
    try {
      Files.createDirectories(directory);
      try (Stream<Path> entries = Files.list(directory)) {
        entries
            .filter(entry -> !keep.contains(String.valueOf(entry.getFileName())))
            .toList()
            .forEach(Leftovers::removeDirectory);
      }
    } catch (IOException e) {
      throw Failures.of("cannot read " + directory, e);
    }
  }

  /// A power cut can take a snapshot and leave its row.
  private void repairSnapshots() {
    for (Container container : rooms.containers().all()) {
      ContainerView view = container.view();
      try {
        Files.createDirectories(rooms.paths().container(view.id()));
        if (!rooms.images().snapshots().exists(view.id())) {
          rooms
              .images()
              .byId(view.imageId())
              .ifPresent(image -> rooms.images().snapshots().prepare(view.id(), image));
        }
      } catch (IOException | SyscallException e) {
        LOG.error("container {} is without its files: {}", view.id(), e.getMessage(), e);
      }
    }
  }

  /// Step 6.
  void startWanted() {
    for (Container container : rooms.containers().all()) {
      ContainerView view = container.view();
      if (container.run != null || view.state().running()) {
        continue;
      }
      if (view.spec().autoRemove() && container.startedBefore) {
        lifecycle.removeNow(container, true);
      } else if (container.startedBefore
          && Restarts.wantedAtOpening(
              view.spec().restartPolicy(),
              new Restarts.Ended(
                  view.state().exitCode(), view.restartCount(), view.manuallyStopped()))) {
        Thread.ofVirtual()
            .name("start-" + Ids.abbreviate(view.id()))
            .start(() -> lifecycle.startAtOpening(container));
      }
    }
  }
}
