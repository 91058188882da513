package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.oci.runtime.ProcessSpec;
import gantry.runtime.LaunchException;
import gantry.runtime.LaunchException.Kind;
import gantry.stage.LaunchPlan;
import gantry.stage.Op;
import gantry.stage.Outcome;
import gantry.stage.Step;
import java.util.List;

/// Turns what the stage reports into an exception that says what was tried, on what, why it failed
/// and what to do.
final class Failure {
  private static final String PREFIX = "unable to start container process: ";

  private Failure() {}

  static LaunchException of(LaunchPlan plan, Outcome outcome, ProcessSpec process) {
    return switch (outcome.state()) {
      case FAILED -> failedStep(plan, outcome, process);
      case CORRUPT ->
          system("the stage refused the launch plan as damaged: this is a mistake of Gantry's");
      case NEW, RUNNING, EXECUTING ->
          system(
              "the stage ended before the command ran, at state %s: was it killed?"
                  .formatted(outcome.state()));
    };
  }

  private static LaunchException system(String message) {
    return new LaunchException(LaunchException.Kind.SYSTEM, PREFIX + message, Errno.UNKNOWN);
  }

  private static LaunchException failedStep(LaunchPlan plan, Outcome outcome, ProcessSpec process) {
    if (outcome.failedStep() < 0 || outcome.failedStep() >= plan.steps().size()) {
      return system("the launch plan has no end: this is a mistake of Gantry's");
    }
    Step step = plan.steps().get(outcome.failedStep());
    Errno errno = outcome.errno();
    if (step.op() == Op.EXEC) {
      return command(step, errno, process);
    }
    if (step.why().equals(ProcessSteps.WORKING_DIRECTORY)) {
      return workingDirectory(errno, process);
    }
    String message =
        "%sstep %d of %d, %s (%s): %s%s"
            .formatted(
                PREFIX,
                outcome.failedStep(),
                plan.steps().size(),
                step.call(),
                step.why(),
                errno,
                hint(step, errno));
    return new LaunchException(kind(step), message, errno);
  }

  private static Kind kind(Step step) {
    return switch (step.op()) {
      case CLONE, MONITOR, SETSID, PRCTL_NAME, CLOSE_RANGE -> Kind.SYSTEM;
      default -> Kind.CONFIG;
    };
  }

  /// The words of runc, from which clients derive the exit codes 126 and 127.
  private static LaunchException command(Step step, Errno errno, ProcessSpec process) {
    String command = process.args().getFirst();
    String quoted = PREFIX + "exec: \"" + command + "\": ";
    return switch (step.why()) {
      case CommandSteps.COMMAND_NOT_IN_PATH ->
          new LaunchException(
              Kind.COMMAND_NOT_FOUND, quoted + "executable file not found in $PATH", errno);
      case CommandSteps.COMMAND_IS_DIRECTORY ->
          new LaunchException(Kind.COMMAND_NOT_EXECUTABLE, quoted + "is a directory", errno);
      default ->
          switch (errno) {
            case ENOENT ->
                new LaunchException(
                    Kind.COMMAND_NOT_FOUND,
                    quoted + "stat " + command + ": no such file or directory",
                    errno);
            case ENOEXEC ->
                new LaunchException(
                    Kind.COMMAND_NOT_EXECUTABLE,
                    PREFIX + "exec " + command + ": exec format error",
                    errno);
            default ->
                new LaunchException(Kind.COMMAND_NOT_EXECUTABLE, quoted + errno.text(), errno);
          };
    };
  }

  private static LaunchException workingDirectory(Errno errno, ProcessSpec process) {
    Kind kind = errno == Errno.ENOENT ? Kind.COMMAND_NOT_FOUND : Kind.COMMAND_NOT_EXECUTABLE;
    return new LaunchException(
        kind,
        "%schdir to cwd (\"%s\") set in config.json failed: %s"
            .formatted(PREFIX, process.cwd(), errno.text()),
        errno);
  }

  private static String hint(Step step, Errno errno) {
    return HINTS.stream()
        .filter(hint -> hint.op == step.op() && hint.errno == errno)
        .filter(hint -> step.call().contains(hint.place))
        .findFirst()
        .map(hint -> "; " + hint.text)
        .orElse("");
  }

  /// What is known about a failure.
  ///
  /// @param place what the call must mention
  private record Hint(Op op, Errno errno, String place, String text) {}

  private static final String WRONG_KIND =
      "Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified"
          + " host path exists and is the expected type";
  private static final String READ_ONLY =
      "the place is missing and the file system is read-only; make it in the image";

  private static final List<Hint> HINTS =
      List.of(
          new Hint(
              Op.PRLIMIT64,
              Errno.EPERM,
              "",
              "the engine's own hard limit is lower, and raising it needs CAP_SYS_RESOURCE, which"
                  + " the engine does not have; ask for a lower limit"),
          new Hint(Op.PRLIMIT64, Errno.EINVAL, "", "the soft limit must not exceed the hard one"),
          new Hint(Op.MOVE_MOUNT, Errno.EINVAL, "", WRONG_KIND),
          new Hint(Op.MOVE_MOUNT, Errno.ENOTDIR, "", WRONG_KIND),
          new Hint(Op.MKDIRAT, Errno.ENOTDIR, "", WRONG_KIND),
          new Hint(Op.MOUNT, Errno.ENODEV, "", "this kernel does not have that file system"),
          new Hint(Op.MKDIRAT, Errno.EROFS, "", READ_ONLY),
          new Hint(Op.MKNODAT, Errno.EROFS, "", READ_ONLY),
          new Hint(
              Op.MKNODAT,
              Errno.EPERM,
              "",
              "the device rules of the container's cgroup do not allow to make this node"),
          new Hint(
              Op.WRITE_FILE,
              Errno.ENOENT,
              "/proc/sys/",
              "this kernel has no such setting, or it is not one of a namespace"),
          new Hint(
              Op.WRITE_FILE,
              Errno.EACCES,
              "/proc/sys/",
              "the setting belongs to the machine, not to a namespace of the container"),
          new Hint(Op.WRITE_FILE, Errno.EINVAL, "/proc/sys/", "the value is not in its range"),
          new Hint(
              Op.WRITE_FILE,
              Errno.ENOENT,
              "/attr/",
              "is the security module enabled, and the profile loaded?"),
          new Hint(
              Op.WRITE_FILE,
              Errno.EINVAL,
              "/attr/",
              "is the security module enabled, and the profile loaded?"),
          new Hint(
              Op.CLONE, Errno.ENOSPC, "", "a limit on namespaces is reached: see /proc/sys/user"),
          new Hint(
              Op.CLONE,
              Errno.EAGAIN,
              "",
              "a limit on processes is reached: see pids.max of the cgroup and RLIMIT_NPROC"),
          new Hint(
              Op.CLONE,
              Errno.EINTR,
              "",
              "the child was killed: does the memory limit leave it enough to start?"),
          new Hint(Op.SETNS, Errno.ESRCH, "", "the container is not running any more"),
          new Hint(Op.SETNS, Errno.EINVAL, "", "is the container still running?"));
}
