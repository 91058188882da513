package gantry.runtime.staged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.file.FileIo;
import gantry.linux.process.PidFd;
import gantry.oci.runtime.LinuxSpec;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Resources;
import gantry.oci.runtime.Rlimit;
import gantry.oci.runtime.Root;
import gantry.oci.runtime.RuntimeSpec;
import gantry.oci.runtime.Seccomp;
import gantry.oci.runtime.User;
import gantry.runtime.ContainerProcess;
import gantry.runtime.DefaultSpec;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import gantry.runtime.LaunchException.Kind;
import gantry.runtime.Stdio;
import gantry.runtime.StdioSpec;
import gantry.stage.StageProgram;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class StageRuntimeTest {
  private static final StdioSpec PIPES = new StdioSpec.Pipes(false);

  @TempDir Path directory;
  private Sandbox sandbox;

  @BeforeEach
  void open() throws Exception {
    sandbox = new Sandbox(directory);
  }

  @AfterEach
  void close() throws Exception {
    sandbox.close();
  }

  // ---- ends

  @KernelTest
  void start_true_exitsWithZero() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("true"));
    assertThat(Sandbox.exit(process).code()).isZero();
    assertThat(process.signal(9)).as("a signal to what has ended").isFalse();
  }

  @KernelTest
  void start_exitCode_isTheCommands() throws Exception {
    assertThat(Sandbox.exit(sandbox.start(sandbox.shell("exit 7"))).code()).isEqualTo(7);
  }

  @KernelTest
  void signal_kill_isSeenInTheExit() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    assertThat(process.signal(9)).isTrue();
    Exit exit = Sandbox.exit(process);
    assertThat(exit.code()).isEqualTo(137);
    assertThat(exit.signal()).hasValue(9);
  }

  @KernelTest
  void signal_term_isHandledByTheCommand() throws Exception {
    ContainerProcess process =
        sandbox.start(
            sandbox.shell(
                "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.05; done"));
    Stdio.Pipes pipes = (Stdio.Pipes) process.stdio();
    assertThat(FileIo.read(pipes.stdout(), new byte[6], 0, 6)).isEqualTo(6);
    process.signal(15);
    assertThat(Sandbox.output(process)).isEqualTo("bye\n");
    assertThat(Sandbox.exit(process).code()).isEqualTo(3);
  }

  // ---- stdio

  @KernelTest
  void stdio_stdoutAndStderr_areKeptApart() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.shell("echo out; echo err >&2"));
    assertThat(Sandbox.output(process)).isEqualTo("out\n");
    assertThat(Sandbox.errors(process)).isEqualTo("err\n");
  }

  @KernelTest
  void stdio_anyBytes_comeThrough() throws Exception {
    byte[] bytes = new byte[300_000];
    new Random(5).nextBytes(bytes);
    ContainerProcess process = sandbox.start(sandbox.command("cat"), new StdioSpec.Pipes(true));
    Stdio.Pipes pipes = (Stdio.Pipes) process.stdio();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  FileIo.writeFully(pipes.stdin().orElseThrow(), bytes);
                  process.closeStdin();
                });
    assertThat(FileIo.readAll(pipes.stdout(), 1 << 20)).isEqualTo(bytes);
    writer.join();
    assertThat(Sandbox.exit(process).code()).isZero();
  }

  @KernelTest
  void stdio_withoutStdin_readsNothing() throws Exception {
    assertThat(sandbox.run(sandbox.shell("cat; readlink /proc/self/fd/0")))
        .isEqualTo("/dev/null\n");
  }

  @KernelTest
  void stdio_onlyThree_areInherited() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    try (Stream<Path> open = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      assertThat(open.map(path -> path.getFileName() + "")).containsExactly("0", "1", "2");
    }
  }

  /// With a namespace to join, since what the stage opens takes the numbers that are free.
  @KernelTest
  void monitor_keepsItsOwnDescriptors_andNoOther() throws Exception {
    assertThat(monitors(new StdioSpec.Pipes(false)))
        .containsExactlyInAnyOrder("pipe", "pipe", "pipe", "file", "mnt");
    assertThat(monitors(new StdioSpec.Pipes(true)))
        .containsExactlyInAnyOrder("pipe", "pipe", "pipe", "pipe", "file", "mnt");
    assertThat(monitors(new StdioSpec.Terminal(24, 80)))
        .containsExactlyInAnyOrder("pipe", "pipe", "pipe", "file", "mnt", "ptmx");
  }

  /// What the monitor of a container has open, of what kind each.
  private List<String> monitors(StdioSpec stdio) throws Exception {
    RuntimeSpec spec = sandbox.command("sleep", "60");
    List<Namespace> namespaces = new ArrayList<>(spec.linux().namespaces());
    namespaces.removeIf(namespace -> namespace.type() == Namespace.Type.PID);
    namespaces.add(new Namespace(Namespace.Type.PID, "/proc/self/ns/pid"));
    LinuxSpec linux = spec.linux().builder().namespaces(namespaces).build();
    ContainerProcess process = sandbox.start(spec.withLinux(linux), stdio);
    try (Stream<Path> open = Files.list(Path.of("/proc/" + process.record().monitor() + "/fd"))) {
      return open.map(StageRuntimeTest::kind).toList();
    }
  }

  private static String kind(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.endsWith("/exit") ? "file" : target.replaceAll("^.*/|:.*$", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @KernelTest
  void stdio_user_canOpenItAgain() throws Exception {
    RuntimeSpec spec = sandbox.shell("echo again > /dev/stdout");
    assertThat(sandbox.run(as(spec, User.of(1000, 1000, List.of())))).isEqualTo("again\n");
  }

  @KernelTest
  void terminal_isTheControllingOne_andResizes() throws Exception {
    ContainerProcess process =
        sandbox.start(
            sandbox.shell("tty; stty size; echo > /dev/console; read x; stty size"),
            new StdioSpec.Terminal(24, 80));
    Stdio.Terminal terminal = (Stdio.Terminal) process.stdio();
    process.resize(40, 120);
    FileIo.writeFully(terminal.master(), "\n".getBytes(UTF_8));
    String output = Sandbox.output(process);
    assertThat(output).contains("/dev/pts/0\n").endsWith("40 120\n");
    assertThat(Sandbox.exit(process).code()).isZero();
  }

  /// The monitor may have gone before the engine has looked.
  @KernelTest
  void terminal_ofWhatEndsAtOnce_isThereEveryTime() throws Exception {
    for (int i = 0; i < 1000; i++) {
      try (ContainerProcess process =
          sandbox.start(sandbox.command("true"), new StdioSpec.Terminal(24, 80))) {
        assertThat(Sandbox.exit(process).code()).isZero();
        assertThat(Sandbox.output(process)).isEmpty();
        sandbox.runtime.delete(process.record());
      }
    }
  }

  @KernelTest
  void terminal_controlC_interruptsTheCommand() throws Exception {
    ContainerProcess process =
        sandbox.start(
            sandbox.shell(
                "trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.05; done"),
            new StdioSpec.Terminal(24, 80));
    Stdio.Terminal terminal = (Stdio.Terminal) process.stdio();
    byte[] buffer = new byte[64];
    assertThat(FileIo.read(terminal.master(), buffer, 0, 64)).isPositive();
    FileIo.writeFully(terminal.master(), new byte[] {3});
    assertThat(Sandbox.output(process)).contains("interrupted");
    assertThat(Sandbox.exit(process).code()).isEqualTo(9);
  }

  // ---- what the container is

  @KernelTest
  void namespaces_areItsOwn() throws Exception {
    String output =
        sandbox.run(
            sandbox.shell("echo $$; hostname; ls /sys/class/net; ls /proc | grep -c '^[0-9]'"));
    assertThat(output).startsWith("1\nbox\nlo\n");
    for (String kind : List.of("mnt", "pid", "ipc", "uts", "net", "cgroup")) {
      String own = sandbox.run(sandbox.command("readlink", "/proc/self/ns/" + kind)).strip();
      assertThat(own)
          .as(kind)
          .isNotEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/" + kind)).toString());
    }
  }

  @KernelTest
  void namespaces_ofAnotherContainer_areShared() throws Exception {
    ContainerProcess first = sandbox.start(sandbox.command("sleep", "60"));
    List<Namespace> namespaces = new ArrayList<>();
    namespaces.add(Namespace.fresh(Namespace.Type.MOUNT));
    namespaces.add(new Namespace(Namespace.Type.PID, "/proc/" + first.pid() + "/ns/pid"));
    namespaces.add(new Namespace(Namespace.Type.UTS, "/proc/" + first.pid() + "/ns/uts"));
    namespaces.add(new Namespace(Namespace.Type.NETWORK, "/proc/" + first.pid() + "/ns/net"));
    namespaces.add(new Namespace(Namespace.Type.IPC, "/proc/" + first.pid() + "/ns/ipc"));
    RuntimeSpec spec = sandbox.shell("ps; hostname").withHostname("ignored");
    String output = sandbox.run(spec.withLinux(spec.linux().withNamespaces(namespaces)));
    assertThat(output).contains("sleep 60").endsWith("box\n");
  }

  @KernelTest
  void mounts_areThoseOfTheConfig_andNothingOfTheHost() throws Exception {
    List<String> mounts =
        sandbox.run(sandbox.command("cat", "/proc/self/mountinfo")).lines().toList();
    List<String> points = mounts.stream().map(line -> line.split(" ", -1)[4]).toList();
    assertThat(points)
        .startsWith("/", "/proc", "/dev", "/dev/pts", "/sys", "/sys/fs/cgroup")
        .contains("/dev/mqueue", "/dev/shm", "/proc/sys")
        .allMatch(
            point ->
                point.equals("/")
                    || point.startsWith("/proc")
                    || point.startsWith("/dev")
                    || point.startsWith("/sys"));
    assertThat(mounts.stream().filter(line -> line.contains(" /sys ")))
        .allMatch(l -> l.contains(" ro,"));
  }

  @KernelTest
  void devices_areNodesOfItsOwn() throws Exception {
    assertThat(
            sandbox.run(
                sandbox.shell(
                    "cd /dev; stat -c '%n %t:%T %a' full null random tty urandom zero;"
                        + " head -c 4 /dev/zero | wc -c; echo x > /dev/null; for l in fd stdin ptmx; do readlink $l; done")))
        .isEqualTo(
            """
            full 1:7 666
            null 1:3 666
            random 1:8 666
            tty 5:0 666
            urandom 1:9 666
            zero 1:5 666
            4
            /proc/self/fd
            /proc/self/fd/0
            pts/ptmx
            """);
  }

  @KernelTest
  void masks_hideAndProtect() throws Exception {
    assertThat(
            sandbox.run(
                sandbox.shell(
                    "cat /proc/timer_list /proc/keys; ls /sys/firmware;"
                        + " echo 1 2>&1 > /proc/sys/kernel/panic || true")))
        .doesNotContain("Timer List");
    ContainerProcess process = sandbox.start(sandbox.shell("echo 1 > /proc/sys/kernel/panic"));
    assertThat(Sandbox.errors(process)).contains("Read-only file system");
  }

  @KernelTest
  void capabilities_areTheFourteen() throws Exception {
    assertThat(sandbox.run(sandbox.shell("grep Cap /proc/self/status")).lines())
        .containsExactly(
            "CapInh:\t0000000000000000",
            "CapPrm:\t00000000a80425fb",
            "CapEff:\t00000000a80425fb",
            "CapBnd:\t00000000a80425fb",
            "CapAmb:\t0000000000000000");
  }

  @KernelTest
  void user_hasGroupsAndNoRights() throws Exception {
    RuntimeSpec spec = sandbox.shell("id; grep -E 'Groups|CapEff|CapAmb' /proc/self/status");
    String output = sandbox.run(as(spec, User.of(1000, 1001, List.of(5, 6))));
    assertThat(output)
        .startsWith("uid=1000 gid=1001 groups=5,6")
        .contains("CapEff:\t0000000000000000")
        .contains("CapAmb:\t0000000000000000");
  }

  @KernelTest
  void ambientCapabilities_outliveTheCommandsStart() throws Exception {
    RuntimeSpec spec = as(sandbox.shell("grep CapEff /proc/self/status"), User.of(7, 7, List.of()));
    List<String> bind = List.of("CAP_NET_BIND_SERVICE");
    ProcessSpec process =
        spec.process().withCapabilities(new ProcessSpec.Capabilities(bind, bind, bind, bind, bind));
    assertThat(sandbox.run(spec.withProcess(process))).isEqualTo("CapEff:\t0000000000000400\n");
  }

  @KernelTest
  void seccomp_filter_deniesWithItsErrno() throws Exception {
    Seccomp seccomp =
        new Seccomp(
            "SCMP_ACT_ALLOW",
            null,
            List.of(),
            List.of(),
            List.of(
                new Seccomp.Rule(List.of("mkdir", "mkdirat"), "SCMP_ACT_ERRNO", 28, List.of())));
    RuntimeSpec spec = sandbox.shell("grep Seccomp: /proc/self/status; mkdir /tmp/x 2>&1");
    LinuxSpec linux = spec.linux().withSeccomp(seccomp);
    ContainerProcess process = sandbox.start(spec.withLinux(linux));
    assertThat(Sandbox.output(process))
        .startsWith("Seccomp:\t2\n")
        .contains("No space left on device");
  }

  /// With and without no_new_privs, and as a user: the filter may deny what the stage itself needs
  /// before the command.
  @KernelTest
  void seccomp_strictFilter_isNotInTheWayOfTheStart() throws Exception {
    Seccomp seccomp =
        new Seccomp(
            "SCMP_ACT_ALLOW",
            null,
            List.of(),
            List.of(),
            List.of(
                new Seccomp.Rule(
                    List.of("capset", "setresuid", "setresgid", "setgroups", "close_range"),
                    "SCMP_ACT_KILL_PROCESS",
                    null,
                    List.of())));
    for (boolean noNewPrivileges : new boolean[] {false, true}) {
      RuntimeSpec spec = as(sandbox.command("cat", "/proc/self/status"), User.of(1, 1, List.of()));
      spec =
          spec.withLinux(spec.linux().withSeccomp(seccomp))
              .withProcess(spec.process().withNoNewPrivileges(noNewPrivileges));
      assertThat(sandbox.run(spec))
          .contains("Seccomp:\t2")
          .contains("NoNewPrivs:\t" + (noNewPrivileges ? 1 : 0));
    }
  }

  @KernelTest
  void settings_ofTheProcess_areApplied() throws Exception {
    RuntimeSpec spec =
        sandbox.shell(
            "pwd; umask; ulimit -n; cat /proc/self/oom_score_adj; cat /proc/sys/net/ipv4/ip_default_ttl");
    ProcessSpec process =
        spec.process()
            .builder()
            .cwd("/made/on/start")
            .user(new User(0, 0, 0077, List.of()))
            .rlimits(List.of(new Rlimit("RLIMIT_NOFILE", 123, 456)))
            .oomScoreAdj(300)
            .build();
    LinuxSpec linux =
        spec.linux().builder().sysctl(Map.of("net.ipv4.ip_default_ttl", "77")).build();
    assertThat(sandbox.run(spec.withProcess(process).withLinux(linux)))
        .isEqualTo("/made/on/start\n0077\n123\n300\n77\n");
  }

  @KernelTest
  void bindMounts_ofFilesAndDirectories_haveTheirOptions() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "text\n");
    Path tree = directory.resolve("tree");
    Files.createDirectories(tree.resolve("inner"));
    List<Mount> mounts = new ArrayList<>(sandbox.command("true").mounts());
    mounts.add(Mount.of("/etc/one", "bind", file.toString(), "bind", "ro"));
    mounts.add(Mount.of("/data/deep", "bind", tree.toString(), "rbind", "noexec"));
    RuntimeSpec spec =
        sandbox.shell(
            "cat /etc/one; ls /data/deep; touch /data/deep/new; touch /etc/one; grep -c noexec /proc/self/mountinfo");
    ContainerProcess process = sandbox.start(spec.withMounts(mounts));
    assertThat(Sandbox.output(process)).startsWith("text\ninner\n");
    assertThat(Sandbox.errors(process)).contains("/etc/one: Read-only file system");
    assertThat(directory.resolve("tree/new")).exists();
  }

  /// A link of the image that points outside leads to the same place inside.
  @KernelTest
  void bindMount_throughALinkOfTheImage_staysInside() throws Exception {
    Path outside = Files.createDirectories(directory.resolve("outside"));
    Files.createSymbolicLink(sandbox.rootfs.resolve("link"), outside);
    Files.createDirectories(sandbox.rootfs.resolve(outside.toString().substring(1)));
    Path source = Files.createDirectories(directory.resolve("source"));
    Files.writeString(source.resolve("here"), "");
    List<Mount> mounts = new ArrayList<>(sandbox.command("true").mounts());
    mounts.add(Mount.of("/link", "bind", source.toString(), "rbind"));
    RuntimeSpec spec = sandbox.command("ls", "/link").withMounts(mounts);
    assertThat(sandbox.run(spec)).isEqualTo("here\n");
    assertThat(outside).isEmptyDirectory();
  }

  @KernelTest
  void root_readOnly_cannotBeWritten() throws Exception {
    RuntimeSpec spec = sandbox.shell("touch /new 2>&1; touch /dev/shm/new && echo fine");
    ContainerProcess process = sandbox.start(spec.withRoot(new Root("", true)));
    assertThat(Sandbox.output(process)).contains("Read-only file system").endsWith("fine\n");
  }

  // ---- limits

  @KernelTest
  void cgroups_limitAndFreeze() throws Exception {
    RuntimeSpec spec = sandbox.shell("while :; do echo x; sleep 0.01; done");
    Resources limits =
        Resources.NONE
            .withPids(new Resources.Pids(37))
            .withMemory(new Resources.Memory(64L << 20, null, null, null, null, null));
    ContainerProcess process = sandbox.start(spec.withLinux(spec.linux().withResources(limits)));
    assertThat(inCgroup(process, "pids", "pids.max")).isEqualTo("37");
    assertThat(inCgroup(process, "memory", "memory.limit_in_bytes")).isEqualTo("67108864");
    sandbox.runtime.pause(process);
    assertThat(inCgroup(process, "freezer", "freezer.state")).isEqualTo("FROZEN");
    sandbox.runtime.resume(process);
    assertThat(inCgroup(process, "freezer", "freezer.state")).isEqualTo("THAWED");
    sandbox.runtime.update(process, Resources.NONE.withPids(new Resources.Pids(41)));
    assertThat(inCgroup(process, "pids", "pids.max")).isEqualTo("41");
  }

  @KernelTest
  void devices_outsideTheRules_areDenied() throws Exception {
    ContainerProcess process =
        sandbox.start(sandbox.shell("busybox mknod /tmp/disk b 254 0; head -c 1 /tmp/disk"));
    assertThat(Sandbox.errors(process)).contains("Operation not permitted");
  }

  @KernelTest
  void delete_whileItRuns_killsIt_andItsMonitorIsGone() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    sandbox.runtime.delete(process.record());
    assertThat(Sandbox.exit(process).code()).isEqualTo(137);
    assertThat(PidFd.open(process.record().monitor(), process.record().monitorStart()))
        .satisfiesAnyOf(
            monitor -> assertThat(monitor).isEmpty(),
            monitor -> assertThat(monitor.orElseThrow().ended()).isTrue());
  }

  @KernelTest
  void delete_leavesNothing() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    Path group = Path.of("/sys/fs/cgroup/pids" + process.record().cgroup());
    assertThat(group).exists();
    sandbox.runtime.delete(process.record());
    assertThat(group).doesNotExist();
    assertThat(Path.of(process.record().exitRecord())).doesNotExist();
    sandbox.runtime.delete(process.record());
  }

  // ---- exec

  @KernelTest
  void exec_isInTheContainer() throws Exception {
    ContainerProcess container = sandbox.start(sandbox.command("sleep", "60"));
    ContainerProcess exec =
        sandbox.exec(
            container,
            sandbox.shell(
                "hostname; ps | grep -c 'sleep 60'; grep CapEff /proc/self/status; exit 5"),
            PIPES);
    assertThat(Sandbox.output(exec)).startsWith("box\n").contains("CapEff:\t00000000a80425fb");
    assertThat(Sandbox.exit(exec).code()).isEqualTo(5);
    assertThat(container.exited()).isNotDone();
  }

  @KernelTest
  void exec_joinsTheCgroups() throws Exception {
    ContainerProcess container = sandbox.start(sandbox.command("sleep", "60"));
    ContainerProcess exec = sandbox.exec(container, sandbox.command("sleep", "50"), PIPES);
    assertThat(Files.readString(Path.of("/proc/" + exec.pid() + "/cgroup")))
        .contains(":pids:" + container.record().cgroup())
        .contains(":memory:" + container.record().cgroup());
  }

  @KernelTest
  void exec_withTerminal_hasOneOfTheContainers() throws Exception {
    ContainerProcess container = sandbox.start(sandbox.command("sleep", "60"));
    ContainerProcess exec =
        sandbox.exec(container, sandbox.shell("tty; stty size"), new StdioSpec.Terminal(30, 90));
    assertThat(Sandbox.output(exec)).isEqualTo("/dev/pts/0\n30 90\n");
  }

  @KernelTest
  void exec_inWhatHasEnded_isRefused() throws Exception {
    ContainerProcess container = sandbox.start(sandbox.command("true"));
    Sandbox.exit(container);
    assertThatThrownBy(() -> sandbox.exec(container, sandbox.command("true"), PIPES))
        .isInstanceOfSatisfying(
            LaunchException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_RUNNING));
  }

  // ---- failures

  @KernelTest
  void command_thatCannotBeExecuted_isNamedAsClientsExpect() throws Exception {
    Files.writeString(sandbox.rootfs.resolve("etc/text"), "no program");
    Path garbage = Files.write(sandbox.rootfs.resolve("bin/garbage"), new byte[] {1, 2, 3, 4});
    assertThat(garbage.toFile().setExecutable(true)).isTrue();
    String prefix = "unable to start container process: ";
    assertFails(
        "nosuch",
        Kind.COMMAND_NOT_FOUND,
        prefix + "exec: \"nosuch\": executable file not found in $PATH");
    assertFails(
        "/no/such",
        Kind.COMMAND_NOT_FOUND,
        prefix + "exec: \"/no/such\": stat /no/such: no such file or directory");
    assertFails(
        "/etc/text",
        Kind.COMMAND_NOT_EXECUTABLE,
        prefix + "exec: \"/etc/text\": permission denied");
    assertFails("/etc", Kind.COMMAND_NOT_EXECUTABLE, prefix + "exec: \"/etc\": is a directory");
    assertFails("garbage", Kind.COMMAND_NOT_EXECUTABLE, prefix + "exec garbage: exec format error");
  }

  private void assertFails(String command, Kind kind, String message) {
    assertThatThrownBy(() -> sandbox.start(sandbox.command(command)))
        .isInstanceOfSatisfying(LaunchException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessage(message);
    assertThatThrownBy(
            () -> {
              ContainerProcess container = sandbox.start(sandbox.command("sleep", "60"));
              sandbox.exec(container, sandbox.command(command), PIPES);
            })
        .isInstanceOfSatisfying(LaunchException.class, e -> assertThat(e.kind()).isEqualTo(kind))
        .hasMessage(message);
  }

  @KernelTest
  void exec_workingDirectoryMissing_isNamed() throws Exception {
    ContainerProcess container = sandbox.start(sandbox.command("sleep", "60"));
    RuntimeSpec spec = sandbox.command("true");
    RuntimeSpec lost = spec.withProcess(spec.process().withCwd("/lost"));
    assertThatThrownBy(() -> sandbox.exec(container, lost, PIPES))
        .hasMessage(
            "unable to start container process: chdir to cwd (\"/lost\") set in config.json failed:"
                + " no such file or directory");
  }

  @KernelTest
  void failedStep_saysWhatAndWhy_andLeavesNothing() throws Exception {
    RuntimeSpec spec = sandbox.command("true");
    LinuxSpec linux = spec.linux().builder().sysctl(Map.of("no.such.setting", "1")).build();
    assertThatThrownBy(() -> sandbox.start(spec.withLinux(linux)))
        .hasMessageContaining("write_file(/proc/sys/no/such/setting, \"1\")")
        .hasMessageContaining("no such file or directory (ENOENT)")
        .hasMessageContaining("this kernel has no such setting");
    assertThat(Path.of("/sys/fs/cgroup/pids" + Sandbox.CGROUP_PARENT))
        .isDirectoryNotContaining(path -> path.getFileName().toString().startsWith("test-"));
  }

  @KernelTest
  void directoryOntoFile_asksWhatWasMeant() throws Exception {
    Files.writeString(sandbox.rootfs.resolve("etc/file"), "");
    List<Mount> mounts = new ArrayList<>(sandbox.command("true").mounts());
    mounts.add(Mount.of("/etc/file", "bind", "/tmp", "rbind"));
    assertThatThrownBy(() -> sandbox.start(sandbox.command("true").withMounts(mounts)))
        .hasMessageContaining("Are you trying to mount a directory onto a file");
  }

  // ---- init

  @KernelTest
  void init_reapsOrphans_andEndsAsTheCommand() throws Exception {
    String script =
        "(sleep 0.05 &); sleep 0.3; cat /proc/[0-9]*/stat | grep -c ' Z '; cat /proc/1/comm; exit 9";
    ContainerProcess process = sandbox.start(withInit(sandbox.shell(script)));
    assertThat(Sandbox.output(process)).isEqualTo("0\ndocker-init\n");
    assertThat(Sandbox.exit(process).code()).isEqualTo(9);
  }

  @KernelTest
  void init_passesSignalsOn() throws Exception {
    String script = "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done";
    ContainerProcess process = sandbox.start(withInit(sandbox.shell(script)));
    Stdio.Pipes pipes = (Stdio.Pipes) process.stdio();
    assertThat(FileIo.read(pipes.stdout(), new byte[6], 0, 6)).isEqualTo(6);
    process.signal(15);
    assertThat(Sandbox.exit(process).code()).isEqualTo(4);
  }

  @KernelTest
  void init_commandMissing_is127() throws Exception {
    ContainerProcess process = sandbox.start(withInit(sandbox.command("/no/such")));
    assertThat(Sandbox.exit(process).code()).isEqualTo(127);
  }

  private RuntimeSpec withInit(RuntimeSpec spec) throws Exception {
    Path init = Files.write(directory.resolve("init"), StageProgram.INIT.bytes());
    assertThat(init.toFile().setExecutable(true)).isTrue();
    return DefaultSpec.withInit(spec, init);
  }

  // ---- the monitor

  @KernelTest
  void monitor_isSmall() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    Path rollup = Path.of("/proc/" + process.record().monitor() + "/smaps_rollup");
    long pss =
        Files.readString(rollup)
            .lines()
            .filter(line -> line.startsWith("Pss:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum();
    assertThat(pss).as("KiB").isLessThanOrEqualTo(20);
  }

  @KernelTest
  void monitor_endsWithItsProcess() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("true"));
    Sandbox.exit(process);
    Path monitor = Path.of("/proc/" + process.record().monitor());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
    while (Files.exists(monitor) && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    assertThat(monitor).doesNotExist();
  }

  private static RuntimeSpec as(RuntimeSpec spec, User user) {
    return spec.withProcess(spec.process().withUser(user));
  }

  private static String inCgroup(ContainerProcess process, String controller, String file)
      throws Exception {
    return Files.readString(Path.of("/sys/fs/cgroup", controller, process.record().cgroup(), file))
        .strip();
  }
}
