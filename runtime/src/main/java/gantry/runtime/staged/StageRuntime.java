package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.file.At;
import gantry.linux.process.PidFd;
import gantry.oci.runtime.Resources;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.Probe;
import gantry.runtime.ProcessRecord;
import gantry.stage.Explain;
import java.util.Optional;

/// The built-in runtime: compiles a config into a launch plan and has the stage run it.
///
/// ```java
/// try (EventLoop loop = EventLoop.start("stdio", log::error);
///     StageRuntime runtime = StageRuntime.open(loop, Cgroups.detect(), "/gantry")) {
///   ContainerProcess process = runtime.start(launch);
/// }
/// ```
public final class StageRuntime implements ContainerRuntime {
  private static final String NAME = "gantry";

  private final EventLoop loop;
  private final Launcher launcher;
  private final Machine machine;
  private final ContainerCgroups cgroups;
  private final String cgroupParent;

  private StageRuntime(EventLoop loop, Cgroups cgroups, String cgroupParent) {
    this.loop = loop;
    this.machine = Machines.current(cgroups);
    this.cgroups = new ContainerCgroups(cgroups);
    this.cgroupParent = cgroupParent;
    this.launcher = new Launcher(loop);
  }

  /// A runtime that waits for its processes on `loop`, which stays the caller's.
  ///
  /// @param cgroupParent the cgroup, `/gantry`, beneath which those containers get theirs whose
  ///   config has no path for it
  public static StageRuntime open(EventLoop loop, Cgroups cgroups, String cgroupParent) {
    return new StageRuntime(loop, cgroups, cgroupParent);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public ContainerProcess start(Launch launch) {
    return start(launch, Optional.empty());
  }

  ContainerProcess start(Launch launch, Optional<Launcher.Profile> profile) {
    Resources resources = launch.spec().linux().resources();
    String path = cgroupPath(launch);
    try (CgroupPlace cgroup =
        cgroups.create(path, resources == null ? Resources.NONE : resources)) {
      Compiled compiled = ContainerPlan.compile(launch, cgroup, machine);
      return launcher.launch(
          compiled,
          new Launcher.Order(
              launch.id(),
              NAME,
              path,
              launch.stdio(),
              launch.spec().process(),
              launch.directory(),
              profile));
    } catch (RuntimeException e) {
      cgroups.remove(path);
      throw e;
    }
  }

  private String cgroupPath(Launch launch) {
    String path = launch.spec().linux().cgroupsPath();
    return path.isEmpty() ? cgroupParent + "/" + launch.id() : Paths.clean(path);
  }

  @Override
  public ContainerProcess exec(ContainerProcess container, ExecLaunch exec) {
    return exec(container, exec, Optional.empty());
  }

  ContainerProcess exec(
      ContainerProcess container, ExecLaunch exec, Optional<Launcher.Profile> profile) {
    PidFd init =
        staged(container)
            .aliveProcess()
            .orElseThrow(
                () ->
                    new LaunchException(
                        LaunchException.Kind.NOT_RUNNING,
                        "cannot exec in container %s: it is not running"
                            .formatted(container.record().id()),
                        Errno.ESRCH));
    try (CgroupPlace cgroup = cgroups.place(container.record().cgroup())) {
      Compiled compiled = ExecPlan.compile(exec, init, cgroup, machine);
      return launcher.launch(
          compiled,
          new Launcher.Order(
              exec.id(), NAME, "", exec.stdio(), exec.process(), exec.directory(), profile));
    }
  }

  @Override
  public Probe probe(ContainerProcess container, ExecLaunch like) {
    CgroupPlace cgroup = cgroups.place(container.record().cgroup());
    return new StagedProbe(loop, launcher, staged(container), like, cgroup, machine);
  }

  private static StagedProcess staged(ContainerProcess process) {
    if (process instanceof StagedProcess staged) {
      return staged;
    }
    throw new IllegalArgumentException(
        "process %s belongs to runtime '%s', not to '%s'"
            .formatted(process.record().id(), process.record().runtime(), NAME));
  }

  @Override
  public ContainerProcess reattach(ProcessRecord record) {
    return Reattachment.of(record, loop);
  }

  @Override
  public void pause(ContainerProcess container) {
    cgroups.freeze(container.record().cgroup());
  }

  @Override
  public void resume(ContainerProcess container) {
    cgroups.thaw(container.record().cgroup());
  }

  @Override
  public void update(ContainerProcess container, Resources limits) {
    String path = container.record().cgroup();
    cgroups.limit(cgroups.group(path), path, limits);
  }

  @Override
  public String explain(Launch launch) {
    String path = cgroupPath(launch);
    CgroupPlace cgroup = new CgroupPlace(path, cgroups.taskFiles(path), Optional.empty());
    return Explain.plan(ContainerPlan.compile(launch, cgroup, machine).plan());
  }

  @Override
  public void delete(ProcessRecord container) {
    if (!container.cgroup().isEmpty()) {
      cgroups.remove(container.cgroup());
    }
    Reattachment.endMonitor(container, loop);
    At.unlinkIfExists(Fd.CWD, container.exitRecord());
  }

  @Override
  public void close() {
    launcher.close();
    cgroups.close();
  }
}
