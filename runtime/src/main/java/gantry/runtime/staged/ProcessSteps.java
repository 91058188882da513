package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Seccomp;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import java.util.Optional;

/// The steps that starts and execs have in common.
final class ProcessSteps {
  private static final int PR_SET_NAME = 15; // linux/prctl.h
  private static final int KEYCTL_JOIN_SESSION_KEYRING = 1; // linux/keyctl.h

  static final String WORKING_DIRECTORY = "the working directory";

  private final Steps steps;
  private final Descriptors descriptors;
  private final Machine machine;
  private final PrivilegeSteps privileges;
  private final TerminalSteps terminals;
  private boolean attributed;

  ProcessSteps(Steps steps, Descriptors descriptors, Machine machine) {
    this.steps = steps;
    this.descriptors = descriptors;
    this.machine = machine;
    this.privileges = new PrivilegeSteps(steps, machine.capabilities());
    this.terminals = new TerminalSteps(steps, descriptors.standard(Descriptors.TERMINAL));
  }

  TerminalSteps terminals() {
    return terminals;
  }

  /// The monitor's own beginnings.
  void monitorBegins() {
    LaunchPlan.Builder plan = steps.plan();
    plan.step(Op.SETSID, "signals of our terminal do not reach the monitor").ignoring(Errno.EPERM);
    plan.step(
        Op.PRCTL_NAME,
        "its name in ps",
        Arg.number(PR_SET_NAME, Notation.PRCTL),
        Arg.text("gantry-monitor"));
    plan.step(Op.CHDIR, "it keeps no directory in use", Arg.text("/"));
  }

  /// The child's first steps, still outside.
  void childBegins(String id, CgroupPlace cgroup) {
    privileges.hide();
    steps.plan().step(Op.SETSID, "a session of its own");
    steps
        .plan()
        .step(
            Op.KEYCTL,
            "keys of its own",
            Arg.number(KEYCTL_JOIN_SESSION_KEYRING, Notation.HIDDEN),
            Arg.text("gantry-" + id))
        .ignoring(Errno.ENOSYS, Errno.EPERM, Errno.EDQUOT, Errno.ENOMEM);
    for (String file : cgroup.taskFiles()) {
      steps.write(file, "0", "accounted and limited from here on");
    }
  }

  /// Sets what else is set later: in a user namespace, as long as /proc/self is still ours.
  void attributesNow(ProcessSpec process) {
    privileges.attributes(process);
    attributed = true;
  }

  /// Becomes root of the user namespace that it has entered, who can own files in it.
  void becomeRoot() {
    privileges.becomeRoot();
  }

  /// stdout and stderr belong to that user, as the namespace knows him that we are in. Not stdin:
  /// without a pipe it is the machine's own /dev/null.
  void givePipes(int uid) {
    for (int number = Descriptors.STDOUT; number <= Descriptors.STDERR; number++) {
      steps.chown(descriptors.standard(number), uid, -1, "the user may open it again by its name");
      steps.plan().ignoring(Errno.EPERM, Errno.EROFS, Errno.EINVAL);
    }
  }

  /// Everything from the working directory to the command.
  void execute(ProcessSpec process, Optional<Seccomp> seccomp) {
    Optional<SeccompFilters.Filter> filter = seccomp.map(machine.filters()::of);
    privileges.limits(process);
    if (!attributed) {
      privileges.attributes(process);
    }
    steps.plan().step(Op.CHDIR, WORKING_DIRECTORY, Arg.text(process.cwd()));
    boolean early = filter.isPresent() && !process.noNewPrivileges();
    privileges.become(process, early);
    if (process.noNewPrivileges()) {
      privileges.noNewPrivileges();
    }
    CommandSteps.closeOthers(steps);
    filter.ifPresent(privileges::filter);
    CommandSteps.add(steps, process);
  }

  /// stdin, stdout and stderr belong to the user, so that `/dev/stderr` can be opened again.
  void ownPipes(ProcessSpec process) {
    int uid = process.user().uid();
    if (uid == 0) {
      return;
    }
    givePipes(uid);
  }
}
