package gantry.stage;

import gantry.linux.Errno;
import java.util.List;
import java.util.stream.IntStream;

/// What the stage left in a plan's header.
///
/// @param child pid of the child, 0 if there was none
/// @param failedStep index of the step that failed, if one did
/// @param slots descriptors as numbers in the stage's process
public record Outcome(State state, int child, int failedStep, Errno errno, List<Integer> slots) {

  /// How far the stage came.
  public enum State {
    /// It has not begun: it could not be executed, or not map the plan.
    NEW,
    RUNNING,
    /// The child's last step was execve, and it did not come back: a success.
    EXECUTING,
    FAILED,
    /// The stage refused the plan as damaged.
    CORRUPT
  }

  /// So many bytes of the plan are the header.
  public static final int HEADER_SIZE = PlanLayout.HEADER;

  /// Reads a plan's header.
  public static Outcome parse(byte[] header) {
    if (header.length < HEADER_SIZE) {
      throw new IllegalArgumentException(
          "a plan's header has %d bytes, got %d".formatted(HEADER_SIZE, header.length));
    }
    int state = get(header, PlanLayout.STATE);
    State[] states = State.values();
    return new Outcome(
        state >= 0 && state < states.length ? states[state] : State.CORRUPT,
        get(header, PlanLayout.CHILD),
        get(header, PlanLayout.FAILED_STEP),
        Errno.of(get(header, PlanLayout.ERROR)),
        IntStream.range(0, Slot.COUNT)
            .mapToObj(i -> get(header, PlanLayout.SLOTS + 4 * i))
            .toList());
  }

  /// When the stage began each step, in nanoseconds of CLOCK_MONOTONIC, from a whole plan that was
  /// encoded with [LaunchPlan.Timing#ON]; 0 for a step that it left out.
  public static List<Long> times(byte[] plan) {
    int first = get(plan, PlanLayout.TIMES);
    int count = first == 0 ? 0 : get(plan, PlanLayout.STEP_COUNT);
    return IntStream.range(0, count)
        .mapToObj(i -> (long) PlanLayout.LONG.get(plan, first + 8 * i))
        .toList();
  }

  private static int get(byte[] header, int at) {
    return (int) PlanLayout.INT.get(header, at);
  }
}
