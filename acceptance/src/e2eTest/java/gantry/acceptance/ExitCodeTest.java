package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Exit codes that scripts branch on: the command's own, 125, 126, 127 and 128+n, with the words
/// beside them.
@E2e
class ExitCodeTest {
  private final Cli cli;

  ExitCodeTest(Cli cli) {
    this.cli = cli;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 42, 125, 126, 127, 128, 255})
  void commandsOwnCode_isTheClients(int code) {
    assertThat(cli.once("busybox", "sh", "-c", "exit " + code).exit()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource({"HUP,129", "INT,130", "KILL,137", "TERM,143", "USR1,138", "SEGV,139"})
  void deathBySignal_is128PlusItsNumber(String signal, int code) {
    String name = cli.box("--init", "busybox", "sleep", "600");
    cli.run(
        "exec",
        name,
        "sh",
        "-c",
        "kill -" + signal + " $(pidof sleep)"); // may die with the container
    assertThat(cli.ok("wait", name)).isEqualTo(Integer.toString(code));
    assertThat(cli.inspect(name, "{{.State.ExitCode}}")).isEqualTo(Integer.toString(code));
  }

  @Test
  void missingProgram_is127() {
    var result = cli.once("busybox", "nosuch").expect(127);
    assertThat(result.stderr()).contains("exec: \"nosuch\": executable file not found in $PATH");
  }

  @Test
  void missingPath_is127() {
    var result = cli.once("busybox", "/no/such").expect(127);
    assertThat(result.stderr()).contains("/no/such").contains("no such file or directory");
  }

  @Test
  void directory_is126() {
    // runc's words until 1.1, and since
    assertThat(cli.once("busybox", "/etc").expect(126).stderr())
        .containsPattern("permission denied|is a directory");
  }

  @Test
  void fileWithoutExecuteBit_is126() {
    assertThat(cli.once("busybox", "/etc/passwd").expect(126).stderr())
        .contains("permission denied");
  }

  @Test
  void missingWorkdirParent_isAFile_fails() {
    var result = cli.once("-w", "/etc/passwd/x", "busybox", "true");
    assertThat(result.exit()).isIn(125, 126, 127, 128);
    assertThat(result.stderr()).contains("not a directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--nosuchflag", "--memory=much", "--cpus=x", "-v=relative/../x:/y:zz"})
  void badOption_is125(String option) {
    cli.once(option, "busybox", "true").expect(125);
  }

  @Test
  void failedStart_leavesACreatedContainerWithTheError() {
    String name = cli.name();
    cli.run("run", "--name", name, "--network", "none", "busybox", "nosuch").expect(127);
    assertThat(cli.inspect(name, "{{.State.Status}} {{.State.ExitCode}}")).isEqualTo("created 127");
    assertThat(cli.inspect(name, "{{.State.Error}}"))
        .contains("executable file not found in $PATH");
  }

  @Test
  void failedStart_withRm_leavesNothing() {
    String name = cli.name();
    cli.run("run", "--rm", "--name", name, "--network", "none", "busybox", "nosuch").expect(127);
    assertThat(cli.ok("ps", "-aq", "--filter", "name=^/" + name + "$")).isEmpty();
  }

  @Test
  void startOfSomethingMissing_is1() {
    assertThat(cli.run("start", "nosuchcontainer").expect(1).stderr())
        .contains("No such container: nosuchcontainer");
  }

  @Test
  void exec_missingProgramAndDirectory() {
    String name = cli.sleeper();
    assertThat(cli.run("exec", name, "nosuch").exit()).isEqualTo(127);
    assertThat(cli.run("exec", name, "/etc").exit()).isEqualTo(126);
    assertThat(cli.run("exec", name, "sh", "-c", "exit 7").exit()).isEqualTo(7);
    assertThat(cli.run("exec", name, "sh", "-c", "kill -9 $$").exit()).isEqualTo(137);
  }
}
