package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.GantryDaemon;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Volumes: named and anonymous, what they are made of, and how containers come by them.
@E2e
class VolumeTest {
  private final Cli cli;
  private final Engine engine;
  private final List<String> volumes = new ArrayList<>();
  @TempDir Path host;

  VolumeTest(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
  }

  /// A volume's name, for one that is removed after the test.
  private String name() {
    String name = cli.name();
    volumes.add(name);
    return name;
  }

  private String volume(String... options) {
    String name = name();
    List<String> args = new ArrayList<>(List.of("volume", "create"));
    args.addAll(List.of(options));
    args.add(name);
    cli.ok(args.toArray(String[]::new));
    return name;
  }

  private String local(String type, String device, String o) {
    return volume("-o", "type=" + type, "-o", "device=" + device, "-o", "o=" + o);
  }

  @AfterEach
  void remove() {
    cli.removeAll();
    volumes.forEach(volume -> cli.run("volume", "rm", "-f", volume));
  }

  @Test
  void named_outlivesItsContainers_andIsSharedByThem() {
    String volume = volume("--label", "a=b");
    cli.sh("echo kept > /data/file", "-v", volume + ":/data");
    assertThat(cli.sh("cat /data/file", "-v", volume + ":/data")).isEqualTo("kept");
    String writer = cli.box("-v", volume + ":/data", "busybox", "sleep", "600");
    cli.ok("exec", writer, "sh", "-c", "echo more >> /data/file");
    assertThat(cli.sh("cat /data/file", "--mount", "type=volume,src=" + volume + ",dst=/other"))
        .isEmpty();
    assertThat(cli.sh("tail -n 1 /o/file", "--mount", "type=volume,src=" + volume + ",dst=/o"))
        .isEqualTo("more");
    assertThat(cli.ok("volume", "inspect", "-f", "{{.Driver}} {{.Scope}} {{.Labels}}", volume))
        .isEqualTo("local local map[a:b]");
    assertThat(cli.inspect(writer, "{{range .Mounts}}{{.Type}} {{.Name}} {{.Driver}}{{end}}"))
        .isEqualTo("volume " + volume + " local");
    assertThat(cli.run("volume", "rm", volume).expect(1).stderr())
        .contains("remove " + volume + ": volume is in use - [");
    assertThat(cli.ok("volume", "ls", "-q", "--filter", "label=a=b", "--filter", "name=" + volume))
        .isEqualTo(volume);
    assertThat(cli.ok("volume", "ls", "-q", "-f", "dangling=true", "--filter", "name=" + volume))
        .isEmpty();
  }

  @Test
  void anonymous_goesWithItsContainer_whenThatIsAsked() {
    String box = cli.created("-v", "/data", "busybox", "true");
    String volume = cli.inspect(box, "{{(index .Mounts 0).Name}}");
    assertThat(volume).matches("[0-9a-f]{64}");
    cli.ok("rm", box);
    assertThat(cli.ok("volume", "ls", "-q")).contains(volume);
    cli.ok("volume", "rm", volume);
    String second = cli.created("-v", "/data", "busybox", "true");
    String gone = cli.inspect(second, "{{(index .Mounts 0).Name}}");
    cli.ok("rm", "-v", second);
    assertThat(cli.ok("volume", "ls", "-q")).doesNotContain(gone);
  }

  @Test
  void empty_isFilledFromTheImage_once() {
    String volume = volume();
    assertThat(cli.sh("head -n 1 /etc/passwd", "-v", volume + ":/etc")).startsWith("root:x:0:0:");
    cli.sh("echo mine > /etc/passwd", "-v", volume + ":/etc");
    assertThat(cli.sh("cat /etc/passwd", "-v", volume + ":/etc")).isEqualTo("mine");
    assertThat(cli.sh("stat -c %a /d", "-v", name() + ":/d")).isEqualTo("755");
    assertThat(cli.sh("stat -c %a /tmp", "-v", name() + ":/tmp")).isEqualTo("1777");
    assertThat(cli.sh("ls /v/passwd 2>&1", "-v", name() + ":/etc:nocopy", "-v", "/v"))
        .contains("No such file");
    String nocopy = name();
    assertThat(
            cli.sh(
                "ls -A /home", "--mount", "type=volume,src=" + nocopy + ",dst=/home,volume-nocopy"))
        .isEmpty();
  }

  @Test
  void events_tellOfAVolumesLife() {
    long since = Instant.now().getEpochSecond();
    String volume = volume();
    cli.sh("true", "-v", volume + ":/d:ro");
    cli.ok("volume", "rm", volume);
    assertThat(
            cli.run(
                    "events",
                    "--since",
                    Long.toString(since),
                    "--until",
                    Long.toString(Instant.now().getEpochSecond() + 1),
                    "--filter",
                    "volume=" + volume,
                    "--format",
                    "{{.Action}} {{.Actor.Attributes.driver}} {{index .Actor.Attributes \"read/write\"}}")
                .expect(0)
                .lines())
        .containsExactly("create local ", "mount local false", "unmount local ", "destroy local ");
  }

