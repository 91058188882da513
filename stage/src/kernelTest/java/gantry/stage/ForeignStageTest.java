package gantry.stage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.linux.Errno;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Outcome.State;
import gantry.testing.KernelTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The stage for arm64, run by QEMU's user emulation: with the same plan, byte for byte, it does
/// what the stage of this machine does.
///
/// User emulation translates the program's instructions and makes its system calls on the kernel of
/// this machine, those that it knows. So the numbers, structures and flags of arm64 are proved for
/// most of a plan: files, mounts, pivot_root, namespaces, identity, rights, limits, the command,
/// and for the monitor. What it does not know it refuses with `ENOSYS`: clone3, by which a plan
/// makes its child, the new mount calls, seccomp and keyctl. Of those only the number is proved,
/// and that the refusal is told; that they do what they should needs a kernel for arm64.
class ForeignStageTest {
  private static final Path QEMU = Path.of("/usr/bin/qemu-aarch64-static");
  private static final long NEWNS = 0x20000;
  private static final long NEWUTS = 0x4000000;
  private static final long NEWIPC = 0x8000000;
  private static final long BIND = 0x1000;

  @TempDir Path dir;
  private Path plan;
  private List<String> here = List.of();
  private List<String> foreign = List.of();

  @BeforeEach
  void unpack() throws Exception {
    assumeTrue(Files.exists(QEMU), "no qemu-user-static to run programs for arm64");
    plan = dir.resolve("plan");
    here = List.of(program("stage", StageProgram.STAGE.bytes()));
    foreign = List.of(QEMU.toString(), program("stage-arm64", StageProgram.STAGE.bytes("aarch64")));
  }

  private String program(String name, byte[] bytes) throws Exception {
    Path file = dir.resolve(name);
    Files.write(file, bytes);
    assertThat(file.toFile().setExecutable(true)).isTrue();
    return file.toString();
  }

  /// Everything that a container's plan does between its child and its command.
  private LaunchPlan container() {
    LaunchPlan.Builder steps = LaunchPlan.builder();
    Slot out = inherit(steps);
    Slot copy = steps.reserve("copy of stdout");
    Slot file = steps.reserve("file");
    Slot names = steps.reserve("names");
    steps.step(Op.UMASK, "mask", Arg.number(027));
    steps.step(Op.UNSHARE, "own mounts and IPC", Arg.number(NEWNS | NEWIPC));
    root(steps);
    steps.saving(copy, Op.DUP3, "out", Arg.of(out), Arg.number(20), Arg.number(0));
    steps.saving(
        file, Op.OPENAT, "a file", cwd(), text("note"), Arg.number(0102), Arg.number(0600));
    steps.step(Op.CLOSE, "it is made", Arg.of(file));
    steps.step(Op.WRITE_FILE, "written", cwd(), text("note"), Arg.bytes(bytes("noted\n"), "text"));
    steps.step(Op.FCHOWNAT, "owner", cwd(), text("note"), number(7), number(8), number(0));
    steps.step(Op.FCHMODAT, "mode", cwd(), text("note"), Arg.number(0640));
    steps.step(Op.MKNODAT, "device", cwd(), text("null"), Arg.number(020666), Arg.number(0x103));
    steps.step(Op.SYMLINKAT, "link", text("busybox"), cwd(), text("sh"));
    steps.saving(
        file, Op.OPENAT, "mount point", cwd(), text("busybox"), Arg.number(0102), Arg.number(0700));
    mount(steps, "/bin/busybox", "busybox", Arg.Fixed.NONE, BIND, Arg.Fixed.NONE);
    steps.saving(
        names, Op.OPENAT, "names", cwd(), text("/proc/self/ns/uts"), Arg.number(0), Arg.number(0));
    steps.step(Op.UNSHARE, "own names", Arg.number(NEWUTS));
    steps.step(Op.SETNS, "and back", Arg.of(names), Arg.number(NEWUTS));
    steps.step(Op.SETHOSTNAME, "name", Arg.bytes(bytes("arm"), "arm"));
    steps.step(Op.SETDOMAINNAME, "domain", Arg.bytes(bytes("example"), "example"));
    steps.step(Op.PIVOT_ROOT, "the root", text("."), text("old"));
    steps.step(Op.CHDIR, "into it", text("/"));
    steps.step(Op.UMOUNT2, "nothing else", text("old"), Arg.number(2));
    identity(steps);
    steps.step(Op.WRITE, "done", Arg.of(copy), Arg.bytes(bytes("ready\n"), "text"));
    steps.step(Op.CLOSE_RANGE, "no more files", number(20), number(0xffffffffL), number(0));
    String look =
        "umask; hostname; cat /proc/sys/kernel/domainname note; id; ulimit -Sn; ulimit -Hn;"
            + " stat -c '%n %f %u:%g %t:%T' /note /null /sh /busybox /old; ls /proc/self/fd | wc -l;"
            + " grep -E '^(Groups|Cap|NoNewPrivs|Umask)' /proc/self/status; cat /proc/self/personality;"
            + " cut -d' ' -f5- /proc/self/mountinfo | sort";
    exec(steps, "/sh", List.of("sh", "-c", look));
    return steps.build();
  }

