package gantry.engine;

import static gantry.engine.TestEngine.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.container.Change;
import gantry.engine.container.CommitSpec;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.CopyInOptions;
import gantry.engine.container.MountSpec;
import gantry.engine.container.PathStat;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarReader;
import gantry.image.tar.TarWriter;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/// Containers' files from outside, volumes and images made of them.
class FilesTest {
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

  private static byte[] archive(String name, String content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter tar = new TarWriter(bytes);
    byte[] data = content.getBytes(StandardCharsets.UTF_8);
    tar.file(TestTar.entry(name, TarEntry.Kind.FILE, 0640, data.length, ""), data);
    tar.finish();
    return bytes.toByteArray();
  }

  private static List<String> names(byte[] archive) {
    List<String> names = new ArrayList<>();
    TarReader tar = TarReader.of(new ByteArrayInputStream(archive));
    for (Optional<TarEntry> entry = tar.next(); entry.isPresent(); entry = tar.next()) {
      names.add(entry.get().name());
    }
    return names;
  }

  private static byte[] copyOut(String id, String path) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    test.containers().copyOut(id, path, _ -> {}, out);
    return out.toByteArray();
  }

  @KernelTest
  void copy_intoAStoppedAndOutOfIt() {
    String id = test.create(spec("cat", "/tmp/copied"));
    test.containers()
        .copyIn(
            id,
            "/tmp",
            new ByteArrayInputStream(archive("copied", "content\n")),
            new CopyInOptions(false, false));
    assertThat(names(copyOut(id, "/tmp/copied"))).containsExactly("copied");
    assertThat(names(copyOut(id, "/etc"))).contains("etc/", "etc/passwd");
    assertThat(names(copyOut(id, "/etc/."))).contains("./passwd");
    test.containers().start(id, Optional.empty());
    test.awaitExit(id);
    assertThat(test.logs(id)).isEqualTo("content\n");
  }

  @KernelTest
  void copy_intoARunning_isSeenInside() throws InterruptedException {
    String id = test.start(spec("sleep", "600"));
    test.containers()
        .copyIn(
            id,
            "/tmp",
            new ByteArrayInputStream(archive("in", "x")),
            new CopyInOptions(false, false));
    assertThat(test.runExec(id, TestEngine.exec("cat", "/tmp/in")).stdout()).isEqualTo("x");
    test.containers().remove(id, true, false);
  }

  @KernelTest
  void stat_link_saysWhereItLeads() {
    String id = test.create(spec("true"));
    PathStat stat = test.containers().stat(id, "/bin/sh");
    assertThat(stat.linkTarget()).isEqualTo("/bin/busybox");
    assertThat(stat.name()).isEqualTo("sh");
    assertThatThrownBy(() -> test.containers().stat(id, "/nosuch"))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
        .hasMessageContaining("Could not find the file /nosuch in container");
  }

  @KernelTest
  void changes_areAddedModifiedDeleted() {
    String id = test.start(spec("sh", "-c", "touch /added; rm /etc/group; touch /etc/passwd"));
    test.awaitExit(id);
    assertThat(test.containers().changes(id))
        .contains(
            new Change(Change.Kind.ADDED, "/added"),
            new Change(Change.Kind.DELETED, "/etc/group"),
            new Change(Change.Kind.MODIFIED, "/etc"));
    assertThat(test.containers().size(id).rootfsBytes())
        .isGreaterThan(test.containers().size(id).writableBytes());
  }

  @KernelTest
  void export_hasTheWholeRoot() {
    String id = test.create(spec("true"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    test.containers().export(id, out);
    assertThat(names(out.toByteArray())).contains("bin/busybox", "etc/passwd");
  }

  @KernelTest
  void commit_makesAnImageThatRuns() throws InterruptedException {
    String id = test.start(spec("sh", "-c", "echo made > /made"));
    test.awaitExit(id);
    test.containers()
        .commit(
            new CommitSpec(
                id,
                Optional.of("committed:v1"),
                "a comment",
                "an author",
                true,
                List.of("CMD [\"cat\", \"/made\"]"),
                Optional.empty()));
    assertThat(test.runAttached(ContainerSpec.builder("committed:v1").networkMode("none")).stdout())
        .isEqualTo("made\n");
  }

  @KernelTest
  void commit_withAnEmptyConfig_keepsTheContainersCommand() throws InterruptedException {
    String id = test.start(spec("echo", "mine").environment(List.of("A=b")));
    test.awaitExit(id);
    test.containers()
        .commit(
            new CommitSpec(
                id,
                Optional.of("same:v1"),
                "",
                "",
                true,
                List.of(),
                Optional.of(
                    ContainerSpec.builder("").command(List.of().toArray(String[]::new)).build())));
    assertThat(test.runAttached(ContainerSpec.builder("same:v1").networkMode("none")).stdout())
        .isEqualTo("mine\n");
    assertThat(test.engine().images().find("same:v1").config().config().env()).contains("A=b");
  }

  @KernelTest
  void volume_anonymous_isSeededAndGoesWithItsContainer() throws InterruptedException {
    String id = test.create(spec("sh", "-c", "cat /image-volume/seed"));
    String volume = test.containers().find(id).mounts().getFirst().name();
    test.containers().start(id, Optional.empty());
    test.awaitExit(id);
    assertThat(test.logs(id)).isEqualTo("from the image\n");
    assertThat(test.engine().volumes().find(volume).usedBy()).containsExactly(id);
    test.containers().remove(id, false, true);
    assertThatThrownBy(() -> test.engine().volumes().find(volume))
        .hasMessage("get " + volume + ": no such volume");
  }

  @KernelTest
  void volume_named_isSharedAndStays() throws InterruptedException {
    MountSpec data =
        new MountSpec.Volume(
            Optional.of("data"),
            "/data",
            false,
            true,
            "",
            Map.of(),
            Optional.empty(),
            Map.of(),
            true,
            "");
    String writer = test.start(spec("sh", "-c", "echo kept > /data/file").mount(data));
    test.awaitExit(writer);
    assertThatThrownBy(() -> test.engine().volumes().remove("data", false))
        .hasMessage("remove data: volume is in use - [" + writer + "]");
    assertThat(names(copyOut(writer, "/data/file"))).containsExactly("file");
    test.containers().remove(writer, false, true);
    assertThat(test.runAttached(spec("cat", "/data/file").mount(data).autoRemove(true)).stdout())
        .isEqualTo("kept\n");
    LifecycleTest.await(() -> test.engine().volumes().find("data").usedBy().isEmpty());
    test.engine().volumes().remove("data", false);
  }

  @KernelTest
  void bind_readOnly_cannotBeWritten(@org.junit.jupiter.api.io.TempDir Path directory)
      throws IOException, InterruptedException {
    Files.writeString(directory.resolve("file"), "host\n");
    MountSpec bind =
        new MountSpec.Bind(directory.toString(), "/host", true, "", true, false, true, "ro", "");
    TestEngine.Output output =
        test.runAttached(spec("sh", "-c", "cat /host/file; touch /host/new").mount(bind));
    assertThat(output.stdout()).isEqualTo("host\n");
    assertThat(output.stderr()).contains("Read-only file system");
  }

  @KernelTest
  void tmpfs_hasItsSize() throws InterruptedException {
    assertThat(
            test.runAttached(
                    spec("sh", "-c", "df -k /scratch").tmpfs(Map.of("/scratch", "size=1m")))
                .stdout())
        .contains("1024");
  }

  @KernelTest
  void readOnlyRootfs_cannotBeWritten() throws InterruptedException {
    assertThat(test.runAttached(spec("touch", "/x").readOnlyRootfs(true)).stderr())
        .contains("Read-only file system");
  }
}
