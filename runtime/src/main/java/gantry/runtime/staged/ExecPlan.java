package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.process.Namespace;
import gantry.oci.runtime.LinuxSpec;
import gantry.runtime.ExecLaunch;
import gantry.runtime.StdioSpec;
import gantry.stage.LaunchPlan;
import gantry.stage.Slot;
import java.util.List;
import java.util.Optional;

/// Compiles one more process of a running container into a launch plan: into the namespaces of its
/// first process, and on as a start does.
final class ExecPlan {
  private static final int CLONE_FILES = 0x400; // linux/sched.h
  private static final List<Namespace> BY_CHILD =
      List.of(Namespace.MOUNT, Namespace.NETWORK, Namespace.IPC, Namespace.UTS, Namespace.CGROUP);

  private ExecPlan() {}

  /// Compiles `exec` for the container whose first process is held by `init`.
  static Compiled compile(ExecLaunch exec, Fd init, CgroupPlace cgroup, Machine machine) {
    return compile(exec, init, cgroup, machine, Monitoring.KEPT);
  }

  /// What the monitor keeps of the process.
  enum Monitoring {
    /// Its stdio and its exit record, for this program and the next.
    KEPT,
    /// Nothing: who started it hears of its end, or nobody does.
    BRIEF
  }

  static Compiled compile(
      ExecLaunch exec, Fd init, CgroupPlace cgroup, Machine machine, Monitoring monitoring) {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    Steps steps = new Steps(plan);
    Descriptors descriptors = new Descriptors(plan);
    Slot container = descriptors.inherit("first process", init);
    Optional<Slot> unified = cgroup.unified().map(fd -> descriptors.inherit("cgroup", fd));
    ProcessSteps process = new ProcessSteps(steps, descriptors, machine);
    process.monitorBegins();
    steps.setns(container, Namespace.PID.flag(), "the child will be one of its processes");
    plan.clone(CLONE_FILES, unified, "one more process of the container");
    process.childBegins(exec.id(), cgroup);
    LinuxSpec linux = exec.container().linux();
    boolean mapped =
        linux.namespace(gantry.oci.runtime.Namespace.Type.USER).isPresent()
            && !linux.uidMappings().isEmpty();
    if (mapped) {
      process.attributesNow(exec.process());
      if (!(exec.stdio() instanceof StdioSpec.Terminal)) {
        process.givePipes(ContainerPlan.outside(linux.uidMappings(), exec.process().user().uid()));
      }
      steps.setns(container, Namespace.USER.flag(), "into its user namespace");
    }
    long kinds = BY_CHILD.stream().mapToLong(Namespace::flag).reduce(0, (a, b) -> a | b);
    steps.setns(container, kinds, "into its namespaces: its files, network and names");
    if (mapped) {
      process.becomeRoot();
    }
    Optional<Slot> terminal = Optional.empty();
    if (exec.stdio() instanceof StdioSpec.Terminal size) {
      terminal = Optional.of(plan.reserve("terminal master"));
      process.terminals().open(terminal.get(), size, exec.process().user().uid());
    } else if (!mapped) {
      process.ownPipes(exec.process());
    }
    process.execute(exec.process(), Optional.ofNullable(exec.container().linux().seccomp()));
    plan.parent();
    switch (monitoring) {
      case KEPT -> descriptors.monitor(exec.stdio(), terminal, Optional.empty(), false);
      case BRIEF -> descriptors.monitorBriefly();
    }
    return new Compiled(plan.build(), descriptors.more(), terminal);
  }
}
