package gantry.runtime.staged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.file.FileIo;
import gantry.linux.mount.Depth;
import gantry.linux.mount.Mounts;
import gantry.oci.runtime.Resources;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.Rootfs;
import gantry.runtime.Stdio;
import gantry.runtime.StdioSpec;
import gantry.testing.KernelTest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// What every runtime that follows the OCI command line must do. Debian has both that are tried.
abstract class OciRuntimeContract {
  private static final StdioSpec PIPES = new StdioSpec.Pipes(false);

  @TempDir Path directory;
  private final String name;
  private final Path binary;
  private Sandbox sandbox;
  private ContainerRuntime runtime;

  OciRuntimeContract(String name, String binary) {
    this.name = name;
    this.binary = Path.of(binary);
  }

  @BeforeEach
  void open() throws Exception {
    assertThat(binary).as("apt-get install " + name).exists();
    sandbox = new Sandbox(directory);
    runtime =
        OciRuntime.open(
            sandbox.loop,
            Cgroups.detect(),
            Sandbox.CGROUP_PARENT,
            name,
            binary,
            directory.resolve("state"));
  }

  @AfterEach
  void close() {
    sandbox.close();
    runtime.close();
  }

  private ContainerProcess start(RuntimeSpec spec) throws Exception {
    return sandbox.start(runtime, sandbox.launch(spec, PIPES));
  }

  @KernelTest
  void start_outputAndExit_areTheCommands() throws Exception {
    ContainerProcess process = start(sandbox.shell("hostname; echo err >&2; exit 7"));
    assertThat(Sandbox.output(process)).isEqualTo("box\n");
    assertThat(Sandbox.errors(process)).isEqualTo("err\n");
    assertThat(Sandbox.exit(process).code()).isEqualTo(7);
    runtime.delete(process.record());
    assertThat(directory.resolve("state/" + process.record().id())).doesNotExist();
  }

  @KernelTest
  void start_detachedRoot_appearsToTheRuntimeOnly() throws Exception {
    try (OwnedFd root = Mounts.copy(Fd.CWD, sandbox.rootfs.toString(), Depth.ONE)) {
      Launch path = sandbox.launch(sandbox.shell("ls /bin | grep busybox"), PIPES);
      Launch launch =
          new Launch(path.id(), path.spec(), new Rootfs.Mounted(root), PIPES, path.directory());
      ContainerProcess process = sandbox.start(runtime, launch);
      assertThat(Sandbox.output(process)).isEqualTo("busybox\n");
      assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).doesNotContain(path.id());
      runtime.delete(process.record());
    }
  }

  @KernelTest
  void exec_signal_pause_update() throws Exception {
    ContainerProcess process = start(sandbox.command("sleep", "60"));
    ContainerProcess exec = sandbox.exec(runtime, process, sandbox.shell("ps; exit 4"), PIPES);
    assertThat(Sandbox.output(exec)).contains("sleep 60");
    assertThat(Sandbox.exit(exec).code()).isEqualTo(4);
    Path freezer = Path.of("/sys/fs/cgroup/freezer" + process.record().cgroup());
    runtime.pause(process);
    assertThat(Files.readString(freezer.resolve("freezer.state"))).isEqualTo("FROZEN\n");
    runtime.resume(process);
    assertThat(Files.readString(freezer.resolve("freezer.state"))).isEqualTo("THAWED\n");
    runtime.update(process, Resources.NONE.withPids(new Resources.Pids(44)));
    Path pids = Path.of("/sys/fs/cgroup/pids" + process.record().cgroup());
    assertThat(Files.readString(pids.resolve("pids.max"))).isEqualTo("44\n");
    assertThat(process.signal(9)).isTrue();
    assertThat(Sandbox.exit(process).code()).isEqualTo(137);
    runtime.delete(process.record());
    assertThat(pids).doesNotExist();
  }

  @KernelTest
  void terminal_isTheControllingOne_hasTheSizeAndResizes() throws Exception {
    ContainerProcess process =
        terminal(sandbox.shell("tty; stty size; echo > /dev/console; read x; stty size; exit 5"));
    process.resize(40, 120);
    type(process, "\n");
    assertThat(Sandbox.output(process)).contains("/dev/pts/0\n").endsWith("40 120\n");
    assertThat(Sandbox.exit(process).code()).isEqualTo(5);
    runtime.delete(process.record());
  }

  /// The monitor may have gone before the terminal was delivered.
  @KernelTest
  void terminal_ofWhatEndsAtOnce_isThereEveryTime() throws Exception {
    for (int i = 0; i < 20; i++) {
      ContainerProcess process = terminal(sandbox.shell("stty size"));
      assertThat(Sandbox.output(process)).isEqualTo("24 80\n");
      assertThat(Sandbox.exit(process).code()).isZero();
      runtime.delete(process.record());
    }
  }

  @KernelTest
  void terminal_ofAnExec_interrupts() throws Exception {
    ContainerProcess container = start(sandbox.command("sleep", "60"));
    ContainerProcess exec =
        sandbox.exec(
            runtime,
            container,
            sandbox.shell("trap 'stty size; exit 9' INT; echo ready; while :; do sleep 0.05; done"),
            new StdioSpec.Terminal(30, 90));
    FileIo.read(((Stdio.Terminal) exec.stdio()).master(), new byte[64], 0, 64);
    type(exec, "\003");
    assertThat(Sandbox.output(exec)).contains("30 90");
    assertThat(Sandbox.exit(exec).code()).isEqualTo(9);
    container.signal(9);
    Sandbox.exit(container);
    runtime.delete(container.record());
  }

  @KernelTest
  void terminal_afterReattaching_isTheSameOne() throws Exception {
    ContainerProcess first = terminal(sandbox.shell("read x; echo got $x; exit 3"));
    first.close();
    ContainerProcess again = sandbox.own(runtime.reattach(first.record()));
    type(again, "word\n");
    assertThat(Sandbox.output(again)).endsWith("got word\n");
    assertThat(Sandbox.exit(again).code()).isEqualTo(3);
    runtime.delete(first.record());
  }

  private ContainerProcess terminal(RuntimeSpec spec) throws Exception {
    return sandbox.start(runtime, sandbox.launch(spec, new StdioSpec.Terminal(24, 80)));
  }

  private static void type(ContainerProcess process, String text) {
    FileIo.writeFully(((Stdio.Terminal) process.stdio()).master(), text.getBytes(UTF_8));
  }

  @KernelTest
  void start_commandMissing_isNamed() {
    assertThatThrownBy(() -> start(sandbox.command("nosuch")))
        .isInstanceOfSatisfying(
            LaunchException.class,
            e -> assertThat(e.kind()).isEqualTo(LaunchException.Kind.COMMAND_NOT_FOUND))
        .hasMessageStartingWith(name + ": unable to start container process: ")
        .hasMessageContaining("nosuch");
  }

  @KernelTest
  void reattach_findsTheContainer() throws Exception {
    ContainerProcess first = start(sandbox.shell("sleep 0.3; echo later; exit 2"));
    ContainerProcess again = sandbox.own(runtime.reattach(first.record()));
    assertThat(Sandbox.output(again)).isEqualTo("later\n");
    assertThat(Sandbox.exit(again).code()).isEqualTo(2);
    runtime.delete(first.record());
  }
}
