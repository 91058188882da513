package gantry.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.Errno;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Outcome.State;
import gantry.testing.KernelTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The stage itself, with the plan in a file: a shell gives it the file as descriptor 3.
class StageTest {
  private static final long NEWPID = 0x20000000;
  private static final long NEWNS = 0x20000;

  @TempDir Path dir;
  private Path stage;

  @BeforeEach
  void unpack() throws Exception {
    stage = dir.resolve("stage");
    Files.write(stage, StageProgram.STAGE.bytes());
    assertThat(stage.toFile().setExecutable(true)).isTrue();
  }

  @KernelTest
  void run_exec_isTheCommand() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    plan.step(Op.CHDIR, "a place", Arg.text("/usr"));
    exec(plan, "/bin/sh", List.of("sh", "-c", "pwd; echo $GREETING"), List.of("GREETING=hello"));
    Run run = run(plan.build());
    assertThat(run.output).isEqualTo("/usr\nhello\n");
    assertThat(run.exit).isZero();
    assertThat(run.outcome.state()).isEqualTo(State.EXECUTING);
  }

  @KernelTest
  void run_child_isRecordedByTheMonitor() throws Exception {
    Run run = run(withChild("exit 7"));
    assertThat(run.exit).isZero();
    assertThat(run.outcome.state()).isEqualTo(State.EXECUTING);
    ByteBuffer record = record();
    assertThat(record.getInt(0)).isEqualTo(ExitRecord.MAGIC);
    assertThat(record.getInt(4)).isEqualTo(run.outcome.child());
    assertThat(record.getInt(8)).isEqualTo(7 << 8);
    assertThat(record.getLong(16))
        .isBetween(
            (System.currentTimeMillis() - 60_000) * 1_000_000,
            System.currentTimeMillis() * 1_000_000 + 1_000_000);
  }

  @KernelTest
  void run_childKilled_recordHasTheSignal() throws Exception {
    // A process cannot kill itself as pid 1 of its namespace: this one has no namespace of its own.
    run(withChild(0, "kill -TERM $$"));
    assertThat(record().getInt(8)).isEqualTo(15);
  }

  @KernelTest
  void run_failingStep_isNamedWithItsErrno() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    plan.step(Op.CHDIR, "fine", Arg.text("/"));
    plan.step(Op.CHDIR, "missing", Arg.text("/no/such/place"));
    exec(plan, "/bin/true", List.of("true"), List.of());
    Run run = run(plan.build());
    assertThat(run.outcome.state()).isEqualTo(State.FAILED);
    assertThat(run.outcome.failedStep()).isEqualTo(1);
    assertThat(run.outcome.errno()).isEqualTo(Errno.ENOENT);
    assertThat(run.exit).isEqualTo(1);
  }

  @KernelTest
  void run_failingStepOfTheChild_isNamedToo() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    plan.clone(NEWPID | NEWNS, Optional.empty(), "the child");
    plan.step(Op.SETHOSTNAME, "a name too long", Arg.bytes(new byte[100], "100 bytes"));
    plan.parent();
    Run run = run(plan.build());
    assertThat(run.outcome.failedStep()).isEqualTo(1);
    assertThat(run.outcome.errno()).isEqualTo(Errno.EINVAL);
    assertThat(run.exit).isEqualTo(1);
  }

  @KernelTest
  void run_ignoredError_goesOnWithTheNextStep() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    plan.step(Op.CHDIR, "missing", Arg.text("/no/such/place"))
        .ignoring(Errno.EPERM, Errno.ENOENT)
        .skipping(1);
    plan.step(Op.CHDIR, "the other way", Arg.text("/usr"));
    plan.step(Op.CHDIR, "there", Arg.text("lib")).skipping(1);
    plan.step(Op.CHDIR, "not wanted", Arg.text("/"));
    exec(plan, "/bin/pwd", List.of("pwd", "-P"), List.of());
    assertThat(run(plan.build()).output).isEqualTo("/usr/lib\n");
  }

  @KernelTest
  void run_savedDescriptor_servesALaterStep() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    for (String name : List.of("stdin", "stdout", "stderr", "plan")) {
      plan.inherit(name);
    }
    Slot usr = plan.reserve("usr");
    plan.saving(
        usr,
        Op.OPENAT,
        "a directory",
        Arg.Fixed.CWD,
        Arg.text("/usr"),
        Arg.number(0, Notation.OPEN),
        Arg.number(0));
    plan.step(Op.FCHDIR, "into it", Arg.of(usr));
    exec(plan, "/bin/pwd", List.of("pwd", "-P"), List.of());
    assertThat(run(plan.build()).output).isEqualTo("/usr\n");
  }

  @KernelTest
  void run_timing_notesWhenEachStepBegan() throws Exception {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    plan.step(Op.CHDIR, "one", Arg.text("/"));
    plan.step(Op.CHDIR, "two", Arg.text("/usr"));
    exec(plan, "/bin/true", List.of("true"), List.of());
    byte[] bytes = plan.build().encode(Timing.ON);
    Path file = dir.resolve("plan");
    Files.write(file, bytes);
    start(file).waitFor();
    List<Long> times = Outcome.times(Files.readAllBytes(file));
    assertThat(times).hasSize(3).isSorted().allMatch(t -> t > 0);
  }

  /// Every single damaged byte is noticed, and nothing is executed.
  @KernelTest
  void run_damagedPlan_isRefused() throws Exception {
    byte[] good = withChild("exit 0").encode(Timing.OFF);
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] bad = good.clone();
      int at = random.nextInt(bad.length);
      bad[at] ^= (byte) (1 << random.nextInt(8));
      Run run = run(bad);
      assertThat(run.outcome.state()).as("bit flipped in byte %d", at).isEqualTo(State.CORRUPT);
      assertThat(run.exit).isEqualTo(125);
    }
  }

  @KernelTest
  void run_planCutShort_isRefused() throws Exception {
    byte[] good = withChild("exit 0").encode(Timing.OFF);
    for (int length = 0; length < good.length; length += 13) {
      byte[] bad = Arrays.copyOf(good, length);
      Path file = dir.resolve("plan");
      Files.write(file, bad);
      assertThat(start(file).waitFor()).as("%d bytes", length).isEqualTo(125);
    }
  }

  /// Damage that the checksum does not show: the stage ends by itself, and never by a signal.
  @KernelTest
  void run_mutatedPlanWithARightChecksum_endsCleanly() throws Exception {
    byte[] good = withChild("exit 0").encode(Timing.ON);
    Random random = new Random(Long.getLong("gantry.seed", 2));
    for (int i = 0; i < 1500; i++) {
      byte[] bad = good.clone();
      int changes = 1 + random.nextInt(4);
      for (int change = 0; change < changes; change++) {
        // Not the strings: they would only be other commands.
        int end = (int) PlanLayout.INT.get(good, PlanLayout.DATA);
        int at = 16 + random.nextInt(end - 16);
        bad[at] = (byte) (random.nextBoolean() ? random.nextInt(256) : bad[at] + 1);
      }
      PlanLayout.LONG.set(bad, PlanLayout.CHECKSUM, PlanLayout.checksum(bad));
      Run run = run(bad);
      assertThat(run.exit).as("mutation %d", i).isIn(0, 1, 7, 125);
    }
  }

  private LaunchPlan withChild(String script) {
    return withChild(NEWPID | NEWNS, script);
  }

  private LaunchPlan withChild(long namespaces, String script) {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    for (String name : List.of("stdin", "stdout", "stderr", "plan")) {
      plan.inherit(name);
    }
    Slot record = plan.reserve("exit record");
    plan.step(Op.SETSID, "a session of its own").ignoring(Errno.EPERM);
    plan.saving(
        record,
        Op.OPENAT,
        "where the end is written",
        Arg.Fixed.CWD,
        Arg.text(dir.resolve("exit") + ""),
        Arg.number(0101, Notation.OPEN),
        Arg.number(0600, Notation.MODE));
    plan.clone(namespaces, Optional.empty(), "the child");
    plan.step(
            Op.MOUNT,
            "nothing gets out",
            Arg.Fixed.NONE,
            Arg.text("/"),
            Arg.Fixed.NONE,
            Arg.number(0x44000, Notation.MOUNT),
            Arg.Fixed.NONE)
        .ignoring(Errno.EPERM);
    exec(plan, "/bin/sh", List.of("sh", "-c", script), List.of());
    plan.parent();
    plan.step(
        Op.MONITOR,
        "waits",
        Arg.number(1L << record.index()),
        Arg.number(-1),
        Arg.number(record.index()),
        Arg.number(record.index() + 1),
        Arg.number(0));
    return plan.build();
  }

  private static void exec(
      LaunchPlan.Builder plan, String path, List<String> argv, List<String> env) {
    plan.step(Op.EXEC, "the command", Arg.text(path), new Arg.Texts(argv), new Arg.Texts(env));
  }

  private ByteBuffer record() throws Exception {
    return ByteBuffer.wrap(Files.readAllBytes(dir.resolve("exit"))).order(ByteOrder.LITTLE_ENDIAN);
  }

  private record Run(int exit, String output, Outcome outcome) {}

  private Run run(LaunchPlan plan) throws Exception {
    return run(plan.encode(Timing.OFF));
  }

  private Run run(byte[] plan) throws Exception {
    Path file = dir.resolve("plan");
    Files.write(file, plan);
    Process process = start(file);
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output, Outcome.parse(Files.readAllBytes(file)));
  }

  /// In namespaces of its own, since a mutated plan may do anything to the machine.
  private Process start(Path plan) throws Exception {
    return new ProcessBuilder(
            "unshare",
            "--mount",
            "--uts",
            "--ipc",
            "--pid",
            "--fork",
            "bash",
            "-c",
            "exec \"$0\" 3<>\"$1\" </dev/null",
            stage.toString(),
            plan.toString())
        .redirectErrorStream(true)
        .start();
  }
}
