package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `run` and `create`, flag by flag: what the container's process then sees.
@E2e
class RunTest {
  private final Cli cli;
  private final Engine engine;
  @TempDir Path scratch;

  RunTest(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
  }

  @Test
  void helloWorld_greets() {
    assertThat(cli.once("hello-world").expect(0).stdout())
        .contains("Hello from inside a container");
  }

  @Test
  void outputOfBothStreams_keptApart() {
    var result = cli.once("busybox", "sh", "-c", "echo out; echo err >&2; exit 3").expect(3);
    assertThat(result.stdout()).isEqualTo("out\n");
    assertThat(result.stderr()).isEqualTo("err\n");
  }

  @Test
  void stdinThatEnds_endsCat() {
    assertThat(
            cli.pipe("abc", "run", "-i", "--rm", "--network", "none", "busybox", "cat")
                .expect(0)
                .stdout())
        .isEqualTo("abc");
  }

  @Test
  void binaryBytes_passUnchanged() {
    byte[] bytes = new byte[300_000];
    new java.util.Random(7).nextBytes(bytes);
    var result =
        cli.pipe(bytes, "run", "-i", "--rm", "--network", "none", "busybox", "cat").expect(0);
    assertThat(result.stdoutBytes()).isEqualTo(bytes);
  }

  @Test
  void withoutI_stdinIsEmpty() {
    assertThat(
            cli.pipe("abc", "run", "--rm", "--network", "none", "busybox", "cat")
                .expect(0)
                .stdout())
        .isEmpty();
  }

  @Test
  void detached_printsTheFullId() {
    String name = cli.name();
    String id = cli.ok("run", "-d", "--network", "none", "--name", name, "busybox", "sleep", "600");
    assertThat(id).matches("[0-9a-f]{64}");
    assertThat(cli.inspect(name, "{{.Id}} {{.Name}} {{.State.Status}}"))
        .isEqualTo(id + " /" + name + " running");
  }

  @Test
  void rm_removesAfterTheEnd_andTheNameIsFreeAtOnce() {
    String name = cli.name();
    for (int i = 0; i < 5; i++) {
      cli.run("run", "--rm", "--network", "none", "--name", name, "busybox", "true").expect(0);
    }
    assertThat(cli.ok("ps", "-aq", "--filter", "name=^/" + name + "$")).isEmpty();
  }

  @Test
  void sameNameTwice_isRefusedWithDockersWords() {
    String name = cli.sleeper();
    String id = cli.inspect(name, "{{.Id}}");
    var result = cli.run("run", "--name", name, "busybox", "true").expect(125);
    assertThat(result.stderr())
        .contains(
            "Conflict. The container name \"/%s\" is already in use by container \"%s\"."
                .formatted(name, id))
        .contains("You have to remove (or rename) that container to be able to reuse that name.");
  }

