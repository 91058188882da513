package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.container.ContainerUpdate;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Resources;
import gantry.engine.container.RestartPolicy;
import gantry.engine.container.Status;
import gantry.engine.container.WaitCondition;
import gantry.engine.event.Event;
import gantry.engine.event.Events;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Containers' lives, from create to remove.
class LifecycleTest {
  private static TestEngine test;

  @BeforeAll
  static void open() {
    test = TestEngine.open();
  }

  @AfterAll
  static void close() throws IOException {
    if (test != null) {
      test.close();
    }
  }

  @KernelTest
  void run_true_exitsZero() {
    assertThat(test.run(spec("true"))).isZero();
  }

  @KernelTest
  void run_exitCode_isTheProgramsOwn() {
    assertThat(test.run(spec("sh", "-c", "exit 42"))).isEqualTo(42);
  }

  @KernelTest
  void run_echo_isAttachedAndLogged() throws InterruptedException {
    assertThat(test.runAttached(spec("echo", "hello")).stdout()).isEqualTo("hello\n");
    String id = test.create(spec("sh", "-c", "echo out; echo err >&2"));
    test.containers().start(id, Optional.empty());
    test.awaitExit(id);
    assertThat(test.logs(id)).isEqualTo("out\nerr\n");
  }

  @KernelTest
  void start_unknownCommand_is127AndStaysCreated() {
    String id = test.create(spec("nosuch"));
    assertThatThrownBy(() -> test.containers().start(id, Optional.empty()))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("nosuch")
        .hasMessageContaining("executable file not found in $PATH");
    ContainerView view = test.containers().find(id);
    assertThat(view.state().status()).isEqualTo(Status.CREATED);
    assertThat(view.state().exitCode()).isEqualTo(127);
    assertThat(view.state().error()).contains("nosuch");
  }

  @KernelTest
  void start_notExecutable_is126() {
    String id = test.create(spec("/not-executable"));
    assertThatThrownBy(() -> test.containers().start(id, Optional.empty()))
        .hasMessageContaining("permission denied");
    assertThat(test.containers().find(id).state().exitCode()).isEqualTo(126);
  }

  @KernelTest
  void start_failsWithAutoRemove_isGone() {
    String id = test.create(spec("nosuch").autoRemove(true));
    assertThatThrownBy(() -> test.containers().start(id, Optional.empty()))
        .isInstanceOf(EngineException.class);
    assertThatThrownBy(() -> test.containers().find(id)).hasMessage("No such container: " + id);
  }