  /// A file system of its own with a proc in it, as current directory.
  private void root(LaunchPlan.Builder steps) {
    String root = dir.resolve("root").toString();
    steps.step(Op.MKDIRAT, "a place", cwd(), text(root), Arg.number(0755)).ignoring(Errno.EEXIST);
    mount(steps, "none", "/", Arg.Fixed.NONE, 0x44000, Arg.Fixed.NONE); // private, and all beneath
    mount(steps, "root", root, text("tmpfs"), 0, text("size=1m,mode=755"));
    steps.step(Op.CHDIR, "into it", text(root));
    for (String name : List.of("old", "proc", "twice")) {
      steps.step(Op.MKDIRAT, name, cwd(), text(name), Arg.number(0755));
    }
    mount(steps, "proc", "proc", text("proc"), 0xe, Arg.Fixed.NONE);
    mount(steps, "proc", "twice", Arg.Fixed.NONE, BIND, Arg.Fixed.NONE);
    mount(steps, "none", "twice", Arg.Fixed.NONE, BIND | 0x21, Arg.Fixed.NONE); // read-only
  }

  private static void mount(
      LaunchPlan.Builder steps, String source, String target, Arg type, long flags, Arg options) {
    steps.step(Op.MOUNT, target, text(source), text(target), type, Arg.number(flags), options);
  }

  private static void identity(LaunchPlan.Builder steps) {
    steps.step(Op.PRLIMIT64, "files", number(0), number(7), Arg.bytes(words(100, 200), "100 200"));
    steps.step(Op.PERSONALITY, "as ever", Arg.number(0x40000)); // ADDR_NO_RANDOMIZE
    prctl(steps, 1, 9); // PR_SET_PDEATHSIG
    prctl(steps, 24, 21); // PR_CAPBSET_DROP, CAP_SYS_ADMIN
    prctl(steps, 8, 1); // PR_SET_KEEPCAPS
    steps.step(Op.SETGROUPS, "groups", Arg.bytes(ints(5, 6), "5 6"));
    steps.step(Op.SETRESGID, "group", number(8), number(8), number(8));
    steps.step(Op.SETRESUID, "user", number(7), number(7), number(7));
    steps.step(
        Op.CAPSET,
        "rights",
        Arg.bytes(ints(0x20080522, 0), "version 3"),
        Arg.bytes(ints(0x400, 0x400, 0x400, 0, 0, 0), "net_bind_service"));
    prctl(steps, 47, 2, 10); // PR_CAP_AMBIENT_RAISE
    prctl(steps, 38, 1); // PR_SET_NO_NEW_PRIVS
  }

  private static void prctl(LaunchPlan.Builder steps, long... arguments) {
    Arg[] all = new Arg[5];
    for (int i = 0; i < all.length; i++) {
      all[i] = Arg.number(i < arguments.length ? arguments[i] : 0);
    }
    steps.step(Op.PRCTL, "prctl", all);
  }

  @KernelTest
  void container_onArm64_isAsItIsHere() throws Exception {
    Run native64 = run(here, container());
    assertThat(native64.output)
        .as("%s", native64.outcome)
        .startsWith("ready\n0027\narm\nexample\n");
    Run arm = run(foreign, container());
    assertThat(arm.outcome.state()).as("%s", arm.outcome).isEqualTo(State.EXECUTING);
    assertThat(arm.output).isEqualTo(native64.output);
  }

  @KernelTest
  void monitor_onArm64_recordsWhatEnds() throws Exception {
    LaunchPlan.Builder steps = LaunchPlan.builder();
    inherit(steps);
    Slot record = steps.reserve("record");
    Slot sync = steps.reserve("sync");
    for (Slot slot : List.of(record, sync)) {
      Arg path = text(dir.resolve(slot.name()).toString());
      Arg create = Arg.number(0101);
      steps.saving(slot, Op.OPENAT, "made", cwd(), path, create, Arg.number(0600));
    }
    long kept = 1L << record.index() | 1L << sync.index();
    steps.step(
        Op.MONITOR,
        "every child",
        number(kept),
        number(-1),
        number(record.index()),
        number(sync.index()),
        number(1));
    // A shell's children are still its own when it has become the stage.
    run(foreign, steps.build(), "(sleep 0.5; exit 7) & (sleep 0.8; kill -TERM $BASHPID) & ");
    ByteBuffer ends = ByteBuffer.wrap(Files.readAllBytes(dir.resolve("record")));
    ends.order(ByteOrder.LITTLE_ENDIAN);
    assertThat(ends.capacity()).isEqualTo(2 * ExitRecord.SIZE);
    assertThat(ends.getInt(0)).isEqualTo(ExitRecord.MAGIC);
    assertThat(ends.getInt(8)).isEqualTo(7 << 8);
    assertThat(ends.getInt(ExitRecord.SIZE)).isEqualTo(ExitRecord.MAGIC);
    assertThat(ends.getInt(ExitRecord.SIZE + 8)).isEqualTo(15);
    assertThat(ends.getLong(ExitRecord.SIZE + 16) - ends.getLong(16))
        .isBetween(1L, 20_000_000_000L);
    assertThat(Files.size(dir.resolve("sync"))).as("that it runs, and two ends").isEqualTo(3);
  }

