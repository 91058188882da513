package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Subprocess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `cp` both ways, `diff`, `export`, and the archive endpoints below them.
@E2e
class CopyTest {
  private final Cli cli;
  private final Http http;
  @TempDir Path host;

  CopyTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  private String box(String script) {
    String name = cli.name();
    cli.run("run", "--name", name, "--network", "none", "busybox", "sh", "-c", script).expect(0);
    return name;
  }

  private JsonNode stat(String container, String path) throws Exception {
    var answer =
        http.send("HEAD", "/containers/" + container + "/archive?path=" + path, Map.of(), null)
            .expect(200);
    return new ObjectMapper()
        .readTree(Base64.getDecoder().decode(answer.header("X-Docker-Container-Path-Stat")));
  }

  @Test
  void fileOut_keepsContentAndMode() throws Exception {
    String name = box("echo hello > /f; chmod 640 /f");
    cli.ok("cp", name + ":/f", host.toString());
    assertThat(host.resolve("f")).hasContent("hello\n");
    assertThat(Subprocess.run(List.of("stat", "-c", "%a", host.resolve("f").toString())).text())
        .isEqualTo("640");
    cli.ok("cp", name + ":/f", host.resolve("renamed").toString());
    assertThat(host.resolve("renamed")).hasContent("hello\n");
  }

  @Test
  void directoryOut_withAndWithoutItsName() {
    String name = box("mkdir -p /d/sub; echo 1 > /d/a; echo 2 > /d/sub/b");
    cli.ok("cp", name + ":/d", host.resolve("new").toString());
    assertThat(host.resolve("new/sub/b")).hasContent("2\n");
    cli.ok("cp", name + ":/d", host.toString());
    assertThat(host.resolve("d/a")).hasContent("1\n");
    cli.ok("cp", name + ":/d/.", host.toString());
    assertThat(host.resolve("sub/b")).hasContent("2\n");
  }

  @Test
  void symlinkOut_isCopiedAsALink_orFollowed() throws Exception {
    String name = box("echo target > /t; ln -s /t /l");
    cli.ok("cp", name + ":/l", host.toString());
    assertThat(Files.readSymbolicLink(host.resolve("l"))).isEqualTo(Path.of("/t"));
    Files.delete(host.resolve("l"));
    cli.ok("cp", "-L", name + ":/l", host.toString());
    assertThat(Files.isSymbolicLink(host.resolve("l"))).isFalse();
    assertThat(host.resolve("l")).hasContent("target\n");
  }

