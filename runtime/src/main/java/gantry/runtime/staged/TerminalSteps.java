package gantry.runtime.staged;

import gantry.runtime.StdioSpec;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.util.List;

/// The steps that give a process a terminal. The terminal is made in the container's own devpts, so
/// that its name is right there. The engine gets it before the command is executed, since
/// afterwards all may end at any time; the monitor has it too, as it shares the child's descriptors
/// until then.
final class TerminalSteps {
  private static final int TIOCSPTLCK = 0x40045431; // asm-generic/ioctls.h
  private static final int TIOCGPTPEER = 0x5441; // since 4.13
  private static final int TIOCSWINSZ = 0x5414;
  private static final int TIOCSCTTY = 0x540E;
  private static final int O_RDWR_NOCTTY = 0402;

  private final Steps steps;
  private final Slot engine;

  TerminalSteps(Steps steps, Slot engine) {
    this.steps = steps;
    this.engine = engine;
  }

  /// Makes a terminal of that size the process's stdin, stdout, stderr and controlling terminal.
  void open(Slot master, StdioSpec.Terminal size, int uid) {
    LaunchPlan.Builder plan = steps.plan();
    Slot end = plan.reserve("terminal");
    steps.open(master, "/dev/pts/ptmx", Steps.O_RDWR, "a new terminal, the end that is ours");
    plan.step(
        Op.IOCTL_DATA,
        "usable from now on",
        Arg.of(master),
        Arg.number(TIOCSPTLCK, Notation.HEX),
        Arg.bytes(new byte[8], "unlock"));
    plan.step(Op.SEND, "the engine has it before the command runs", Arg.of(engine), Arg.of(master));
    plan.saving(
        end,
        Op.IOCTL,
        "the end that is the container's, whatever lies at its path",
        Arg.of(master),
        Arg.number(TIOCGPTPEER, Notation.HEX),
        Arg.number(O_RDWR_NOCTTY, Notation.OPEN));
    if (size.rows() > 0 && size.columns() > 0) {
      plan.step(
          Op.IOCTL_DATA,
          "the size of the user's window",
          Arg.of(master),
          Arg.number(TIOCSWINSZ, Notation.HEX),
          Arg.bytes(
              Structures.windowSize(size.rows(), size.columns()),
              size.columns() + "x" + size.rows()));
    }
    if (uid != 0) {
      steps.chown(end, uid, -1, "the user's own");
    }
    for (int fd = 0; fd < 3; fd++) {
      plan.step(
          Op.DUP3,
          List.of("stdin", "stdout", "stderr").get(fd),
          Arg.of(end),
          Arg.number(fd),
          Arg.number(0, Notation.HIDDEN));
    }
    plan.step(
        Op.IOCTL,
        "the terminal that Ctrl-C comes from",
        Arg.of(end),
        Arg.number(TIOCSCTTY, Notation.HEX),
        Arg.number(0));
  }

  /// Shows the terminal as /dev/console: the first one of a new devpts is number 0.
  void console() {
    steps.touch("/dev/console", "a place for the console");
    steps.bind("/dev/pts/0", "/dev/console", 0, "the terminal is the console too");
  }
}