  @KernelTest
  void start_running_isUnchanged() {
    String id = test.start(spec("sleep", "100"));
    assertThatThrownBy(() -> test.containers().start(id, Optional.empty()))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNCHANGED));
    test.containers().remove(id, true, false);
  }

  @KernelTest
  void create_unknownImage_isNotFound() {
    assertThatThrownBy(
            () ->
                test.containers()
                    .create(
                        gantry.engine.container.ContainerSpec.builder("nosuch")
                            .command("x")
                            .build()))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
        .hasMessage("No such image: nosuch:latest");
  }

  @KernelTest
  void create_sameName_isConflict() {
    String id = test.create(spec("true").name("twice"));
    assertThatThrownBy(() -> test.create(spec("true").name("/twice")))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFLICT))
        .hasMessageContaining("\"/twice\" is already in use by container \"" + id + "\"");
    test.containers().remove("twice", false, false);
    test.create(spec("true").name("twice"));
  }

  @KernelTest
  void create_wrongInSeveralWays_namesAllOfThem() {
    assertThatThrownBy(
            () -> test.create(spec("true").workingDirectory("relative").stopSignal("NOPE")))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessageContaining("the working directory 'relative' is invalid")
        .hasMessageContaining("invalid signal: NOPE");
  }

  @KernelTest
  void stop_ignoringTerm_isKilledAfterTheTimeout() {
    String id = test.start(spec("sh", "-c", "trap '' TERM; while true; do sleep 0.1; done"));
    long begin = System.nanoTime();
    test.containers().stop(id, Optional.empty(), Optional.of(Duration.ofMillis(300)));
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThan(Duration.ofMillis(300));
    assertThat(test.containers().find(id).state().exitCode()).isEqualTo(137);
  }

  @KernelTest
  void stop_handlingTerm_exitsItsOwnWay() {
    String id =
        test.start(
            spec("sh", "-c", "trap 'exit 3' TERM; echo up; while true; do sleep 0.05; done"));
    awaitLog(id, "up");
    test.containers().stop(id, Optional.empty(), Optional.of(Duration.ofSeconds(20)));
    assertThat(test.containers().find(id).state().exitCode()).isEqualTo(3);
    assertThatThrownBy(() -> test.containers().stop(id, Optional.empty(), Optional.empty()))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNCHANGED));
  }

  private static void awaitLog(String id, String text) {
    await(() -> test.logs(id).contains(text));
  }

  static void await(java.util.function.BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }

  @KernelTest
  void kill_stopped_isConflict() {
    String id = test.create(spec("true").name("never-ran"));
    assertThatThrownBy(() -> test.containers().kill(id, "KILL"))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CONFLICT))
        .hasMessage("cannot kill container: never-ran: container " + id + " is not running");
  }

  @KernelTest
  void kill_signalled_is128PlusSignal() {
    String id = test.start(spec("sleep", "100"));
    test.containers().kill(id, "KILL");
    assertThat(test.awaitExit(id)).isEqualTo(137);
  }

  @KernelTest
  void pause_stopsTheProgram_unpauseLetsItGoOn() {
    String id = test.start(spec("sleep", "100"));
    test.containers().pause(id);
    assertThat(test.containers().find(id).state().status()).isEqualTo(Status.PAUSED);
    assertThatThrownBy(() -> test.containers().pause(id))
        .hasMessage("Container " + id + " is already paused");
    assertThatThrownBy(() -> test.containers().start(id, Optional.empty()))
        .hasMessageContaining("cannot start a paused container");
    test.containers().unpause(id);
    assertThat(test.containers().find(id).state().status()).isEqualTo(Status.RUNNING);
    test.containers().pause(id);
    test.containers().remove(id, true, false);
  }

  @KernelTest
  void remove_running_needsForce() {
    String id = test.start(spec("sleep", "100").name("stays"));
    assertThatThrownBy(() -> test.containers().remove(id, false, false))
        .hasMessage(
            "cannot remove container \"stays\": container is running: stop the container before removing or force remove");
    test.containers().remove(id, true, false);
    assertThatThrownBy(() -> test.containers().find("stays"))
        .hasMessage("No such container: stays");
  }

  @KernelTest
  void autoRemove_wakesRemovedWaiters_withTheExitCode() {
    String id = test.create(spec("sh", "-c", "exit 5").autoRemove(true).name("temporary"));
    var removed = test.containers().await(id, WaitCondition.REMOVED);
    test.containers().start(id, Optional.empty());
    assertThat(removed.orTimeout(20, TimeUnit.SECONDS).join().code()).isEqualTo(5);
    test.create(spec("true").name("temporary")); // the name is free by then
  }

  @KernelTest
  void restartPolicy_onFailure_triesAgainAsOftenAsAsked() {
    String id =
        test.start(
            spec("sh", "-c", "echo run; exit 1")
                .restartPolicy(new RestartPolicy.OnFailure(OptionalInt.of(2))));
    await(() -> test.containers().find(id).state().status() == Status.EXITED);
    assertThat(test.logs(id)).isEqualTo("run\nrun\nrun\n");
    assertThat(test.containers().find(id).restartCount()).isEqualTo(2);
  }

  @KernelTest
  void restartPolicy_stoppedInTheDelay_staysStopped() {
    String id = test.start(spec("false").restartPolicy(new RestartPolicy.Always()));
    await(() -> test.containers().find(id).restartCount() >= 2);
    await(() -> test.containers().find(id).state().status() == Status.RESTARTING);
    test.containers().stop(id, Optional.empty(), Optional.empty());
    assertThat(test.containers().find(id).state().status()).isEqualTo(Status.EXITED);
  }

  @KernelTest
  void rename_freesTheOldName() {
    String id = test.create(spec("true").name("before"));
    test.containers().rename("before", "after");
    assertThat(test.containers().find("after").id()).isEqualTo(id);
    assertThatThrownBy(() -> test.containers().find("before")).isInstanceOf(EngineException.class);
  }

  @KernelTest
  void update_running_changesTheLimit() {
    String id = test.start(spec("sleep", "100"));
    test.containers().update(id, new ContainerUpdate(pids(50), Optional.empty()));
    assertThat(test.containers().find(id).spec().resources().pids()).contains(50L);
    assertThat(test.containers().stats(id).orElseThrow().pidsLimit()).isEqualTo(50);
    test.containers().remove(id, true, false);
  }

  private static Resources pids(long limit) {
    Resources n = Resources.NONE;
    return new Resources(
        0,
        0,
        0,
        0,
        0,
        n.memorySwappiness(),
        n.oomKillDisable(),
        0,
        0,
        0,
        0,
        0,
        "",
        "",
        Optional.of(limit),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  private static Resources memory(long limit) {
    Resources n = Resources.NONE;
    return new Resources(
        0,
        limit,
        0,
        0,
        0,
        n.memorySwappiness(),
        n.oomKillDisable(),
        0,
        0,
        0,
        0,
        0,
        "",
        "",
        Optional.empty(),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of());
  }

  @KernelTest
  void memoryLimit_exceeded_isOomKilled() {
    String id =
        test.start(
            spec("sh", "-c", "a=xxxxxxxxxxxxxxxx; while true; do a=$a$a$a$a; done")
                .resources(memory(16L << 20)));
    assertThat(test.awaitExit(id)).isEqualTo(137);
    assertThat(test.containers().find(id).state().oomKilled()).isTrue();
  }

  @KernelTest
  void events_ofARun_comeInDockersOrder() throws InterruptedException {
    String id = test.create(spec("true").name("told"));
    try (Events.Subscription events =
        test.engine().events().subscribe(Optional.empty(), e -> about(e, id))) {
      test.containers().start(id, Optional.empty());
      test.awaitExit(id);
      test.containers().remove(id, false, false);
      // The image has a volume.
      assertThat(actions(events, 7))
          .containsExactly("mount", "connect", "start", "disconnect", "unmount", "die", "destroy");
    }
  }

  @KernelTest
  void events_ofARestart_endWithRestart() throws InterruptedException {
    String id = test.start(spec("sleep", "100"));
    try (Events.Subscription events =
        test.engine()
            .events()
            .subscribe(Optional.empty(), e -> about(e, id) && e.type().equals("container"))) {
      test.containers().restart(id, Optional.of("KILL"), Optional.empty());
      assertThat(actions(events, 5)).containsExactly("kill", "die", "stop", "start", "restart");
    }
    test.containers().remove(id, true, false);
  }

  private static boolean about(Event event, String id) {
    return event.id().equals(id) || id.equals(event.attributes().get("container"));
  }

  private static List<String> actions(Events.Subscription events, int count)
      throws InterruptedException {
    List<String> actions = new ArrayList<>();
    Instant deadline = Instant.now().plusSeconds(20);
    for (int i = 0; i < count; i++) {
      events.next(Optional.of(deadline)).ifPresent(event -> actions.add(event.action()));
    }
    return actions;
  }

  @KernelTest
  void user_ofTheImagesOwnFiles_withGroups() throws InterruptedException {
    assertThat(test.runAttached(spec("id").user("user")).stdout())
        .contains("uid=1000(user) gid=1001(user)")
        .contains("1002(extra)");
    assertThatThrownBy(() -> test.start(spec("id").user("nobody-here")))
        .hasMessageContaining(
            "unable to find user nobody-here: no matching entries in passwd file");
  }

  @KernelTest
  void environment_isTheImagesAndTheUsers() throws InterruptedException {
    String env =
        test.runAttached(spec("env").environment(List.of("MINE=1", "IMAGE")).hostname("box"))
            .stdout();
    assertThat(env).contains("MINE=1\n").contains("HOSTNAME=box\n").contains("HOME=/root\n");
    assertThat(env).doesNotContain("IMAGE=");
  }

  @KernelTest
  void networks_noneAndBridge_haveWhatTheySay() throws InterruptedException {
    assertThat(test.runAttached(spec("ip", "link")).stdout()).doesNotContain("eth0");
    String bridged =
        test.runAttached(
                gantry.engine.container.ContainerSpec.builder("busybox")
                    .command("sh", "-c", "ip addr show eth0; cat /etc/hosts"))
            .stdout();
    assertThat(bridged).contains("inet ").contains("localhost");
  }

  @KernelTest
  void top_listsTheProcesses() {
    String id = test.start(spec("sleep", "100"));
    var table = test.containers().top(id, List.of());
    assertThat(table.titles()).contains("PID", "CMD");
    assertThat(table.rows()).hasSize(1);
    assertThat(table.rows().getFirst().getLast()).contains("sleep 100");
    test.containers().remove(id, true, false);
  }

  @KernelTest
  void explain_showsThePlan_andMakesNothing() {
    int before = test.containers().list().size();
    assertThat(test.containers().explain(spec("true").build())).contains("execve");
    assertThat(test.containers().list()).hasSize(before);
  }
}
