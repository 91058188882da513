package gantry.engine;

import static gantry.engine.TestEngine.exec;
import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.TestEngine.Output;
import gantry.engine.container.Attachment;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.TerminalSize;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Further programs in running containers.
class ExecTest {
  private static TestEngine test;
  private static String id;

  @BeforeAll
  static void open() {
    test = TestEngine.open();
    id = test.start(spec("sleep", "600").environment(List.of("OF=container")));
  }

  @AfterAll
  static void close() throws IOException {
    if (test != null) {
      test.close();
    }
  }

  @KernelTest
  void exec_exitCode_isKnownWhenTheStreamEnds() throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      assertThat(test.runExec(id, exec("false")).exitCode).hasValue(1);
    }
  }

  @KernelTest
  void exec_seesTheContainersEnvironment() throws InterruptedException {
    Output output = test.runExec(id, exec("sh", "-c", "echo $OF $IMAGE; echo e >&2"));
    assertThat(output.stdout()).isEqualTo("container busybox\n");
    assertThat(output.stderr()).isEqualTo("e\n");
  }

  @KernelTest
  void exec_stdin_isSentAndClosed() throws Exception {
    ExecSpec cat =
        new ExecSpec(
            List.of("cat"),
            List.of(),
            "",
            "",
            false,
            false,
            true,
            true,
            true,
            TerminalSize.UNKNOWN,
            Optional.empty());
    String exec = test.containers().createExec(id, cat);
    Output output = new Output();
    try (Attachment attachment =
        test.containers().startExec(exec, TerminalSize.UNKNOWN, () -> {}, output)) {
      assertThat(attachment.write("x".getBytes(StandardCharsets.UTF_8), 0, 1)).isTrue();
      attachment.closeInput();
      attachment.awaitEnd();
    }
    assertThat(output.stdout()).isEqualTo("x");
  }

  @KernelTest
  void exec_user_isLookedUpInTheContainer() throws InterruptedException {
    ExecSpec asUser =
        new ExecSpec(
            List.of("id", "-u"),
            List.of(),
            "/tmp",
            "user",
            false,
            false,
            false,
            true,
            true,
            TerminalSize.UNKNOWN,
            Optional.empty());
    assertThat(test.runExec(id, asUser).stdout()).isEqualTo("1000\n");
  }

  @KernelTest
  void exec_unknownCommand_is127() {
    String exec = test.containers().createExec(id, exec("nosuch"));
    assertThatThrownBy(
            () -> test.containers().startExec(exec, TerminalSize.UNKNOWN, () -> {}, new Output()))
        .hasMessageContaining("nosuch");
    assertThat(test.containers().exec(exec).exitCode()).hasValue(127);
  }

  @KernelTest
  void exec_startedTwice_isConflict() throws InterruptedException {
    String exec = test.containers().createExec(id, exec("true"));
    test.containers().startExecDetached(exec);
    assertThatThrownBy(() -> test.containers().startExecDetached(exec))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFLICT));
  }

  @KernelTest
  void exec_inAStoppedContainer_isConflict() {
    String stopped = test.create(spec("true"));
    assertThatThrownBy(() -> test.containers().createExec(stopped, exec("true")))
        .hasMessage("container " + stopped + " is not running");
  }

  @KernelTest
  void exec_endsWithItsContainer() throws Exception {
    String other = test.start(spec("sleep", "600"));
    String exec = test.containers().createExec(other, exec("sleep", "600"));
    Output output = new Output();
    try (Attachment attachment =
        test.containers().startExec(exec, TerminalSize.UNKNOWN, () -> {}, output)) {
      assertThat(test.containers().find(other).execIds()).containsExactly(exec);
      test.containers().kill(other, "KILL");
      attachment.awaitEnd();
    }
    assertThat(test.containers().exec(exec).exitCode()).hasValue(137);
  }
}