  @Test
  void environment_isImagesThenOptions() {
    Path file = Cli.file(scratch, "env", "# comment\nFROM_FILE=1\nTAKEN\n\n");
    String out =
        cli.with(java.util.Map.of("TAKEN", "from here"))
            .run(
                "run",
                "--rm",
                "--network",
                "none",
                "-e",
                "A=b c",
                "--env-file",
                file.toString(),
                "-e",
                "EMPTY=",
                "--hostname",
                "box",
                "busybox",
                "env")
            .expect(0)
            .stdout();
    assertThat(out.lines().toList())
        .contains("A=b c", "FROM_FILE=1", "TAKEN=from here", "EMPTY=", "HOSTNAME=box", "HOME=/root")
        .contains("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .doesNotContain("TERM=xterm");
  }

  @Test
  void workdir_isMadeWhenMissing() {
    assertThat(cli.sh("pwd; stat -c %u:%g:%a .", "-w", "/a/b c")).isEqualTo("/a/b c\n0:0:755");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          root          | uid=0(root) gid=0(root) groups=0(root),10(wheel)
          daemon        | uid=1(daemon) gid=1(daemon) groups=1(daemon)
          www-data      | uid=33(www-data) gid=33(www-data) groups=33(www-data)
          33            | uid=33(www-data) gid=33(www-data) groups=33(www-data)
          1000          | uid=1000 gid=0(root) groups=0(root)
          1000:1001     | uid=1000 gid=1001 groups=1001
          daemon:mail   | uid=1(daemon) gid=8(mail) groups=8(mail)
          1:mail        | uid=1(daemon) gid=8(mail) groups=8(mail)
          """)
  void user_isLookedUpInTheImage(String user, String expected) {
    assertThat(cli.sh("id", "-u", user)).isEqualTo(expected);
  }

  @Test
  void unknownUser_isRefused() {
    var result = cli.once("-u", "nosuch", "busybox", "id");
    assertThat(result.exit()).isBetween(125, 126);
    assertThat(result.stderr())
        .contains("unable to find user nosuch: no matching entries in passwd file");
  }

  @Test
  void groupAdd_addsGroupsByNameAndNumber() {
    assertThat(cli.sh("id -G", "-u", "1000:1000", "--group-add", "mail", "--group-add", "4711"))
        .isEqualTo("1000 8 4711");
  }

  @Test
  void homeAndUser_followTheUser() {
    assertThat(cli.sh("echo $HOME", "-u", "mail")).isEqualTo("/var/spool/mail");
    assertThat(cli.sh("echo $HOME", "-u", "12345")).isEqualTo("/");
  }

  @Test
  void entrypoint_replacesAndDropsTheCommand() {
    assertThat(cli.once("--entrypoint", "echo", "busybox", "a", "b").expect(0).text())
        .isEqualTo("a b");
    assertThat(cli.once("--entrypoint", "/bin/id", "busybox").expect(0).text()).startsWith("uid=0");
  }

  @Test
  void hostnameAndDomainname_reachUtsAndHosts() {
    String out =
        cli.sh(
            "hostname; cat /etc/hostname; cat /proc/sys/kernel/domainname",
            "--hostname",
            "web",
            "--domainname",
            "example.org");
    assertThat(out.lines().toList()).containsExactly("web", "web", "example.org");
  }

  @Test
  void hostname_isTheShortIdUnlessGiven() {
    String name = cli.sleeper();
    assertThat(cli.ok("exec", name, "hostname"))
        .isEqualTo(cli.inspect(name, "{{.Id}}").substring(0, 12));
  }

  @Test
  void addHost_writesEtcHosts() {
    String hosts =
        cli.run(
                "run",
                "--rm",
                "--add-host",
                "db:10.1.2.3",
                "--add-host",
                "six:::5",
                "busybox",
                "cat",
                "/etc/hosts")
            .expect(0)
            .stdout();
    assertThat(hosts)
        .contains(
            "127.0.0.1\tlocalhost",
            "::1\tlocalhost ip6-localhost ip6-loopback",
            "10.1.2.3\tdb",
            "::5\tsix");
  }

  @Test
  void labels_comeFromOptionsAndFile() {
    Path file = Cli.file(scratch, "labels", "one=1\ntwo=\n");
    String name =
        cli.box(
            "--label",
            "three=3",
            "--label",
            "empty",
            "--label-file",
            file.toString(),
            "busybox",
            "sleep",
            "600");
    assertThat(cli.inspect(name, "{{json .Config.Labels}}"))
        .isEqualTo("{\"empty\":\"\",\"one\":\"1\",\"three\":\"3\",\"two\":\"\"}");
  }

  @Test
  void cidfile_holdsTheId_andMustNotExist() throws Exception {
    Path file = scratch.resolve("cid");
    String name = cli.box("--cidfile", file.toString(), "busybox", "sleep", "600");
    assertThat(Files.readString(file)).isEqualTo(cli.inspect(name, "{{.Id}}"));
    var again = cli.once("--cidfile", file.toString(), "busybox", "true").expect(125);
    assertThat(again.stderr().toLowerCase(Locale.ROOT)).contains("container id file found");
  }

  @Test
  void init_isProcessOneAndReaps() {
    String out =
        cli.sh(
            "ps -o pid,comm; sh -c 'sleep 0.1 & exit 0'; sleep 0.3; ps -o stat,comm | grep -c ^Z || true",
            "--init");
    assertThat(out.lines().toList().get(1))
        .containsPattern("1 docker-init|1 gantry-init|1 tini|1 init");
    assertThat(out).endsWith("0");
  }

  @Test
  void init_passesOnTheExitCode() {
    assertThat(cli.once("--init", "busybox", "sh", "-c", "exit 42").exit()).isEqualTo(42);
    assertThat(cli.once("--init", "busybox", "sh", "-c", "kill -TERM $$").exit()).isEqualTo(143);
  }

  @Test
  void readOnly_refusesWritesOutsideMounts() {
    String out =
        cli.sh(
            "touch /x 2>&1; touch /dev/shm/x /mnt/x && echo written",
            "--read-only",
            "--tmpfs",
            "/mnt");
    assertThat(out).isEqualTo("touch: /x: Read-only file system\nwritten");
  }

  @Test
  void tty_isAllocatedByT() {
    String out =
        cli.once("-t", "busybox", "sh", "-c", "tty; stty -a | head -n 1; echo $TERM")
            .expect(0)
            .stdout();
    assertThat(out).startsWith("/dev/pts/0\r\n").endsWith("xterm\r\n");
  }

  @Test
  void create_startsNothing() {
    String name = cli.name();
    String id = cli.ok("create", "--name", name, "--network", "none", "busybox", "echo", "started");
    assertThat(id).matches("[0-9a-f]{64}");
    assertThat(cli.inspect(name, "{{.State.Status}} {{.State.Pid}} {{.State.StartedAt}}"))
        .isEqualTo("created 0 0001-01-01T00:00:00Z");
    assertThat(cli.run("start", "-a", name).expect(0).stdout()).isEqualTo("started\n");
    assertThat(cli.ok("start", name)).isEqualTo(name);
  }

  @Test
  void stopSignalAndTimeout_areKept() {
    String name =
        cli.box("--stop-signal", "SIGUSR1", "--stop-timeout", "3", "busybox", "sleep", "600");
    assertThat(cli.inspect(name, "{{.Config.StopSignal}} {{.Config.StopTimeout}}"))
        .isEqualTo("SIGUSR1 3");
  }

  @Test
  void pullNever_ofMissingImage_fails() {
    var result = cli.once("--pull", "never", "nosuchimage:1", "true").expect(125);
    assertThat(result.stderr()).contains("No such image: nosuchimage:1");
  }

  @Test
  void platform_ofThisMachine_isTaken() {
    assertThat(cli.once("--platform", "linux/amd64", "busybox", "uname", "-m").expect(0).text())
        .isEqualTo("x86_64");
  }

  @Test
  void runtimeThatIsUnknown_isRefused() {
    var result = cli.once("--runtime", "nosuch", "busybox", "true").expect(125);
    assertThat(result.stderr()).containsIgnoringCase("unknown or invalid runtime name: nosuch");
  }

  @ParameterizedTest
  @CsvSource({"x", "'a b'", "-dash", "a/b"})
  void invalidName_isRefused(String name) {
    var result = cli.run("create", "--name=" + name, "busybox", "true").expect(1);
    assertThat(result.stderr())
        .contains(
            "Invalid container name (" + name + "), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed");
  }

  @Test
  void autoName_isTwoWords() {
    String id = cli.ok("create", "--network", "none", "busybox", "true");
    assertThat(cli.inspect(id, "{{.Name}}")).matches("/[a-z]+_[a-z]+[0-9]?");
    cli.ok("rm", id);
  }

  @Test
  void defaultCommand_comesFromTheImage() {
    assertThat(
            cli.pipe("echo $((6*7))\n", "run", "-i", "--rm", "--network", "none", "busybox")
                .expect(0)
                .text())
        .isEqualTo("42");
  }

  @Test
  void manyAtOnce_loseNoOutput() {
    int rounds = engine.docker() ? 8 : 200;
    for (int i = 0; i < rounds; i++) {
      assertThat(cli.once("busybox", "echo", "round " + i).expect(0).stdout())
          .isEqualTo("round " + i + "\n");
    }
  }

  @Test
  void detachKeys_thatAreInvalid_areRefused() {
    var result =
        cli.run(
            "run",
            "-it",
            "--rm",
            "--network",
            "none",
            "--detach-keys",
            "ctrl-1",
            "busybox",
            "true");
    assertThat(result.exit()).isNotZero();
  }

  @Test
  void sysfsAndProc_areReadOnlyWhereDockerSaysSo() {
    String files =
        "/proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq/default_smp_affinity /sys/kernel/notes";
    String out =
        cli.sh(
            "for f in "
                + files
                + "; do [ -e $f ] && touch $f 2>&1 | sed 's/.*: //'; done; touch /sys/x 2>&1");
    assertThat(out.lines().toList())
        .isNotEmpty()
        .allMatch(line -> line.endsWith("Read-only file system"));
  }
}
