package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.engine.container.TerminalSize;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.util.Optional;

/// Containers by the runtimes of others, where the machine has them, and with the init program.
class OtherRuntimesTest {
  @KernelTest
  void crun_runsStopsAndExecs() throws IOException, InterruptedException {
    runsAndExecs("crun");
  }

  @KernelTest
  void runc_runsStopsAndExecs() throws IOException, InterruptedException {
    runsAndExecs("runc");
  }

  private static void runsAndExecs(String runtime) throws IOException, InterruptedException {
    try (TestEngine test = TestEngine.open()) {
      assumeTrue(
          test.engine().system().runtimes().containsKey(runtime), "this machine has no " + runtime);
      assertThat(test.runAttached(spec("echo", "hi").runtime(runtime)).stdout()).isEqualTo("hi\n");
      assertThat(test.run(spec("sh", "-c", "exit 4").runtime(runtime))).isEqualTo(4);
      assertThat(
              test.runAttached(
                      spec("stty", "size")
                          .runtime(runtime)
                          .terminal(true)
                          .terminalSize(new TerminalSize(33, 77)))
                  .stdout())
          .isEqualTo("33 77\r\n");
      String id = test.start(spec("sleep", "600").runtime(runtime));
      assertThat(test.runExec(id, TestEngine.exec("echo", "in")).stdout()).isEqualTo("in\n");
      test.containers().stop(id, Optional.of("KILL"), Optional.empty());
      assertThat(test.containers().find(id).state().exitCode()).isEqualTo(137);
    }
  }

  @KernelTest
  void unknownRuntime_isRefused() throws IOException {
    try (TestEngine test = TestEngine.open()) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> test.create(spec("true").runtime("nosuch")))
          .hasMessage("unknown or invalid runtime name: nosuch");
    }
  }

  @KernelTest
  void init_isTheFirstProcess_andPassesTheExitCodeOn() throws IOException, InterruptedException {
    try (TestEngine test = TestEngine.open()) {
      TestEngine.Output output =
          test.runAttached(spec("/bin/sh", "-c", "echo $$; cat /proc/1/cmdline").init(true));
      assertThat(output.stdout()).doesNotStartWith("1\n").contains("docker-init");
      assertThat(test.run(spec("/bin/sh", "-c", "exit 6").init(true))).isEqualTo(6);
    }
  }
}