  @Test
  void toStdout_isATar() {
    String name = box("echo x > /f");
    byte[] tar = cli.run("cp", name + ":/f", "-").expect(0).stdoutBytes();
    assertThat(Subprocess.run(List.of("tar", "-tf", "-"), Map.of(), tar).text()).isEqualTo("f");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void fileIn_toRunningAndStopped(boolean running) throws Exception {
    String name = running ? cli.sleeper() : box("true");
    Path file = Files.writeString(host.resolve("in"), "from host");
    cli.ok("cp", file.toString(), name + ":/tmp");
    cli.ok("cp", file.toString(), name + ":/tmp/other");
    assertThat(cli.run("cp", name + ":/tmp/in", "-").stdout()).contains("from host");
    assertThat(cli.run("cp", name + ":/tmp/other", "-").stdout()).contains("from host");
    if (running) {
      assertThat(cli.ok("exec", name, "stat", "-c", "%u:%g", "/tmp/in")).isEqualTo("0:0");
      assertThat(cli.ok("exec", name, "cat", "/tmp/in")).isEqualTo("from host");
    }
  }

  @Test
  void directoryIn_withAndWithoutItsName() throws Exception {
    Path dir = Files.createDirectories(host.resolve("dir/sub"));
    Files.writeString(dir.resolve("file"), "deep");
    String name = cli.sleeper();
    cli.ok("cp", host.resolve("dir").toString(), name + ":/tmp");
    cli.ok("cp", host.resolve("dir") + "/.", name + ":/root");
    cli.ok("cp", host.resolve("dir").toString(), name + ":/fresh");
    assertThat(
            cli.ok("exec", name, "cat", "/tmp/dir/sub/file", "/root/sub/file", "/fresh/sub/file"))
        .isEqualTo("deepdeepdeep");
  }

  @Test
  void tarFromStdin_isUnpacked() {
    byte[] tar =
        Subprocess.run(List.of("tar", "-C", "/etc", "-c", "hostname")).expect(0).stdoutBytes();
    String name = cli.sleeper();
    cli.pipe(tar, "cp", "-", name + ":/tmp").expect(0);
    assertThat(cli.run("exec", name, "test", "-f", "/tmp/hostname").exit()).isZero();
  }

  @Test
  void intoAMount_arrivesThere() throws Exception {
    Path mounted = Files.createDirectory(host.resolve("mounted"));
    Path file = Files.writeString(host.resolve("in"), "x");
    String running = cli.box("-v", mounted + ":/data", "busybox", "sleep", "600");
    cli.ok("cp", file.toString(), running + ":/data/a");
    assertThat(mounted.resolve("a")).hasContent("x");
    String created = cli.created("-v", mounted + ":/data", "busybox");
    cli.ok("cp", file.toString(), created + ":/data/b");
    assertThat(mounted.resolve("b")).hasContent("x");
    cli.ok("cp", created + ":/data/a", host.resolve("back").toString());
    assertThat(host.resolve("back")).hasContent("x");
  }

  @Test
  void missingSourceOrTarget_failsWithWords() throws Exception {
    String name = box("true");
    assertThat(cli.run("cp", name + ":/nosuch", host.toString()).expect(1).stderr())
        .contains("Could not find the file /nosuch in container " + name);
    Path file = Files.writeString(host.resolve("in"), "x");
    assertThat(cli.run("cp", file.toString(), name + ":/no/such/dir/").exit()).isEqualTo(1);
    assertThat(cli.run("cp", "nosuchcontainer:/x", host.toString()).expect(1).stderr())
        .contains("No such container: nosuchcontainer");
    assertThat(cli.run("cp", file.toString(), name + ":/etc/passwd/x").exit()).isEqualTo(1);
  }

  @Test
  void symlinksOfTheContainer_neverLeadOut() throws Exception {
    Path victim = Files.createDirectory(host.resolve("victim"));
    Path file = Files.writeString(host.resolve("in"), "x");
    String name =
        box(
            "ln -s "
                + victim
                + " /abs; ln -s ../../../../../../.."
                + victim
                + " /rel; ln -s loop /loop");
    cli.run("cp", file.toString(), name + ":/abs/");
    cli.run("cp", file.toString(), name + ":/abs/x");
    cli.run("cp", file.toString(), name + ":/rel/x");
    cli.run("cp", file.toString(), name + ":/loop/x");
    assertThat(victim).isEmptyDirectory();
    assertThat(cli.run("cp", "-L", name + ":/abs", host.resolve("out").toString()).exit())
        .isEqualTo(1);
  }

  @Test
  void ownersAndSpecialBits_survive() {
    String name = box("echo x > /f; chown 33:8 /f; chmod 4755 /f; mkfifo /p");
    byte[] tar = cli.run("cp", name + ":/f", "-").stdoutBytes();
    assertThat(Subprocess.run(List.of("tar", "--numeric-owner", "-tvf", "-"), Map.of(), tar).text())
        .startsWith("-rwsr-xr-x 33/8");
    byte[] fifo = cli.run("cp", name + ":/p", "-").stdoutBytes();
    assertThat(Subprocess.run(List.of("tar", "-tvf", "-"), Map.of(), fifo).text())
        .startsWith("prw");
    String other = cli.sleeper();
    cli.pipe(tar, "cp", "-a", "-", other + ":/tmp").expect(0);
    assertThat(cli.ok("exec", other, "stat", "-c", "%a %u:%g", "/tmp/f")).isEqualTo("4755 33:8");
  }

  @Test
  void api_statOfEachKind() throws Exception {
    String name = box("echo 12345 > /f; chmod 640 /f; mkdir /d; ln -s f /l");
    JsonNode file = stat(name, "/f");
    assertThat(file.get("name").asText()).isEqualTo("f");
    assertThat(file.get("size").asLong()).isEqualTo(6);
    assertThat(file.get("mode").asLong()).isEqualTo(0640);
    assertThat(file.get("linkTarget").asText()).isEmpty();
    assertThat(stat(name, "/d").get("mode").asLong()).isEqualTo((1L << 31) | 0755);
    JsonNode link = stat(name, "/l");
    assertThat(link.get("mode").asLong()).isEqualTo((1L << 27) | 0777);
    assertThat(link.get("linkTarget").asText()).isEqualTo("/f");
    assertThat(stat(name, "/dev").get("name").asText()).isEqualTo("dev");
  }

  @Test
  void api_errors() {
    String name = box("true");
    assertThat(http.get("/containers/" + name + "/archive?path=/nosuch").expect(404).message())
        .isEqualTo("Could not find the file /nosuch in container " + name);
    assertThat(http.get("/containers/" + name + "/archive").expect(400).message()).contains("path");
    Map<String, String> tar = Map.of("Content-Type", "application/x-tar");
    assertThat(
            http.send(
                    "PUT", "/containers/" + name + "/archive?path=/etc/passwd", tar, new byte[1024])
                .expect(400)
                .message())
        .contains("extraction point is not a directory");
    http.send("PUT", "/containers/" + name + "/archive?path=/nosuch", tar, new byte[1024])
        .expect(404);
    http.send("PUT", "/containers/" + name + "/archive?path=/tmp", tar, new byte[1024]).expect(200);
  }

  @Test
  void api_noOverwriteOfDirectoryByFile() {
    byte[] tar =
        Subprocess.run(
                List.of("tar", "-C", "/etc", "--transform", "s/hostname/d/", "-c", "hostname"))
            .stdoutBytes();
    String name = box("mkdir /tmp/d");
    Map<String, String> type = Map.of("Content-Type", "application/x-tar");
    assertThat(
            http.send(
                    "PUT",
                    "/containers/" + name + "/archive?path=/tmp&noOverwriteDirNonDir=1",
                    type,
                    tar)
                .status())
        .isGreaterThanOrEqualTo(400);
  }

  @Test
  void readOnlyRoot_refusesCopiesIn() throws Exception {
    Path file = Files.writeString(host.resolve("in"), "x");
    String name = cli.box("--read-only", "busybox", "sleep", "600");
    assertThat(cli.run("cp", file.toString(), name + ":/tmp").expect(1).stderr())
        .contains("container rootfs is marked read-only");
  }

  @Test
  void compressedUploads_areRecognised() {
    byte[] tar =
        Subprocess.run(List.of("tar", "-C", "/etc", "-cz", "hostname")).expect(0).stdoutBytes();
    String name = cli.sleeper();
    http.send(
            "PUT",
            "/containers/" + name + "/archive?path=/tmp",
            Map.of("Content-Type", "application/x-tar"),
            tar)
        .expect(200);
    assertThat(cli.run("exec", name, "test", "-f", "/tmp/hostname").exit()).isZero();
  }

  @Test
  void diff_tellsAddedChangedDeleted() {
    String name = box("touch /new; rm /etc/group; echo x >> /etc/passwd; mkdir -p /dir/sub");
    assertThat(cli.run("diff", name).expect(0).lines())
        .containsExactlyInAnyOrder(
            "A /new", "C /etc", "D /etc/group", "C /etc/passwd", "A /dir", "A /dir/sub");
  }

  @Test
  void export_isTheWholeRoot() throws Exception {
    String name = box("echo exported > /f; ln -s f /l");
    Path tar = host.resolve("out.tar");
    cli.ok("export", "-o", tar.toString(), name);
    assertThat(Subprocess.run(List.of("tar", "-tf", tar.toString())).stdout().lines().toList())
        .contains("f", "l", "bin/busybox", "etc/passwd", "tmp/", "proc/", "sys/", "dev/");
    assertThat(Subprocess.run(List.of("tar", "-xOf", tar.toString(), "f")).text())
        .isEqualTo("exported");
    assertThat(cli.run("export", name).expect(0).stdoutBytes()).hasSizeGreaterThan(1_000_000);
  }
}
