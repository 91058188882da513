package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.oci.runtime.ProcessSpec;
import gantry.runtime.LaunchException;
import gantry.stage.Arg;
import gantry.stage.Notation;
import gantry.stage.Op;
import java.util.List;

/// The step, or the steps, that execute the command: one for each place where it may be.
///
/// A name without a slash is looked for in the directories of the process's own PATH, by executing
/// it there: the kernel alone knows whether that works.
final class CommandSteps {
  private static final int CLOSE_RANGE_CLOEXEC = 4; // linux/close_range.h, since 5.11

  /// What a failure of the last step of a plan means: the words of other runtimes, from which
  /// clients derive the exit code.
  private CommandSteps() {}

  /// Nothing but stdio is inherited by the command.
  static void closeOthers(Steps steps) {
    steps
        .plan()
        .step(
            Op.CLOSE_RANGE,
            "the command inherits stdin, stdout and stderr only",
            Arg.number(3),
            Arg.number(-1, Notation.ID),
            Arg.number(CLOSE_RANGE_CLOEXEC, Notation.HIDDEN));
  }

  static void add(Steps steps, ProcessSpec process) {
    if (process.args().isEmpty()) {
      throw new LaunchException(
          LaunchException.Kind.CONFIG, "args must not be empty", Errno.EINVAL);
    }
    String command = process.args().getFirst();
    Arg argv = new Arg.Texts(process.args());
    Arg envp = new Arg.Texts(process.env());
    if (command.indexOf('/') >= 0) {
      direct(steps, command, argv, envp);
    } else {
      search(steps, command, path(process.env()), argv, envp);
    }
  }

  private static String path(List<String> env) {
    String path = "";
    for (String variable : env) {
      if (variable.startsWith("PATH=")) {
        path = variable.substring(5);
      }
    }
    return path;
  }

  /// A directory cannot be executed for the same reason (EACCES) as a file without the permission:
  /// what chdir says about it tells them apart, by which of the two last steps is reached.
  private static void direct(Steps steps, String command, Arg argv, Arg envp) {
    steps.plan().step(Op.EXEC, COMMAND, Arg.text(command), argv, envp).ignoring(Errno.EACCES);
    steps
        .plan()
        .step(Op.CHDIR, "is it a directory?", Arg.text(command))
        .ignoring(Errno.ENOTDIR, Errno.EACCES, Errno.ENOENT, Errno.ELOOP)
        .skipping(1);
    steps.plan().step(Op.EXEC, COMMAND, Arg.text(command), argv, envp);
    steps.plan().step(Op.EXEC, COMMAND_IS_DIRECTORY, Arg.text(command), argv, envp);
  }

  private static void search(Steps steps, String command, String path, Arg argv, Arg envp) {
    List<String> directories = path.isEmpty() ? List.of() : List.of(path.split(":", -1));
    for (String directory : directories) {
      String candidate = directory.isEmpty() ? "./" + command : directory + "/" + command;
      steps
          .plan()
          .step(Op.EXEC, COMMAND_IN_PATH, Arg.text(candidate), argv, envp)
          .ignoring(Errno.ENOENT, Errno.EACCES, Errno.ENOTDIR, Errno.ELOOP);
    }
    // An empty path is found nowhere (ENOENT): the plan ends in a failure that says what it was.
    steps.plan().step(Op.EXEC, COMMAND_NOT_IN_PATH, Arg.text(""), argv, envp);
  }

  static final String COMMAND = "the command";
  static final String COMMAND_IN_PATH = "the command, if it is in this directory of PATH";
  static final String COMMAND_IS_DIRECTORY = "the command is a directory";
  static final String COMMAND_NOT_IN_PATH = "the command is in no directory of PATH";
}
