package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Background;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Sessions on a terminal, typed by hand: sizes, Ctrl-C, Ctrl-P Ctrl-Q.
@E2e
class TerminalTest {
  private static final String CTRL_C = "\u0003";
  private static final String CTRL_P_Q = "\u0010\u0011";
  private final Cli cli;
  private final Http http;

  TerminalTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  /// The client tells the size after the start, so it is asked for until it is right.
  private static void awaitSize(Background shell) {
    Await.until(
        "the size",
        shell::toString,
        () -> {
          shell.type("stty size\r");
          Await.pause(Duration.ofMillis(200));
          return shell.stdout().contains("24 80");
        });
  }

  @Test
  void shell_answersWhatIsTyped() {
    try (var shell =
        cli.terminal("run", "-it", "--rm", "--network", "none", "--name", cli.name(), "busybox")) {
      shell.awaitOutput("/ # ");
      shell.type("echo $((6*7))\r").awaitOutput("42\r\n");
      shell.type("exit 3\r");
      assertThat(shell.end().exit()).isEqualTo(3);
    }
  }

  @Test
  void size_isTheClientsTerminal() {
    try (var shell =
        cli.terminal("run", "-it", "--rm", "--network", "none", "--name", cli.name(), "busybox")) {
      shell.awaitOutput("/ # ");
      awaitSize(shell);
      shell.type("exit\r").end().expect(0);
    }
  }

  @Test
  void size_canBeChangedThroughTheApi() {
    String name = cli.box("-it", "busybox", "sh");
    http.post("/containers/" + name + "/resize?h=33&w=111").expect(200);
    assertThat(cli.ok("exec", name, "sh", "-c", "stty size < /proc/1/fd/0")).isEqualTo("33 111");
  }

  @Test
  void resizeOfStoppedContainer_is409() {
    String name = cli.name();
    cli.ok("create", "-t", "--name", name, "--network", "none", "busybox", "true");
    assertThat(http.post("/containers/" + name + "/resize?h=10&w=10").status()).isEqualTo(409);
  }

  @Test
  void ctrlC_interruptsTheForegroundProgram() {
    try (var shell =
        cli.terminal("run", "-it", "--rm", "--network", "none", "--name", cli.name(), "busybox")) {
      shell.awaitOutput("/ # ").type("sleep 600\r");
      Await.pause(Duration.ofMillis(500));
      shell.type(CTRL_C).type("echo $?\r").awaitOutput("130\r\n");
      shell.type("exit\r").end();
    }
  }

  @Test
  void ctrlPCtrlQ_detachesAndTheContainerGoesOn() {
    String name = cli.name();
    try (var shell = cli.terminal("run", "-it", "--network", "none", "--name", name, "busybox")) {
      // The docker client drops what it reads together with the keys: they come alone.
      shell.awaitOutput("/ # ").type("x=kept; echo $x.\r").awaitOutput("kept.\r\n");
      shell.type(CTRL_P_Q);
      assertThat(shell.end().exit()).isZero();
    }
    assertThat(cli.inspect(name, "{{.State.Running}}")).isEqualTo("true");
    try (var again = cli.terminal("attach", name)) {
      Await.pause(Duration.ofMillis(500));
      again.type("echo $x\r").awaitOutput("kept\r\n");
      again.type("exit 4\r");
      assertThat(again.end().exit()).isEqualTo(4);
    }
  }

  @Test
  void detachKeysOfOnesOwn_areTaken() {
    String name = cli.name();
    try (var shell =
        cli.terminal(
            "run",
            "-it",
            "--detach-keys",
            "ctrl-x,q",
            "--network",
            "none",
            "--name",
            name,
            "busybox")) {
      shell.awaitOutput("/ # ");
      shell.type("echo p" + "\u0010" + "\r");
      shell.type("\u0018q");
      assertThat(shell.end().exit()).isZero();
    }
    assertThat(cli.inspect(name, "{{.State.Running}}")).isEqualTo("true");
  }

  @Test
  void detachKeysHalfTyped_reachTheContainer() {
    try (var shell =
        cli.terminal(
            "run",
            "-it",
            "--rm",
            "--network",
            "none",
            "--name",
            cli.name(),
            "busybox",
            "sh",
            "-c",
            "stty -echo raw; echo ready; head -c 2 | od -An -tx1")) {
      shell.awaitOutput("ready");
      shell.type("\u0010x").awaitOutput("10 78");
      shell.end().expect(0);
    }
  }

  @Test
  void exec_onATerminal() {
    String name = cli.sleeper();
    try (var shell = cli.terminal("exec", "-it", name, "sh")) {
      shell.awaitOutput("/ # ").type("tty\r").awaitOutput("/dev/pts/0\r\n");
      awaitSize(shell);
      shell.type("exit 5\r");
      assertThat(shell.end().exit()).isEqualTo(5);
    }
  }

  @Test
  void exec_detachedByKeys_goesOn() {
    String name = cli.sleeper();
    try (var shell = cli.terminal("exec", "-it", name, "sh", "-c", "echo ready; sleep 4711")) {
      shell.awaitOutput("ready").type(CTRL_P_Q);
      shell.end();
    }
    assertThat(cli.ok("top", name)).contains("sleep 4711");
  }

  @Test
  void startInteractive_onATerminal() {
    String name = cli.name();
    cli.ok("create", "-it", "--network", "none", "--name", name, "busybox");
    try (var shell = cli.terminal("start", "-ai", name)) {
      shell.awaitOutput("/ # ").type("exit 6\r");
      assertThat(shell.end().exit()).isEqualTo(6);
    }
  }
}