  /// What user emulation does not know, QEMU 7.2 at least: the stage makes the call, and says which
  /// step the kernel refused.
  @KernelTest
  void unknownCalls_onArm64_haveTheRightNumberAndAreTold() throws Exception {
    Arg root = text("/");
    refused("open_tree", 428, plan -> plan.step(Op.OPEN_TREE, "", cwd(), root, number(1)));
    refused(
        "move_mount",
        429,
        plan -> plan.step(Op.MOVE_MOUNT, "", cwd(), root, cwd(), root, number(0)));
    refused(
        "mount_setattr",
        442,
        plan ->
            plan.step(
                Op.MOUNT_SETATTR, "", cwd(), root, number(0), Arg.bytes(words(0, 0, 0, 0), "")));
    refused("seccomp", 277, plan -> plan.step(Op.SECCOMP, "", number(0), Arg.bytes(words(0), "")));
    refused("keyctl", 219, plan -> plan.step(Op.KEYCTL, "", number(1), text("ring")));
    refused("clone3", 435, plan -> plan.clone(0, Optional.empty(), "").parent());
  }

  private void refused(String name, int number, Consumer<LaunchPlan.Builder> step)
      throws Exception {
    LaunchPlan.Builder steps = LaunchPlan.builder();
    steps.step(Op.CHDIR, "fine", text("/"));
    step.accept(steps);
    exec(steps, "/bin/true", List.of("true"));
    Run run = run(List.of(foreign.get(0), "-strace", foreign.get(1)), steps.build());
    assertThat(run.output).containsPattern(name + "\\(|Unknown syscall " + number + "\\b");
    if (run.outcome.state() == State.FAILED) { // a newer QEMU may know it
      assertThat(run.outcome.failedStep()).as(name).isEqualTo(1);
      assertThat(run.output).contains("exit_group(1)");
    }
  }

  @KernelTest
  void damagedPlan_onArm64_isRefused() throws Exception {
    byte[] good = container().encode(Timing.OFF);
    for (int at = 0; at < good.length; at += good.length / 20) {
      byte[] bad = good.clone();
      bad[at] ^= 4;
      Run run = run(foreign, bad, "");
      assertThat(run.outcome.state()).as("bit flipped in byte %d", at).isEqualTo(State.CORRUPT);
      assertThat(run.exit).isEqualTo(125);
    }
  }

  private static Slot inherit(LaunchPlan.Builder steps) {
    steps.inherit("stdin");
    Slot out = steps.inherit("stdout");
    steps.inherit("stderr");
    steps.inherit("plan");
    return out;
  }

  private static Arg cwd() {
    return Arg.Fixed.CWD;
  }

  private static Arg text(String text) {
    return Arg.text(text);
  }

  private static Arg number(long value) {
    return Arg.number(value);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] ints(int... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (int value : values) {
      buffer.putInt(value);
    }
    return buffer.array();
  }

  private static byte[] words(long... values) {
    ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (long value : values) {
      buffer.putLong(value);
    }
    return buffer.array();
  }

  private static void exec(LaunchPlan.Builder steps, String path, List<String> argv) {
    steps.step(Op.EXEC, "command", text(path), new Arg.Texts(argv), new Arg.Texts(List.of()));
  }

  private record Run(int exit, String output, Outcome outcome) {}

  private Run run(List<String> stage, LaunchPlan steps) throws Exception {
    return run(stage, steps, "");
  }

  private Run run(List<String> stage, LaunchPlan steps, String before) throws Exception {
    return run(stage, steps.encode(Timing.OFF), before);
  }

  /// In namespaces of its own; `before` is what the shell does that becomes the stage.
  private Run run(List<String> stage, byte[] steps, String before) throws Exception {
    Files.write(plan, steps);
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "bash"));
    command.addAll(List.of("-c", before + "exec \"$@\" 3<>\"$0\" </dev/null", plan.toString()));
    command.addAll(stage);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return new Run(process.exitValue(), output, Outcome.parse(Files.readAllBytes(plan)));
  }
}
