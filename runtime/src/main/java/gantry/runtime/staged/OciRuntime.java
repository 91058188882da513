package gantry.runtime.staged;

import gantry.linux.Errno;
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
/// their end.
///
/// Not offered here: terminals, which such runtimes hand over by a socket that would end with this
/// program.
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
    requirePipes(launch.stdio());
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
    requirePipes(exec.stdio());
    Path process = exec.directory().resolve("process.json");
    Bundle.write(process, Json.write(exec.process()));
    List<String> arguments =
        List.of("exec", "--detach", "--process", process.toString(), container.record().id());
    return run(
        arguments, List.of(), order(exec.id(), "", exec.stdio(), exec.process(), exec.directory()));
  }

  private static void requirePipes(StdioSpec stdio) {
    if (stdio instanceof StdioSpec.Terminal) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG,
          "a terminal is offered by the built-in runtime only; leave out --runtime, or -t",
          Errno.EOPNOTSUPP);
    }
  }

  private Launcher.Order order(
      String id, String cgroup, StdioSpec stdio, ProcessSpec process, Path directory) {
    return new Launcher.Order(id, name, cgroup, stdio, process, directory, Optional.empty());
  }

  /// Runs `run` or `exec`, which end once the process has started and its number is in a file.
  private StagedProcess run(
      List<String> arguments, List<RunnerPlan.Placed> mounts, Launcher.Order order) {
    Path pidFile = order.directory().resolve("pid");
    Path log = order.directory().resolve("log");
    List<String> command = new ArrayList<>(command(log));
    command.add(arguments.getFirst());
    command.addAll(List.of("--pid-file", pidFile.toString()));
    command.addAll(arguments.subList(1, arguments.size()));
    Compiled compiled = RunnerPlan.compile(command, mounts, hide);
    return launcher.launch(
        compiled, order, (child, sync) -> identify(child, sync, order, pidFile, log));
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
    Launcher.Order order =
        order(
            arguments[0], "", new StdioSpec.Pipes(false), ProcessSpec.EMPTY.withArgs(command), own);
    try (ContainerProcess process =
        launcher.launch(RunnerPlan.compile(command, List.of(), hide), order)) {
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
    Reattachment.endMonitor(container);
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