  @Test
  void readOnly_isRefusedByTheKernel() {
    String volume = volume();
    assertThat(cli.sh("touch /d/x 2>&1", "-v", volume + ":/d:ro"))
        .isEqualTo("touch: /d/x: Read-only file system");
    assertThat(cli.sh("touch /d/x 2>&1", "--mount", "type=volume,src=" + volume + ",dst=/d,ro"))
        .isEqualTo("touch: /d/x: Read-only file system");
  }

  @Test
  void volumesFrom_takesAllMounts_alsoOfOneThatDidSo() throws Exception {
    String volume = volume();
    Files.writeString(host.resolve("file"), "bound");
    String first =
        cli.created(
            "-v", volume + ":/data", "-v", host + ":/host", "-v", "/anon", "busybox", "true");
    String second = cli.created("--volumes-from", first, "busybox", "true");
    assertThat(cli.sh("echo x > /data/x; touch /anon/x; cat /host/file", "--volumes-from", second))
        .isEqualTo("bound");
    assertThat(cli.sh("ls /data /anon", "--volumes-from", first))
        .isEqualTo("/anon:\nx\n\n/data:\nx");
    assertThat(cli.sh("touch /data/y 2>&1", "--volumes-from", first + ":ro"))
        .contains("Read-only file system");
    assertThat(
            cli.run("create", "--volumes-from", "nosuch-container", "busybox").expect(1).stderr())
        .contains("No such container: nosuch-container");
    String own = cli.name();
    assertThat(cli.run("create", "--name", own, "--volumes-from", own, "busybox").exit())
        .as("from itself")
        .isNotZero();
    cli.run("create", "--name", own, "busybox").expect(0);
  }

  @Test
  void subpath_isAPartOfTheVolume_andNeverLeavesIt() {
    String volume = volume();
    cli.sh("mkdir -p /v/a/b; echo deep > /v/a/b/file; ln -s /etc /v/out", "-v", volume + ":/v");
    String mount = "type=volume,src=" + volume + ",dst=/d,volume-subpath=";
    assertThat(cli.sh("cat /d/file", "--mount", mount + "a/b")).isEqualTo("deep");
    // The docker client makes 127 of its words.
    assertThat(cli.once("--mount", mount + "nosuch", "busybox", "true").stderr())
        .contains("cannot access path")
        .contains("/nosuch")
        .contains("no such file or directory");
    assertThat(cli.once("--mount", mount + "../x", "busybox", "true").expect(125).stderr())
        .contains("subpath must be a relative path within the volume");
    var link = cli.once("--mount", mount + "out", "busybox", "cat", "/d/hostname");
    assertThat(link.exit()).as(link.toString()).isNotZero();
  }

  @Test
  void image_isMountedReadOnly() {
    String mount = "type=image,src=hello-world,dst=/img";
    assertThat(cli.sh("ls /img; touch /img/x 2>&1", "--mount", mount))
        .startsWith("hello\n")
        .contains("Read-only file system");
    assertThat(
            cli.sh(
                "ls /img/busybox", "--mount", "type=image,src=busybox,dst=/img,image-subpath=bin"))
        .isEqualTo("/img/busybox");
    assertThat(
            cli.once(
                    "--pull",
                    "never",
                    "--mount",
                    "type=image,src=nosuch:1,dst=/img",
                    "busybox",
                    "true")
                .stderr())
        .contains("nosuch:1");
  }

  @Test
  void tmpfs_isOneForAllThatRun_andEmptyAfterTheLast() {
    String volume = local("tmpfs", "tmpfs", "size=4m,uid=5,mode=750,nodev");
    String first = cli.box("-v", volume + ":/d", "busybox", "sh", "-c", "echo x >/d/f; sleep 600");
    Await.until("it is written", () -> cli.run("exec", first, "test", "-s", "/d/f").exit() == 0);
    assertThat(
            cli.sh(
                "cat /d/f; stat -c '%u %a' /d; df -m /d | awk 'END { print $2 }'",
                "-v", volume + ":/d"))
        .isEqualTo("x\n5 750\n4");
    cli.ok("rm", "-f", first);
    assertThat(cli.sh("ls -A /d", "-v", volume + ":/d")).isEmpty();
    assertThat(cli.ok("volume", "inspect", "-f", "{{json .Options}}", volume))
        .isEqualTo(
            "{\"device\":\"tmpfs\",\"o\":\"size=4m,uid=5,mode=750,nodev\",\"type\":\"tmpfs\"}");
    assertThat(
            cli.sh(
                "df -m /d | awk 'END { print $2 }'",
                "--mount",
                "type=volume,src="
                    + name()
                    + ",dst=/d,volume-opt=type=tmpfs,volume-opt=device=tmpfs,volume-opt=o=size=2m"))
        .isEqualTo("2");
  }

