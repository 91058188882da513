package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.process.Namespace;
import gantry.runtime.StdioSpec;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Compiles the execution of an OCI runtime's command into a launch plan: the monitor is the
/// container's parent too, since it adopts what the command leaves behind.
///
/// The command runs in a mount namespace of its own, in which the root and the sources that were
/// given as descriptors appear at paths, and nowhere else.
final class RunnerPlan {
  private static final int CLONE_FILES = 0x400; // linux/sched.h
  private static final int PR_SET_CHILD_SUBREAPER = 36; // linux/prctl.h
  private static final int MNT_DETACH = 2; // linux/fs.h

  private RunnerPlan() {}

  /// A mount that is to appear at a path.
  record Placed(Fd mount, Path at) {}

  /// @param command absolute path and arguments
  /// @param hide a mount that the command must not see, such as the v2 tree beside v1, with which
  ///   crun refuses to work
  /// @param stdio what the container gets: a terminal the command opens itself
  static Compiled compile(
      List<String> command, List<Placed> mounts, Optional<String> hide, StdioSpec stdio) {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    Steps steps = new Steps(plan);
    Descriptors descriptors = new Descriptors(plan);
    List<Slot> slots = new ArrayList<>();
    mounts.forEach(placed -> slots.add(descriptors.inherit("mount", placed.mount)));
    plan.step(Op.SETSID, "signals of our terminal do not reach the monitor").ignoring(Errno.EPERM);
    steps.prctl(PR_SET_CHILD_SUBREAPER, 1, "the container's parent is the monitor");
    plan.step(Op.CHDIR, "it keeps no directory in use", Arg.text("/"));
    plan.clone(CLONE_FILES | Namespace.MOUNT.flag(), Optional.empty(), "the OCI runtime's command");
    steps.propagate(
        "/",
        MountOptions.MS_PRIVATE | MountOptions.MS_REC,
        "what is mounted from here on is not seen outside");
    hide.ifPresent(
        path ->
            plan.step(
                    Op.UMOUNT2,
                    "hybrid cgroups, which the runtime refuses",
                    Arg.text(path),
                    Arg.number(MNT_DETACH, Notation.HIDDEN))
                .ignoring(Errno.EINVAL, Errno.ENOENT));
    for (int i = 0; i < mounts.size(); i++) {
      steps.attach(slots.get(i), mounts.get(i).at.toString(), "where the runtime finds it");
    }
    CommandSteps.closeOthers(steps);
    plan.step(
        Op.EXEC,
        CommandSteps.COMMAND,
        Arg.text(command.getFirst()),
        new Arg.Texts(command),
        new Arg.Texts(
            List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")));
    plan.parent();
    Optional<Slot> terminal =
        stdio instanceof StdioSpec.Terminal
            ? Optional.of(descriptors.standard(Descriptors.TERMINAL))
            : Optional.empty();
    descriptors.monitor(stdio, terminal, Optional.empty(), true);
    return new Compiled(plan.build(), descriptors.more(), terminal);
  }
}
