package gantry.runtime.staged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.SyscallException;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.file.FileIo;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ContainerRuntime;
import gantry.runtime.DefaultSpec;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Exit;
import gantry.runtime.Launch;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Rootfs;
import gantry.runtime.Stdio;
import gantry.runtime.StdioSpec;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A place for containers of a test: a root file system with busybox, the built-in runtime, and
/// whatever was started, which is removed in the end.
final class Sandbox implements AutoCloseable {
  static final String CGROUP_PARENT = "/gantry-runtime-test";
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  final Path directory;
  final Path rootfs;
  final EventLoop loop = EventLoop.start("test", Throwable::printStackTrace);
  final StageRuntime runtime = StageRuntime.open(loop, Cgroups.detect(), CGROUP_PARENT);
  private final List<ContainerProcess> started = new ArrayList<>();
  private final List<ProcessRecord> records = new ArrayList<>();
  private int count;

  Sandbox(Path directory) throws Exception {
    assertThat(BUSYBOX).as("a static busybox: apt-get install busybox-static").exists();
    this.directory = directory;
    this.rootfs = directory.resolve("rootfs");
    for (String name : List.of("bin", "proc", "sys", "dev", "etc", "tmp")) {
      Files.createDirectories(rootfs.resolve(name));
    }
    Files.copy(BUSYBOX, rootfs.resolve("bin/busybox"));
    for (String name :
        List.of(
            "sh",
            "true",
            "echo",
            "cat",
            "sleep",
            "id",
            "ls",
            "kill",
            "stty",
            "tty",
            "ps",
            "pwd",
            "head",
            "printf",
            "hostname",
            "stat",
            "readlink",
            "touch",
            "mount",
            "env",
            "trap",
            "grep",
            "ulimit",
            "mkdir",
            "dd",
            "wc",
            "sed")) {
      Files.createSymbolicLink(rootfs.resolve("bin/" + name), Path.of("busybox"));
    }
  }

  /// A default container that runs a shell script.
  RuntimeSpec shell(String script) {
    return command("/bin/sh", "-c", script);
  }

  RuntimeSpec command(String... args) {
    RuntimeSpec spec = DefaultSpec.container();
    return spec.withHostname("box")
        .withProcess(
            spec.process().withArgs(List.of(args)).withEnv(List.of("PATH=/bin", "HOME=/")));
  }

  ContainerProcess start(RuntimeSpec spec) throws Exception {
    return start(spec, new StdioSpec.Pipes(false));
  }

  ContainerProcess start(RuntimeSpec spec, StdioSpec stdio) throws Exception {
    return start(runtime, launch(spec, stdio));
  }

  Launch launch(RuntimeSpec spec, StdioSpec stdio) throws Exception {
    String id = "test-" + ProcessHandle.current().pid() + "-" + count++;
    Path own = Files.createDirectories(directory.resolve(id));
    return new Launch(id, spec, new Rootfs.Directory(rootfs), stdio, own);
  }

  ContainerProcess start(ContainerRuntime with, Launch launch) {
    return own(with.start(launch));
  }

  ContainerProcess own(ContainerProcess process) {
    started.add(process);
    records.add(process.record());
    return process;
  }

  ContainerProcess exec(ContainerProcess container, RuntimeSpec spec, StdioSpec stdio)
      throws Exception {
    return exec(runtime, container, spec, stdio);
  }

  ContainerProcess exec(
      ContainerRuntime with, ContainerProcess container, RuntimeSpec spec, StdioSpec stdio)
      throws Exception {
    String id = "exec-" + count++;
    Path own = Files.createDirectories(directory.resolve(id));
    return own(with.exec(container, new ExecLaunch(id, spec, spec.process(), stdio, own)));
  }

  /// Everything it writes to stdout.
  static String output(ContainerProcess process) {
    return switch (process.stdio()) {
      case Stdio.Pipes pipes -> new String(FileIo.readAll(pipes.stdout(), 1 << 24), UTF_8);
      case Stdio.Terminal terminal -> terminalOutput(terminal);
      case Stdio.Gone() -> throw new AssertionError("its stdio is gone");
    };
  }

  static String errors(ContainerProcess process) {
    return new String(FileIo.readAll(((Stdio.Pipes) process.stdio()).stderr(), 1 << 24), UTF_8);
  }

  /// A terminal ends with EIO once nobody has its other side.
  private static String terminalOutput(Stdio.Terminal terminal) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[4096];
    try {
      for (int n; (n = FileIo.read(terminal.master(), buffer, 0, buffer.length)) > 0; ) {
        out.write(buffer, 0, n);
      }
    } catch (SyscallException end) {
      assertThat(end.errno()).isEqualTo(gantry.linux.Errno.EIO);
    }
    return out.toString(UTF_8).replace("\r\n", "\n");
  }

  static Exit exit(ContainerProcess process) throws Exception {
    return process.exited().get(20, TimeUnit.SECONDS);
  }

  /// Starts a script, waits for its end and returns what it printed.
  String run(RuntimeSpec spec) throws Exception {
    ContainerProcess process = start(spec);
    String output = output(process);
    String errors = errors(process);
    assertThat(exit(process).code())
        .as("exit code; it printed '%s', '%s'", output, errors)
        .isZero();
    return output;
  }

  @Override
  public void close() {
    for (ContainerProcess process : started.reversed()) {
      process.signal(9);
      process.close();
    }
    records.reversed().forEach(runtime::delete);
    runtime.close();
    loop.close();
    Cgroups.detect().parent(CGROUP_PARENT).remove();
  }
}