  @Test
  void bind_isADirectoryOfTheHost_whichTheVolumesEndLeavesAlone() throws Exception {
    Files.writeString(host.resolve("file"), "of the host");
    String volume = local("none", host.toString(), "bind");
    assertThat(cli.sh("cat /d/file; echo back > /d/back", "-v", volume + ":/d"))
        .isEqualTo("of the host");
    assertThat(host.resolve("back")).hasContent("back\n");
    String stopped = cli.created("-v", volume + ":/d", "busybox", "true");
    cli.ok("cp", host.resolve("file").toString(), stopped + ":/d/copied");
    assertThat(host.resolve("copied")).hasContent("of the host");
    assertThat(cli.sh("touch /d/x 2>&1", "-v", local("none", host.toString(), "bind,ro") + ":/d"))
        .contains("Read-only file system");
    cli.ok("rm", "-f", stopped);
    cli.ok("volume", "rm", volume);
    assertThat(host.resolve("file")).hasContent("of the host");
    assertThat(mountsOf(volume)).isEmpty();
  }

  @Test
  void bind_toAnEmptyDirectory_isFilledFromTheImage() throws Exception {
    Path empty = Files.createDirectory(host.resolve("empty"));
    cli.sh("true", "-v", local("none", empty.toString(), "bind") + ":/etc");
    assertThat(empty.resolve("passwd")).isRegularFile();
  }

  private static List<String> mountsOf(String volume) throws Exception {
    return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
        .filter(line -> line.contains("/" + volume + "/"))
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          none     | /no/such | bind           | no such file or directory
          nosuchfs | x        |                | no such device
          tmpfs    | tmpfs    | size=1m,nosuch | invalid argument
          nfs      | :/x      | addr=nosuch.invalid | nosuch.invalid
          """)
  void whatCannotBeMounted_isNamed_andNothingIsLeft(
      String type, String device, String o, String reason) throws Exception {
    String volume = local(type, device, o == null ? "" : o);
    var result = cli.once("-v", volume + ":/etc", "busybox", "true");
    assertThat(result.exit()).isNotZero();
    String message = result.stderr().toLowerCase(Locale.ROOT);
    assertThat(message).contains(reason);
    if (!type.equals("nfs")) {
      assertThat(message)
          .contains("error while mounting volume '")
          .contains("/" + volume + "/_data'");
    }
    assertThat(mountsOf(volume)).isEmpty();
    cli.ok("volume", "rm", volume);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          foo=bar     | create %s: invalid option: "foo"
          type=tmpfs  | create %s: missing required option: "device"
          device=/tmp | create %s: missing required option: "type"
          size=1m     | create %s: quota size requested but no quota support
          """)
  void badOptions_areRefused(String option, String message) {
    String name = name();
    assertThat(cli.run("volume", "create", "-o", option, name).expect(1).stderr())
        .contains(message.formatted(name));
    assertThat(cli.run("volume", "inspect", name).exit()).isNotZero();
  }

  @Test
  void badNamesAndDrivers_areRefused() {
    assertThat(cli.run("volume", "create", "x").expect(1).stderr())
        .contains("create x: volume name is too short, names should be at least two alphanumeric");
    assertThat(cli.run("volume", "create", "-d", "nosuch", name()).expect(1).stderr())
        .contains("error looking up volume plugin nosuch: plugin \"nosuch\" not found");
    assertThat(cli.run("volume", "rm", "nosuch-volume").expect(1).stderr())
        .contains("get nosuch-volume: no such volume");
  }

  @Test
  void tmpfs_livesThroughAKilledDaemon_andItsMountEndsWithItsContainers() throws Exception {
    assumeThat(engine.docker()).as("Gantry's own").isFalse();
    try (GantryDaemon daemon = GantryDaemon.start()) {
      Cli own = new Cli(daemon, "volume");
      own.ok("load", "-q", "-i", Checkout.image("busybox").toString());
      own.ok("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "kept");
      own.ok("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "ended");
      String stays = own.box("-v", "kept:/d", "busybox", "sh", "-c", "echo x >/d/f; sleep 600");
      String ends = own.box("-v", "ended:/d", "busybox", "sleep", "600");
      Await.until("it is written", () -> own.run("exec", stays, "test", "-s", "/d/f").exit() == 0);
      String pid = own.inspect(ends, "{{.State.Pid}}");
      daemon.kill();
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
      daemon.launch();
      assertThat(own.sh("cat /d/f", "-v", "kept:/d")).isEqualTo("x");
      Path data = daemon.data().resolve("volumes");
      Await.until("one is unmounted", () -> mounted(data).equals(List.of(data + "/kept/_data")));
      own.ok("rm", "-f", stays);
      Await.until("nothing is mounted", () -> mounted(data).isEmpty());
    }
  }

  private static List<String> mounted(Path folder) {
    try {
      return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
          .map(line -> line.split(" ", -1)[4])
          .filter(target -> target.startsWith(folder.toString()))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the mounts", e);
    }
  }
}
