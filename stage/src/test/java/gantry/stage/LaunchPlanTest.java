package gantry.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.stage.LaunchPlan.Timing;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LaunchPlanTest {
  private static final int FIRST_ARGUMENT = PlanLayout.HEADER + 8;

  @Test
  void encode_writesTheHeaderThatTheStageExpects() {
    byte[] plan = twoSteps().encode(Timing.OFF);
    assertThat(new String(plan, 0, 4, java.nio.charset.StandardCharsets.US_ASCII))
        .isEqualTo("GRPL");
    assertThat(word(plan, PlanLayout.SIZE)).isEqualTo(plan.length);
    assertThat(word(plan, PlanLayout.STEP_COUNT)).isEqualTo(2);
    assertThat(word(plan, PlanLayout.STEPS)).isEqualTo(832);
    assertThat((long) PlanLayout.LONG.get(plan, PlanLayout.CHECKSUM))
        .isEqualTo(PlanLayout.checksum(plan));
    assertThat(plan[plan.length - 1]).isZero();
  }

  @Test
  void encode_timing_hasRoomForEachStep() {
    byte[] plain = twoSteps().encode(Timing.OFF);
    byte[] timed = twoSteps().encode(Timing.ON);
    assertThat(timed).hasSize(plain.length + 2 * 8);
    assertThat(word(timed, PlanLayout.TIMES)).isEqualTo(plain.length);
    assertThat(word(plain, PlanLayout.TIMES)).isZero();
  }

  @Test
  void encode_sameString_isStoredOnce() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.step(Op.CHDIR, "first", Arg.text("/a"));
    builder.step(Op.CHDIR, "second", Arg.text("/a"));
    byte[] plan = builder.build().encode(Timing.OFF);
    assertThat((long) PlanLayout.LONG.get(plan, FIRST_ARGUMENT))
        .isEqualTo((long) PlanLayout.LONG.get(plan, FIRST_ARGUMENT + PlanLayout.STEP));
  }

  @Test
  void encode_nulInString_isRefused() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.step(Op.CHDIR, "home", Arg.text("/a\0b"));
    assertThatThrownBy(() -> builder.build().encode(Timing.OFF))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a string for the kernel cannot contain NUL: '/a?b'");
  }

  @Test
  void encode_argumentOfTheWrongForm_isRefused() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.step(Op.CHDIR, "home", Arg.number(1));
    assertThatThrownBy(() -> builder.build().encode(Timing.OFF))
        .hasMessage("chdir cannot take 1 where its form says 's'");
  }

  @Test
  void encode_tooLarge_isRefused() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.step(Op.CHDIR, "home", Arg.text("x".repeat(17 << 20)));
    assertThatThrownBy(() -> builder.build().encode(Timing.OFF))
        .hasMessageContaining("holds at most 16 MiB");
  }

  @Test
  void step_wrongNumberOfArguments_isRefused() {
    assertThatThrownBy(() -> LaunchPlan.builder().step(Op.SETNS, "net", Arg.number(1)))
        .hasMessage("setns takes 2 arguments, got 1");
  }

  @Test
  void parent_setsWhereTheParentGoesOn() {
    LaunchPlan plan = child().build();
    assertThat(plan.steps().get(0).args().get(2)).isEqualTo(Arg.number(2));
  }

  @Test
  void explain_numbersEachStepAndIndentsTheChild() {
    assertThat(Explain.plan(child().build()).lines())
        .containsExactly(
            "   0  clone3(NEWNS|NEWPID)                                      a process of its own",
            "   1    execve(/bin/sh, [sh, -c, true])                         the command",
            "   2  monitor()                                                 waits for the end");
  }

  @Test
  void explain_mountsReadAsFromAndTo() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    Slot root = builder.inherit("rootfs");
    builder.step(
        Op.MOVE_MOUNT,
        "the root",
        Arg.of(root),
        Arg.text(""),
        Arg.Fixed.CWD,
        Arg.text("/"),
        Arg.number(4, Notation.HIDDEN));
    builder.step(
        Op.MOUNT,
        "its own",
        Arg.text("proc"),
        Arg.text("/proc"),
        Arg.text("proc"),
        Arg.number(14, Notation.MOUNT),
        Arg.Fixed.NONE);
    assertThat(builder.build().steps().stream().map(Step::call))
        .containsExactly(
            "move_mount(rootfs fd 0 → /)", "mount(proc → /proc, proc, nosuid|nodev|noexec)");
  }

  @Test
  void outcome_ofAFreshPlan_isNew() {
    Outcome outcome = Outcome.parse(twoSteps().encode(Timing.OFF));
    assertThat(outcome.state()).isEqualTo(Outcome.State.NEW);
    assertThat(outcome.errno()).isEqualTo(Errno.UNKNOWN);
    assertThat(outcome.slots()).startsWith(-1, -1);
  }

  private static LaunchPlan twoSteps() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.step(Op.SETSID, "away from the terminal");
    builder.step(Op.CHDIR, "home", Arg.text("/"));
    return builder.build();
  }

  private static LaunchPlan.Builder child() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    builder.clone(0x20020000, Optional.empty(), "a process of its own");
    builder.step(
        Op.EXEC,
        "the command",
        Arg.text("/bin/sh"),
        new Arg.Texts(List.of("sh", "-c", "true")),
        new Arg.Texts(List.of()));
    builder.parent();
    return builder.step(
        Op.MONITOR,
        "waits for the end",
        Arg.number(0),
        Arg.number(-1),
        Arg.number(0),
        Arg.number(0),
        Arg.number(0));
  }

  private static int word(byte[] plan, int at) {
    return (int) PlanLayout.INT.get(plan, at);
  }
}
