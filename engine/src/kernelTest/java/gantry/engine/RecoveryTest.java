package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.TestEngine.Output;
import gantry.engine.container.ContainerView;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.Status;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// What becomes of containers when the engine is closed, or killed, and opened again.
class RecoveryTest {
  @KernelTest
  void reopened_runningContainer_goesOnWithoutAHole() throws IOException {
    try (TestEngine test = TestEngine.open()) {
      String id =
          test.start(
              spec("sh", "-c", "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo $i; done; exit 7"));
      for (int i = 0; i < 4; i++) {
        test.reopen();
      }
      assertThat(test.awaitExit(id)).isEqualTo(7);
      StringBuilder expected = new StringBuilder();
      for (int i = 1; i <= 4000; i++) {
        expected.append(i).append('\n');
      }
      assertThat(test.logs(id)).isEqualTo(expected.toString());
    }
  }

  @KernelTest
  void reopened_afterTheEnd_knowsTheExitCode() throws Exception {
    try (TestEngine test = TestEngine.open()) {
      String id = test.start(spec("sh", "-c", "sleep 0.3; echo late; exit 9"));
      test.engine().close();
      TimeUnit.MILLISECONDS.sleep(1500);
      test.reopen();
      assertThat(test.awaitExit(id)).isEqualTo(9);
      assertThat(test.logs(id)).isEqualTo("late\n");
    }
  }

  @KernelTest
  void reopened_containersAndNames_areThere() throws IOException {
    try (TestEngine test = TestEngine.open()) {
      String id = test.create(spec("echo", "still here").name("kept"));
      ContainerView before = test.containers().find(id);
      test.reopen();
      assertThat(test.containers().find("kept")).isEqualTo(before);
      test.containers().start(id, Optional.empty());
      assertThat(test.awaitExit(id)).isZero();
    }
  }

  @KernelTest
  void reopened_execInATakenOverContainer_works() throws Exception {
    try (TestEngine test = TestEngine.open()) {
      String id = test.start(spec("sleep", "600"));
      test.reopen();
      Output output = test.runExec(id, TestEngine.exec("echo", "in"));
      assertThat(output.stdout()).isEqualTo("in\n");
    }
  }

  @KernelTest
  void closed_withoutLiveRestore_stopsContainers_andPolicyStartsThemAgain() throws IOException {
    try (TestEngine test = TestEngine.openStopping()) {
      String plain = test.start(spec("sleep", "600"));
      String always = test.start(spec("sleep", "600").restartPolicy(new RestartPolicy.Always()));
      int pid = test.containers().find(always).state().pid();
      test.reopen();
      assertThat(ProcessHandle.of(pid)).isEmpty();
      assertThat(test.containers().find(plain).state().status()).isEqualTo(Status.EXITED);
      LifecycleTest.await(() -> test.containers().find(always).state().status() == Status.RUNNING);
    }
  }
}
