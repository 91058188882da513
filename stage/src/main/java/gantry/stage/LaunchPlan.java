package gantry.stage;

import gantry.linux.Errno;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A container's start as a flat list of system calls.
///
/// ```java
/// LaunchPlan.Builder plan = LaunchPlan.builder();
/// Slot root = plan.inherit("rootfs");
/// plan.step(Op.SETSID, "out of the reach of our terminal");
/// …
/// byte[] bytes = plan.build().encode(LaunchPlan.Timing.OFF);
/// ```
///
/// A plan is independent of the processor: operations have numbers of their own, which the stage
/// translates. Binary form: [PlanLayout].
///
/// @param steps in order: the parent's, one [Op#CLONE], the child's, the parent's again
/// @param inherited how many slots, from 0 on, are descriptors that the stage is spawned with:
///   number and slot are the same
public record LaunchPlan(List<Step> steps, int inherited) {

  /// Whether the stage writes down when it began each step.
  public enum Timing {
    OFF,
    ON
  }

  public LaunchPlan {
    steps = List.copyOf(steps);
  }

  /// The plan as the stage reads it.
  ///
  /// @throws IllegalArgumentException if a string contains NUL, which the kernel would take for its
  ///   end, or if the plan is larger than 16 MiB
  public byte[] encode(Timing timing) {
    return new PlanEncoder(this, timing).encode();
  }

  public static Builder builder() {
    return new Builder();
  }

  /// Collects steps; not thread-safe.
  public static final class Builder {
    private final List<Step> steps = new ArrayList<>(160);
    private final List<Slot> slots = new ArrayList<>();
    private int inherited;

    private Builder() {}

    /// The slot of the next descriptor that the stage inherits. Comes before [#reserve].
    public Slot inherit(String name) {
      if (slots.size() != inherited) {
        throw new IllegalStateException("inherited descriptors come first");
      }
      inherited++;
      return reserve(name);
    }

    /// A slot for a step's result.
    public Slot reserve(String name) {
      Slot slot = new Slot(slots.size(), name);
      slots.add(slot);
      return slot;
    }

    /// Appends a step that must succeed.
    public Builder step(Op op, String why, Arg... args) {
      steps.add(new Step(op, List.of(args), Optional.empty(), 0, List.of(), why));
      return this;
    }

    /// Appends a step whose result is kept.
    public Builder saving(Slot slot, Op op, String why, Arg... args) {
      steps.add(new Step(op, List.of(args), Optional.of(slot), 0, List.of(), why));
      return this;
    }

    /// Changes the last step: these answers of the kernel are no failure.
    public Builder ignoring(Errno... errors) {
      Step last = steps.removeLast();
      steps.add(
          new Step(last.op(), last.args(), last.save(), last.skip(), List.of(errors), last.why()));
      return this;
    }

    /// Changes the last step: after a success, the next `count` steps are left out.
    public Builder skipping(int count) {
      Step last = steps.removeLast();
      steps.add(new Step(last.op(), last.args(), last.save(), count, last.ignore(), last.why()));
      return this;
    }

    /// How many steps there are: the index of the next.
    public int size() {
      return steps.size();
    }

    /// Appends the step that makes the child. Its target is set by [#parent].
    public Builder clone(long flags, Optional<Slot> cgroup, String why) {
      return step(
          Op.CLONE,
          why,
          Arg.number(flags, Notation.CLONE),
          Arg.number(cgroup.map(Slot::index).orElse(-1)),
          Arg.number(0));
    }

    /// Ends the child's steps: what follows is the parent's.
    public Builder parent() {
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        if (step.op() == Op.CLONE) {
          List<Arg> args =
              List.of(step.args().get(0), step.args().get(1), Arg.number(steps.size()));
          steps.set(i, new Step(Op.CLONE, args, step.save(), 0, List.of(), step.why()));
          return this;
        }
      }
      throw new IllegalStateException("the plan has no child");
    }

    public LaunchPlan build() {
      return new LaunchPlan(steps, inherited);
    }
  }
}
