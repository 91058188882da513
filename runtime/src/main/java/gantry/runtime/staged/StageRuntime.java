package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.event.EventLoop;
import gantry.linux.process.PidFd;
import gantry.oci.runtime.Resources;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.ProcessRecord;
import gantry.stage.Explain;
import gantry.stage.LaunchPlan.Timing;

/// The built-in runtime: compiles a config into a launch plan and has the stage run it.
///
/// ```java
/// try (EventLoop loop = EventLoop.start("stdio", log::error);
///     StageRuntime runtime = StageRuntime.open(loop)) {
///   ContainerProcess process = runtime.start(launch);
/// ```
public final class StageRuntime implements ContainerRuntime {
  private static final String NAME = "gantry";

  private final EventLoop loop;
  private final Launcher launcher;
  private final Machine machine;

  private StageRuntime(EventLoop loop, Machine machine) {
    this.loop = loop;
    this.machine = machine;
    this.launcher = new Launcher(loop);
  }

  /// A runtime that waits for its processes on `loop`, which stays the caller's.
  public static StageRuntime open(EventLoop loop) {
    return new StageRuntime(loop, Machines.current());
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public ContainerProcess start(Launch launch) {
    return start(launch, Timing.OFF);
  }

  ContainerProcess start(Launch launch, Timing timing) {
    CgroupPlace cgroup = CgroupPlace.NONE;
    Compiled compiled = ContainerPlan.compile(launch, cgroup, machine);
    return launcher.launch(
        compiled,
        new Launcher.Order(
            launch.id(),
            NAME,
            cgroup.path(),
            launch.stdio(),
            launch.spec().process(),
            launch.directory(),
            timing));
  }

  @Override
  public ContainerProcess exec(ContainerProcess container, ExecLaunch exec) {
    return exec(container, exec, Timing.OFF);
  }

  ContainerProcess exec(ContainerProcess container, ExecLaunch exec, Timing timing) {
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
    CgroupPlace cgroup = CgroupPlace.NONE;
    Compiled compiled = ExecPlan.compile(exec, init, cgroup, machine);
    return launcher.launch(
        compiled,
        new Launcher.Order(
            exec.id(), NAME, "", exec.stdio(), exec.process(), exec.directory(), timing));
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
    throw new UnsupportedOperationException();
  }

  @Override
  public void resume(ContainerProcess container) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void update(ContainerProcess container, Resources limits) {
    throw new UnsupportedOperationException();
  }

  @Override
  public String explain(Launch launch) {
    return Explain.plan(ContainerPlan.compile(launch, CgroupPlace.NONE, machine).plan());
  }

  @Override
  public void delete(ProcessRecord container) {
    Reattachment.endMonitor(container);
  }

  @Override
  public void close() {
    launcher.close();
  }
}
