package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.runtime.StdioSpec;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/// Where the stage finds its descriptors: the slots that every plan begins with, then those of the
/// particular start. Slot and number are the same.
final class Descriptors {
  static final int STDIN = 0;
  static final int STDOUT = 1;
  static final int STDERR = 2;
  static final int PLAN = 3; // PLAN_FD in stage.c
  static final int SYNC = 4;
  static final int RECORD = 5;

  /// Our end of stdin's pipe, which the monitor keeps.
  static final int OUR_STDIN = 6;

  /// Our end of stdout's pipe, or the write end of a terminal's relay.
  static final int OUR_STDOUT = 7;

  /// Our end of stderr's pipe, or the read end of a terminal's relay.
  static final int OUR_STDERR = 8;

  /// Over which a terminal's master comes from the child, or goes to the monitor if it was opened
  /// elsewhere.
  static final int TERMINAL = 9;

  private static final int NONE = -1; // for the stage

  private static final String[] NAMES = {
    "stdin",
    "stdout",
    "stderr",
    "plan",
    "sync",
    "exit record",
    "our stdin",
    "our stdout",
    "our stderr",
    "engine"
  };

  private final LaunchPlan.Builder plan;
  private final List<Slot> standard = new ArrayList<>();
  private final Map<Integer, Fd> more = new HashMap<>();

  Descriptors(LaunchPlan.Builder plan) {
    this.plan = plan;
    for (String name : NAMES) {
      standard.add(plan.inherit(name));
    }
  }

  Slot standard(int number) {
    return standard.get(number);
  }

  /// One more descriptor for the stage; borrowed until it is spawned.
  Slot inherit(String name, Fd fd) {
    Slot slot = plan.inherit(name);
    more.put(slot.index(), fd);
    return slot;
  }

  /// Those of [#inherit], by number.
  Map<Integer, Fd> more() {
    return Map.copyOf(more);
  }

  /// Appends the parent's last step.
  ///
  /// What the stage did not get must not be kept: its number is another descriptor's by then.
  ///
  /// @param terminal where the child has put its master; [#TERMINAL] if it will come
  /// @param kept one more descriptor that stays open as long as the monitor lives
  void monitor(StdioSpec stdio, Optional<Slot> terminal, Optional<Slot> kept, boolean everyChild) {
    Set<Integer> keep = new HashSet<>(Set.of(SYNC, RECORD, OUR_STDOUT, OUR_STDERR));
    kept.ifPresent(slot -> keep.add(slot.index()));
    terminal.ifPresent(slot -> keep.add(slot.index()));
    OptionalInt input =
        switch (stdio) {
          case StdioSpec.Pipes(boolean stdin) ->
              stdin ? OptionalInt.of(OUR_STDIN) : OptionalInt.empty();
          case StdioSpec.Terminal _ ->
              terminal.stream().mapToInt(Slot::index).filter(i -> i == TERMINAL).findFirst();
        };
    input.ifPresent(keep::add);
    long mask = keep.stream().mapToLong(slot -> 1L << slot).reduce(0, (a, b) -> a | b);
    plan.step(
        Op.MONITOR,
        "says that the command runs, keeps its stdio, waits, records how it ends",
        Arg.number(mask, Notation.HEX),
        Arg.number(input.orElse(NONE)),
        Arg.number(RECORD),
        Arg.number(SYNC),
        Arg.number(everyChild ? 1 : 0));
  }

  /// Appends the parent's last step for a command whose output nobody keeps: the exit record goes
  /// into the sync pipe too.
  void monitorBriefly() {
    plan.step(
        Op.MONITOR,
        "says that the command runs, waits, tells how it ends",
        Arg.number(1L << SYNC, Notation.HEX),
        Arg.number(NONE),
        Arg.number(SYNC),
        Arg.number(SYNC),
        Arg.number(0));
  }
}
