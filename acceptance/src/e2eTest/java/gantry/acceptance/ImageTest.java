package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Subprocess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Images: lists, names, history, and the ways in and out: save, load, import, export, commit.
@E2e
class ImageTest {
  private final Cli cli;
  private final Http http;
  @TempDir Path host;

  ImageTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  /// A fresh image of one more layer over busybox, under a name of its own.
  private String committed(String script, String... options) {
    String name = cli.name();
    cli.run("run", "--name", name, "--network", "none", "busybox", "sh", "-c", script).expect(0);
    String image = cli.name();
    var args = new java.util.ArrayList<>(List.of("commit"));
    args.addAll(List.of(options));
    args.addAll(List.of(name, image));
    assertThat(cli.ok(args.toArray(String[]::new))).matches("sha256:[0-9a-f]{64}");
    cli.ok("rm", name);
    return image;
  }

  @Test
  void images_tableAndFormats() {
    List<String> lines = cli.run("images", "busybox").lines();
    assertThat(lines.getFirst()).matches("REPOSITORY +TAG +IMAGE ID +CREATED +SIZE");
    assertThat(lines.get(1)).matches("busybox +latest +[0-9a-f]{12} +.* ago +[0-9.]+MB");
    assertThat(
            cli.ok(
                "images", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=hello*"))
        .isEqualTo("hello-world:latest");
    assertThat(cli.ok("images", "-q", "busybox")).matches("[0-9a-f]{12}");
    assertThat(cli.ok("images", "-q", "--no-trunc", "busybox")).matches("sha256:[0-9a-f]{64}");
    assertThat(cli.ok("images", "--digests", "--format", "{{.Digest}}", "busybox")).isNotEmpty();
  }

  @Test
  void inspect_hasTheUsualFields() {
    JsonNode image = http.get("/images/busybox/json").expect(200).json();
    assertThat(image.get("Id").asText()).matches("sha256:[0-9a-f]{64}");
    assertThat(image.get("RepoTags").toString()).contains("busybox:latest");
    assertThat(image.get("Os").asText()).isEqualTo("linux");
    assertThat(image.get("Architecture").asText()).isEqualTo("amd64");
    assertThat(image.get("Size").asLong()).isGreaterThan(1_000_000);
    assertThat(image.get("RootFS").get("Type").asText()).isEqualTo("layers");
    assertThat(image.get("RootFS").get("Layers")).hasSize(1);
    assertThat(image.get("Config").get("Cmd").toString()).isEqualTo("[\"sh\"]");
    assertThat(image.get("Created").asText()).isEqualTo("1970-01-01T00:00:00Z");
    assertThat(cli.ok("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", "busybox"))
        .isEqualTo("linux/amd64");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "busybox",
        "busybox:latest",
        "docker.io/library/busybox",
        "library/busybox",
        "docker.io/busybox:latest"
      })
  void references_areNormalised(String reference) {
    assertThat(cli.ok("image", "inspect", "--format", "{{.Id}}", reference))
        .isEqualTo(cli.ok("image", "inspect", "--format", "{{.Id}}", "busybox"));
  }

  @Test
  void idsAndPrefixes_findTheImage() {
    String id = cli.ok("image", "inspect", "--format", "{{.Id}}", "busybox");
    for (String key : List.of(id, id.substring(7), id.substring(7, 19), id.substring(0, 19))) {
      assertThat(cli.ok("image", "inspect", "--format", "{{.Id}}", key)).isEqualTo(id);
    }
  }

  @Test
  void missingImage_is404WithDockersWords() {
    assertThat(http.get("/images/nosuch:1/json").expect(404).message())
        .isEqualTo("No such image: nosuch:1");
    assertThat(cli.run("image", "inspect", "nosuch").expect(1).stderr())
        .contains("No such image: nosuch");
    assertThat(cli.run("rmi", "nosuch").expect(1).stderr())
        .contains("No such image: nosuch:latest");
    assertThat(http.post("/containers/create", "{\"Image\":\"nosuch:2\"}").expect(404).message())
        .isEqualTo("No such image: nosuch:2");
  }

  @Test
  void tagAndUntag() {
    String tag = cli.name() + ":v1";
    assertThat(cli.ok("tag", "busybox", tag)).isEmpty();
    assertThat(cli.ok("images", "--format", "{{.Repository}}:{{.Tag}}", tag)).isEqualTo(tag);
    assertThat(cli.ok("rmi", tag)).isEqualTo("Untagged: " + tag);
    assertThat(cli.run("image", "inspect", tag).exit()).isEqualTo(1);
    assertThat(cli.run("image", "inspect", "busybox").exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UPPER", "a:b:c", "-x", "a/:1", "name:bad tag"})
  void badReferences_areRefused(String reference) {
    assertThat(cli.run("tag", "busybox", reference).exit()).isNotZero();
    http.post(
            "/images/busybox/tag?repo="
                + java.net.URLEncoder.encode(reference, java.nio.charset.StandardCharsets.UTF_8))
        .expect(400);
  }

  @Test
  void rmi_deletesLayersOfTheLastName() {
    String image = committed("echo x > /x");
    String id = cli.ok("image", "inspect", "--format", "{{.Id}}", image);
    List<String> lines = cli.run("rmi", image).expect(0).lines();
    assertThat(lines).first().isEqualTo("Untagged: " + image + ":latest");
    assertThat(lines).contains("Deleted: " + id);
    assertThat(cli.run("image", "inspect", id).exit()).isEqualTo(1);
  }

  @Test
  void rmi_ofUsedImage_is409() {
    String image = committed("true");
    String container = cli.box(image, "sleep", "600");
    String shortId = cli.inspect(container, "{{.Id}}").substring(0, 12);
    assertThat(http.delete("/images/" + image).expect(409).message())
        .contains("conflict: unable to remove repository reference \"" + image + "\"")
        .contains("container " + shortId + " is using its referenced image");
    cli.ok("kill", container);
    assertThat(http.delete("/images/" + image).expect(409).message()).contains("(must force)");
    cli.ok("rm", container);
    cli.ok("rmi", image);
  }

  @Test
  void rmi_byIdWithSeveralNames_needsForce() {
    String image = committed("true");
    String id = cli.ok("image", "inspect", "--format", "{{.Id}}", image);
    String second = cli.name();
    cli.ok("tag", image, second);
    assertThat(cli.run("rmi", id).expect(1).stderr())
        .contains("(must be forced) - image is referenced in multiple repositories");
    assertThat(cli.run("rmi", "-f", id).expect(0).stdout())
        .contains("Untagged: " + image + ":latest", "Untagged: " + second + ":latest");
  }

  @Test
  void commit_keepsChangesAndConfig() {
    String image =
        committed(
            "echo kept > /kept",
            "-a",
            "me",
            "-m",
            "a message",
            "-c",
            "ENV A=b",
            "-c",
            "CMD [\"cat\",\"/kept\"]",
            "-c",
            "LABEL l=1",
            "-c",
            "WORKDIR /tmp",
            "-c",
            "USER mail",
            "-c",
            "EXPOSE 80",
            "-c",
            "ENTRYPOINT []");
    assertThat(cli.once(image).expect(0).text()).isEqualTo("kept");
    assertThat(
            cli.ok(
                "image",
                "inspect",
                "--format",
                "{{.Author}}|{{.Comment}}|{{.Config.WorkingDir}}|{{.Config.User}}|{{json .Config.Labels}}|{{json .Config.ExposedPorts}}",
                image))
        .isEqualTo("me|a message|/tmp|mail|{\"l\":\"1\"}|{\"80/tcp\":{}}");
    assertThat(cli.ok("image", "inspect", "--format", "{{len .RootFS.Layers}}", image))
        .isEqualTo("2");
    cli.ok("rmi", image);
  }

  @Test
  void history_isNewestFirst() {
    String image = committed("echo x > /x", "-m", "why");
    List<String> lines = cli.run("history", image).expect(0).lines();
    assertThat(lines.getFirst()).matches("IMAGE +CREATED +CREATED BY +SIZE +COMMENT");
    assertThat(lines).hasSize(3);
    assertThat(lines.get(1)).contains("sh -c echo x > /x").endsWith("why");
    JsonNode history = http.get("/images/" + image + "/history").expect(200).json();
    assertThat(history.get(0).get("Tags").toString()).contains(image + ":latest");
    assertThat(history.get(1).get("CreatedBy").asText()).isEqualTo("busybox-static of Debian");
    cli.ok("rmi", image);
  }

  @Test
  void saveAndLoad_roundTrip() {
    String image = committed("echo travels > /x");
    String id = cli.ok("image", "inspect", "--format", "{{.Id}}", image);
    Path tar = host.resolve("image.tar");
    cli.ok("save", "-o", tar.toString(), image);
    assertThat(Subprocess.run(List.of("tar", "-tf", tar.toString())).stdout().lines().toList())
        .contains("manifest.json", "repositories", "index.json", "oci-layout")
        .anyMatch(name -> name.startsWith("blobs/sha256/"));
    cli.ok("rmi", image);
    assertThat(cli.ok("load", "-i", tar.toString()))
        .isEqualTo("Loaded image: " + image + ":latest");
    assertThat(cli.ok("image", "inspect", "--format", "{{.Id}}", image)).isEqualTo(id);
    assertThat(cli.once(image, "cat", "/x").expect(0).text()).isEqualTo("travels");
    cli.ok("rmi", image);
  }

  @Test
  void saveToStdout_andLoadFromStdin_compressedToo() throws Exception {
    String image = committed("echo piped > /x");
    byte[] tar = cli.run("save", image).expect(0).stdoutBytes();
    cli.ok("rmi", image);
    byte[] zipped =
        Subprocess.run(List.of("gzip", "-c"), java.util.Map.of(), tar).expect(0).stdoutBytes();
    assertThat(cli.pipe(zipped, "load").expect(0).text())
        .isEqualTo("Loaded image: " + image + ":latest");
    cli.ok("rmi", image);
  }

  @Test
  void saveOfSeveral_holdsAll() {
    String one = committed("echo 1 > /x");
    String two = committed("echo 2 > /x");
    Path tar = host.resolve("two.tar");
    cli.ok("save", "-o", tar.toString(), one, two);
    cli.ok("rmi", one, two);
    assertThat(cli.ok("load", "-i", tar.toString()))
        .contains("Loaded image: " + one + ":latest", "Loaded image: " + two + ":latest");
    cli.ok("rmi", one, two);
  }

  @Test
  void saveOfMissing_fails() {
    assertThat(cli.run("save", "-o", host.resolve("x.tar").toString(), "nosuch").expect(1).stderr())
        .containsIgnoringCase("nosuch");
  }

  @Test
  void loadOfOldArchive_withoutOciLayout() throws Exception {
    // What `docker save` wrote before version 25: layer folders, a config and manifest.json.
    Path folder = Files.createDirectories(host.resolve("old/abc"));
    Path root = Files.createDirectory(host.resolve("root"));
    Files.writeString(root.resolve("old-file"), "old");
    Subprocess.run(
            List.of(
                "tar",
                "-C",
                root.toString(),
                "-cf",
                folder.resolve("layer.tar").toString(),
                "old-file"))
        .expect(0);
    String diffId =
        Subprocess.run(List.of("sha256sum", folder.resolve("layer.tar").toString()))
            .text()
            .substring(0, 64);
    String image = cli.name();
    Files.writeString(
        host.resolve("old/config.json"),
        """
        {"architecture":"amd64","os":"linux","config":{"Cmd":["/x"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created":"2015-01-01T00:00:00Z"}]}"""
            .formatted(diffId));
    Files.writeString(
        host.resolve("old/manifest.json"),
        "[{\"Config\":\"config.json\",\"RepoTags\":[\"%s:old\"],\"Layers\":[\"abc/layer.tar\"]}]"
            .formatted(image));
    Path tar = host.resolve("old.tar");
    Subprocess.run(List.of("tar", "-C", host.resolve("old").toString(), "-cf", tar.toString(), "."))
        .expect(0);
    assertThat(cli.ok("load", "-i", tar.toString())).isEqualTo("Loaded image: " + image + ":old");
    String container = cli.name();
    cli.ok("create", "--name", container, "--network", "none", image + ":old");
    assertThat(cli.run("cp", container + ":/old-file", "-").stdout()).contains("old");
    cli.ok("rm", container);
    cli.ok("rmi", image + ":old");
  }

  @Test
  void bundledArchive_loadsAgainWithoutHarm() {
    assertThat(cli.ok("load", "-i", Checkout.image("hello-world").toString()))
        .isEqualTo("Loaded image: hello-world:latest");
  }

  @Test
  void loadOfNonsense_fails() throws Exception {
    Path file = Files.writeString(host.resolve("nonsense"), "this is no archive");
    assertThat(cli.run("load", "-i", file.toString()).exit()).isEqualTo(1);
  }

  @Test
  void import_makesAnImageOfATar() {
    String container = cli.name();
    cli.run(
            "run",
            "--name",
            container,
            "--network",
            "none",
            "busybox",
            "sh",
            "-c",
            "echo imported > /x")
        .expect(0);
    Path tar = host.resolve("root.tar");
    cli.ok("export", "-o", tar.toString(), container);
    String image = cli.name();
    assertThat(
            cli.ok(
                "import",
                "-c",
                "CMD [\"cat\",\"/x\"]",
                "-m",
                "made by hand",
                tar.toString(),
                image + ":1"))
        .matches("sha256:[0-9a-f]{64}");
    assertThat(cli.once(image + ":1").expect(0).text()).isEqualTo("imported");
    assertThat(
            cli.ok(
                "image",
                "inspect",
                "--format",
                "{{.Comment}} {{len .RootFS.Layers}}",
                image + ":1"))
        .isEqualTo("made by hand 1");
    cli.ok("rmi", image + ":1");
  }

  @Test
  void prune_removesDanglingThatMatch() {
    String label = "prune=" + cli.name();
    String image = committed("true", "-c", "LABEL " + label);
    String id = cli.ok("image", "inspect", "--format", "{{.Id}}", image);
    String other = committed("echo more > /x", "-c", "LABEL " + label);
    cli.ok("tag", other, image);
    var result = cli.run("image", "prune", "-f", "--filter", "label=" + label).expect(0);
    assertThat(result.stdout())
        .contains("Deleted Images:", "deleted: " + id, "Total reclaimed space: ");
    assertThat(cli.run("image", "inspect", image).exit()).isZero();
    assertThat(
            cli.run("image", "prune", "-a", "-f", "--filter", "label=" + label).expect(0).stdout())
        .contains("untagged: " + image + ":latest");
    assertThat(cli.run("image", "inspect", image).exit()).isEqualTo(1);
  }

  @Test
  void list_filters() {
    String image = committed("true", "-c", "LABEL list=" + cli.name());
    assertThat(cli.ok("images", "-q", "--filter", "label=list", "--filter", "reference=" + image))
        .hasSize(12);
    assertThat(
            cli.ok("images", "-q", "--filter", "since=" + image, "--filter", "reference=busybox"))
        .isEmpty();
    assertThat(
            cli.ok(
                "images",
                "--format",
                "{{.Repository}}",
                "--filter",
                "before=" + image,
                "--filter",
                "reference=busybox"))
        .isEqualTo("busybox");
    assertThat(
            http.get("/images/json?filters=%7B%22nosuch%22%3A%5B%221%22%5D%7D")
                .expect(400)
                .message())
        .contains("invalid filter 'nosuch'");
    cli.ok("rmi", image);
  }

  @Test
  void deletedFilesOfALayer_areGoneInTheImage() {
    String image =
        committed("rm /etc/group; rm -r /var/www; mkdir /var/www; echo n > /var/www/new");
    assertThat(cli.once(image, "sh", "-c", "ls /etc/group 2>&1; ls /var/www").text())
        .isEqualTo("ls: /etc/group: No such file or directory\nnew");
    Path tar = host.resolve("deleted.tar");
    cli.ok("save", "-o", tar.toString(), image);
    cli.ok("rmi", image);
    cli.ok("load", "-q", "-i", tar.toString());
    assertThat(cli.once(image, "sh", "-c", "ls /etc/group 2>&1; ls /var/www").text())
        .isEqualTo("ls: /etc/group: No such file or directory\nnew");
    cli.ok("rmi", image);
  }
}
