package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.oci.Json;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Resources;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Exit;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.Probe;
import gantry.runtime.ProcessRecord;
import gantry.runtime.StdioSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// A runtime that follows the OCI command line: crun, runc, and others like them. A stage of ours
/// is the parent of its containers, so that they too outlive the engine, with their output and
/// their end, and their terminal.
public final class OciRuntime implements ContainerRuntime {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String UNIFIED = "/sys/fs/cgroup/unified";

  private final String name;
  private final Path binary;
  private final Path state;
  private final EventLoop loop;
  private final Launcher launcher;
  private final String cgroupParent;
  private final Optional<String> hide;

  private OciRuntime(
      EventLoop loop, Cgroups cgroups, String cgroupParent, String name, Path binary, Path state) {
    this.loop = loop;
    this.name = name;
    this.binary = binary;
    this.state = state;
    this.cgroupParent = cgroupParent;
    this.launcher = new Launcher(loop);
    this.hide =
        cgroups.mode() == Cgroups.Mode.HYBRID && name.contains("crun")
            ? Optional.of(UNIFIED)
            : Optional.empty();
  }

  /// The runtime with that executable, which keeps its own state in `state`.
  ///
  /// @param name as users write it: `crun`
  /// @param cgroupParent for containers whose config has no path for their cgroup
  public static OciRuntime open(
      EventLoop loop, Cgroups cgroups, String cgroupParent, String name, Path binary, Path state) {
    return new OciRuntime(loop, cgroups, cgroupParent, name, binary, state);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public ContainerProcess start(Launch launch) {
    Bundle bundle = Bundle.write(launch, cgroupPath(launch));
    List<String> arguments =
        List.of("run", "--detach", "--bundle", bundle.directory().toString(), launch.id());
    try {
      return run(
          arguments,
          bundle.placed(),
          order(
              launch.id(),
              cgroupPath(launch),
              launch.stdio(),
              launch.spec().process(),
              launch.directory()));
    } catch (RuntimeException e) {
      control(launch.directory(), true, "delete", "--force", launch.id());
      throw e;
    }
  }

  @Override
  public ContainerProcess exec(ContainerProcess container, ExecLaunch exec) {
    Path process = exec.directory().resolve("process.json");
    Bundle.write(process, Json.write(Bundle.process(exec.process(), exec.stdio())));
    List<String> arguments =
        List.of("exec", "--detach", "--process", process.toString(), container.record().id());
    return run(
        arguments, List.of(), order(exec.id(), "", exec.stdio(), exec.process(), exec.directory()));
  }

  @Override
  public Probe probe(ContainerProcess container, ExecLaunch like) {
    return new ExecProbe(this, loop, container, like);
  }

  private Launcher.Order order(
      String id, String cgroup, StdioSpec stdio, ProcessSpec process, Path directory) {
    return new Launcher.Order(id, name, cgroup, stdio, process, directory, Optional.empty());
  }

  /// Runs `run` or `exec`, which end once the process has started and its number is in a file.
  private StagedProcess run(
      List<String> arguments, List<RunnerPlan.Placed> mounts, Launcher.Order order) {
    if (order.stdio() instanceof StdioSpec.Terminal) {
      try (ConsoleSocket console = ConsoleSocket.listen(order.directory())) {
        return run(arguments, mounts, order, Optional.of(console));
      }
    }
    return run(arguments, mounts, order, Optional.empty());
  }

  private StagedProcess run(
      List<String> arguments,
      List<RunnerPlan.Placed> mounts,
      Launcher.Order order,
      Optional<ConsoleSocket> console) {
    Path pidFile = order.directory().resolve("pid");
    Path log = order.directory().resolve("log");
    List<String> command = new ArrayList<>(command(log));
    command.add(arguments.getFirst());
    command.addAll(List.of("--pid-file", pidFile.toString()));
    console.ifPresent(socket -> command.addAll(List.of("--console-socket", socket.path())));
    command.addAll(arguments.subList(1, arguments.size()));
    return launcher.launch(
        RunnerPlan.compile(command, mounts, hide, order.stdio()),
        order,
        (child, monitor, channels) -> {
          int pid = identify(child, channels.sync(), order, pidFile, log);
          console.ifPresent(socket -> channels.adopt(socket.master(loop), monitor, loop));
          return pid;
        });
  }

  private List<String> command(Path log) {
    return List.of(
        binary.toString(),
        "--root",
        state.toString(),
        "--log",
        log.toString(),
        "--log-format",
        "json");
  }

  private int identify(int child, OwnedFd sync, Launcher.Order order, Path pidFile, Path log) {
    Exit exit = awaitEnd(child, sync, order);
    if (exit.code() != 0) {
      throw CommandLog.failure(name, log, exit);
    }
    try {
      return Integer.parseInt(Files.readString(pidFile).strip());
    } catch (IOException | NumberFormatException e) {
      throw new LaunchException(
          LaunchException.Kind.SYSTEM, name + " has not written its pid file " + pidFile, e);
    }
  }

  private Exit awaitEnd(int child, OwnedFd sync, Launcher.Order order) {
    while (true) {
      Optional<Exit> exit = ExitFile.read(order.exitRecord(), child);
      if (exit.isPresent()) {
        return exit.get();
      }
      loop.whenReady(sync, Readiness.READABLE).join();
      if (FileIo.read(sync, new byte[1], 0, 1) == 0) {
        return ExitFile.read(order.exitRecord(), child).orElse(Exit.LOST);
      }
    }
  }

  @Override
  public ContainerProcess reattach(ProcessRecord record) {
    return Reattachment.of(record, loop);
  }

  @Override
  public void pause(ContainerProcess container) {
    control(directory(container), false, "pause", container.record().id());
  }

  @Override
  public void resume(ContainerProcess container) {
    control(directory(container), false, "resume", container.record().id());
  }

  @Override
  public void update(ContainerProcess container, Resources limits) {
    Path file = directory(container).resolve("resources.json");
    Bundle.write(file, Json.write(limits));
    control(
        directory(container),
        false,
        "update",
        "--resources",
        file.toString(),
        container.record().id());
  }

  private static Path directory(ContainerProcess container) {
    return Path.of(container.record().exitRecord()).resolveSibling("");
  }

  /// Runs a command to its end. `lenient`: what it acts on may be gone.
  private void control(Path directory, boolean lenient, String... arguments) {
    Path own = directory.resolve("control-" + System.nanoTime());
    Bundle.makeDirectory(own);
    Path log = own.resolve("log");
    List<String> command = new ArrayList<>(command(log));
    command.addAll(List.of(arguments));
    StdioSpec pipes = new StdioSpec.Pipes(false);
    Launcher.Order order = order(arguments[0], "", pipes, ProcessSpec.EMPTY.withArgs(command), own);
    try (ContainerProcess process =
        launcher.launch(RunnerPlan.compile(command, List.of(), hide, pipes), order)) {
      Exit exit = process.exited().orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      if (exit.code() != 0 && !lenient) {
        throw CommandLog.failure(name, log, exit);
      }
    } finally {
      Bundle.removeDirectory(own);
    }
  }

  @Override
  public String explain(Launch launch) {
    return String.join(" ", command(launch.directory().resolve("log")))
        + " run --detach --bundle "
        + launch.directory()
        + " "
        + launch.id()
        + "\n";
  }

  @Override
  public void delete(ProcessRecord container) {
    if (!container.cgroup().isEmpty()) {
      control(
          Path.of(container.exitRecord()).resolveSibling(""),
          true,
          "delete",
          "--force",
          container.id());
    }
    Reattachment.endMonitor(container, loop);
    At.unlinkIfExists(Fd.CWD, container.exitRecord());
  }

  private String cgroupPath(Launch launch) {
    String path = launch.spec().linux().cgroupsPath();
    return path.isEmpty() ? cgroupParent + "/" + launch.id() : path;
  }

  @Override
  public void close() {
    launcher.close();
  }
}
