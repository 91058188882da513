package gantry.runtime.staged;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.file.FileIo;
import gantry.oci.Json;
import gantry.runtime.ContainerProcess;
import gantry.runtime.Exit;
import gantry.runtime.ProcessRecord;
import gantry.runtime.Stdio;
import gantry.runtime.StdioSpec;
import gantry.testing.KernelTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The program that started a container is killed, and another goes on.
class ReattachmentTest {
  @TempDir Path directory;
  private Sandbox sandbox;

  @BeforeEach
  void open() throws Exception {
    sandbox = new Sandbox(Files.createDirectories(directory.resolve("own")));
  }

  @AfterEach
  void close() {
    sandbox.close();
  }

  @KernelTest
  void reattach_running_losesNothing() throws Exception {
    ProcessRecord record =
        abandoned(
            "pipes",
            "i=0; while [ $i -lt 300 ]; do echo $i; i=$((i+1)); sleep 0.005; done; exit 6");
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    assertThat(process.exited()).isNotDone();
    assertThat(Sandbox.output(process)).isEqualTo(numbers(300));
    assertThat(Sandbox.exit(process).code()).isEqualTo(6);
  }

  @KernelTest
  void reattach_endedMeanwhile_hasItsOutputAndExit() throws Exception {
    ProcessRecord record = abandoned("pipes", "echo last words; echo complaint >&2; exit 3");
    awaitEnd(record);
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    Exit exit = Sandbox.exit(process);
    assertThat(exit.code()).isEqualTo(3);
    assertThat(exit.at()).isBefore(Instant.now());
    assertThat(Sandbox.output(process)).isEqualTo("last words\n");
    assertThat(Sandbox.errors(process)).isEqualTo("complaint\n");
  }

  @KernelTest
  void reattach_endedWithNothingToRead_hasItsExit() throws Exception {
    ProcessRecord record = abandoned("pipes", "exit 4");
    awaitEnd(record);
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    assertThat(process.stdio()).isEqualTo(new Stdio.Gone());
    assertThat(Sandbox.exit(process).code()).isEqualTo(4);
  }

  @KernelTest
  void reattach_stdin_canBeWrittenAndClosed() throws Exception {
    ProcessRecord record = abandoned("pipes", "cat; echo end");
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    Stdio.Pipes pipes = (Stdio.Pipes) process.stdio();
    FileIo.writeFully(pipes.stdin().orElseThrow(), "hello\n".getBytes(UTF_8));
    process.closeStdin();
    assertThat(Sandbox.output(process)).isEqualTo("hello\nend\n");
  }

  @KernelTest
  void reattach_terminal_isTheSame() throws Exception {
    ProcessRecord record = abandoned("terminal", "read x; echo got $x; stty size");
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    process.resize(33, 99);
    FileIo.writeFully(((Stdio.Terminal) process.stdio()).master(), "it\n".getBytes(UTF_8));
    assertThat(Sandbox.output(process)).isEqualTo("it\ngot it\n33 99\n");
    assertThat(Sandbox.exit(process).code()).isZero();
  }

  @KernelTest
  void reattach_exec_worksInAContainerOfBefore() throws Exception {
    ProcessRecord record = abandoned("pipes", "sleep 60");
    ContainerProcess process = sandbox.own(sandbox.runtime.reattach(record));
    ContainerProcess exec =
        sandbox.exec(process, sandbox.command("hostname"), new StdioSpec.Pipes(false));
    assertThat(Sandbox.output(exec)).isEqualTo("box\n");
    assertThat(process.signal(9)).isTrue();
    assertThat(Sandbox.exit(process).code()).isEqualTo(137);
  }

  @KernelTest
  void reattach_monitorKilled_endIsSeenButNotHow() throws Exception {
    ContainerProcess process = sandbox.start(sandbox.command("sleep", "60"));
    ProcessHandle.of(process.record().monitor()).orElseThrow().destroyForcibly();
    ProcessHandle.of(process.pid()).orElseThrow().destroyForcibly();
    assertThat(Sandbox.exit(process).lost()).isTrue();
  }

  @KernelTest
  void reattach_numberOfAnotherProcess_isNotTaken() {
    long self = ProcessHandle.current().pid();
    ProcessRecord record =
        new ProcessRecord(
            "gone",
            "gantry",
            (int) self,
            1,
            (int) self,
            new ProcessRecord.StdioNumbers(false, -1, 7, 8),
            directory.resolve("none").toString(),
            "/gantry-none");
    try (ContainerProcess process = sandbox.runtime.reattach(record)) {
      assertThat(process.exited()).isCompletedWithValueMatching(Exit::lost);
      assertThat(process.signal(9)).isFalse();
    }
  }

  /// Starts a container in a JVM of its own and kills that.
  private ProcessRecord abandoned(String stdio, String script) throws Exception {
    Process jvm =
        new ProcessBuilder(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                AbandonedDaemon.class.getName(),
                directory.resolve("daemon").toString(),
                stdio,
                script)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String line = jvm.inputReader(UTF_8).readLine();
    jvm.destroyForcibly();
    assertThat(jvm.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(line).as("the record of what it started").isNotNull();
    return Json.read(line.getBytes(UTF_8), ProcessRecord.class, "record");
  }

  private static void awaitEnd(ProcessRecord record) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (Files.exists(Path.of("/proc/" + record.pid())) && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    Thread.sleep(100); // the monitor looks for unread output every 50 ms
  }

  private static String numbers(int count) {
    return IntStream.range(0, count).mapToObj(i -> i + "\n").collect(Collectors.joining());
  }
}
