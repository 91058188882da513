package gantry.stage;

import gantry.linux.Errno;
import java.util.List;
import java.util.Optional;

/// One step of a plan: an operation, its arguments, and the sentence that says what it is for.
///
/// @param save where the result goes
/// @param skip so many of the following steps are left out after a success: they are the other way
///   to the same end
/// @param ignore answers of the kernel that are no failure: the next step follows. At most four.
/// @param why for people: a phrase such as `the container's own /proc`
public record Step(
    Op op, List<Arg> args, Optional<Slot> save, int skip, List<Errno> ignore, String why) {

  public Step {
    if (args.size() != op.arguments()) {
      throw new IllegalArgumentException(
          "%s takes %d arguments, got %d".formatted(op.call(), op.arguments(), args.size()));
    }
    if (ignore.size() > 4 || skip < 0 || skip > 255) {
      throw new IllegalArgumentException(
          "a step ignores at most 4 errors and skips at most 255 steps");
    }
    args = List.copyOf(args);
    ignore = List.copyOf(ignore);
  }

  /// The call as a person would write it: `mount(proc → /proc, proc, nosuid|nodev|noexec)`.
  public String call() {
    return Explain.call(this);
  }
}
