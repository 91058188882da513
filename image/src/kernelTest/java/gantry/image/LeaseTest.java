package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.image.tar.Compression;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarReader;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.TimeSpec;
import gantry.oci.Digest;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class LeaseTest {
  private static final LayerRules PLAIN =
      new LayerRules(List.of(), Optional.empty(), Optional.empty());
  private static final byte[] BASE =
      Archives.tar()
          .directory("bin/", 0755)
          .file("bin/sh", "#!")
          .directory("etc/", 0755)
          .file("etc/motd", "hello")
          .bytes();

  @TempDir private Path root;
  private Database database;
  private ImageStore store;

  @BeforeEach
  void open() {
    database = Database.open(root);
    store = ImageStore.open(root, database);
  }

  @AfterEach
  void close() {
    store.close();
    database.close();
  }

  private Image base() {
    return store.importRootfs(
        new ByteArrayInputStream(BASE),
        new ImportRequest(
            Optional.of(Reference.parse("base").withDefaultTag()),
            List.of(),
            "",
            gantry.oci.Platform.host()));
  }

  private void change(Image image, String key, Consumer<Fd> work) {
    store.snapshots().prepare(key, image);
    try (OwnedFd files = store.snapshots().mountBriefly(key)) {
      work.accept(files);
    }
  }

  private static void write(Fd dir, String path, String text) {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
    try (OwnedFd file = At.open(dir, path, flags, 0644)) {
      FileIo.writeFully(file, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private List<TarEntry> entries(Layer layer) {
    List<TarEntry> entries = new ArrayList<>();
    try (OwnedFd blob = store.blobs().open(layer.blob().digest())) {
      TarReader tar = TarReader.of(Compression.NONE.unpack(new FdInputStream(blob)));
      for (Optional<TarEntry> e = tar.next(); e.isPresent(); e = tar.next()) {
        entries.add(e.get());
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return entries;
  }

  @KernelTest
  void commit_changes_areALayerThatAnImageCanHave() {
    Image base = base();
    Image made;
    try (Lease lease = store.lease()) {
      change(
          base,
          "step",
          files -> {
            write(files, "etc/issue", "two");
            At.unlink(files, "etc/motd");
          });
      List<Layer> layers = lease.commit("step", PLAIN);
      store.snapshots().remove("step");
      assertThat(layers).hasSize(2).startsWith(base.layers().getFirst());
      assertThat(entries(layers.getLast()))
          .extracting(TarEntry::name)
          .containsExactly("etc/", "etc/issue", "etc/.wh.motd");
      made = lease.publish(configWith(base, layers), layers, List.of(reference("made")));
    }
    store.collectGarbage();
    try (OwnedFd files = store.snapshots().view(store.find("made"))) {
      assertThat(At.exists(files, "etc/motd")).isFalse();
      assertThat(At.exists(files, "etc/issue")).isTrue();
    }
    assertThat(store.find("made").id()).isEqualTo(made.id());
  }

  private static Reference reference(String name) {
    return Reference.parse(name).withDefaultTag();
  }

  private static gantry.oci.ImageConfig configWith(Image base, List<Layer> layers) {
    return gantry.oci.ImageConfig.of(
        base.config().platform(),
        Instant.EPOCH,
        base.config().config(),
        layers.stream().map(Layer::diffId).toList(),
        List.of());
  }

  @KernelTest
  void commit_nothingChanged_isTheStackBelow() {
    Image base = base();
    try (Lease lease = store.lease()) {
      change(
          base,
          "step",
          files -> {
            write(files, "etc/passing", "");
            At.unlink(files, "etc/passing"); // copies the directory up
          });
      assertThat(lease.commit("step", PLAIN)).isEqualTo(base.layers());
    }
    store.snapshots().remove("step");
  }

  @KernelTest
  void commit_whatMountsWerePutOn_isLeftOut() {
    Image base = base();
    try (Lease lease = store.lease()) {
      change(
          base,
          "step",
          files -> {
            write(files, "etc/hosts", "");
            At.mkdir(files, "run", 0755);
            At.mkdir(files, "run/secrets", 0755);
            write(files, "run/secrets/token", "");
            write(files, "etc/resolv.conf", "nameserver of the command itself");
          });
      List<String> mounted =
          List.of("/etc/hosts", "/etc/resolv.conf", "/run/secrets/token", "/etc/motd", "/absent");
      List<Layer> layers =
          lease.commit("step", new LayerRules(mounted, Optional.empty(), Optional.empty()));
      assertThat(entries(layers.getLast()))
          .extracting(TarEntry::name)
          .containsExactly("etc/", "etc/resolv.conf");
    }
    store.snapshots().remove("step");
  }

  @KernelTest
  void commit_latestTime_isThatOfEverythingNewer() {
    Image base = base();
    try (Lease lease = store.lease()) {
      change(
          base,
          "step",
          files -> {
            write(files, "new", "1");
            write(files, "old", "2");
            At.utimes(files, "old", new TimeSpec(7, 0), new TimeSpec(7, 0));
          });
      List<Layer> layers =
          lease.commit(
              "step",
              new LayerRules(
                  List.of(), Optional.of(Instant.ofEpochSecond(1000)), Optional.empty()));
      assertThat(entries(layers.getLast()))
          .extracting(e -> e.modified().seconds())
          .containsExactly(1000L, 7L);
    }
    store.snapshots().remove("step");
  }

  @KernelTest
  void commit_notRetained_isGoneWithTheLease() {
    Image base = base();
    Digest chain;
    try (Lease lease = store.lease()) {
      change(base, "step", files -> write(files, "new", "1"));
      chain = lease.commit("step", PLAIN).getLast().chainId();
      store.snapshots().remove("step");
      store.collectGarbage();
      assertThat(store.layers(chain)).isPresent();
    }
    assertThat(store.layers(chain)).isEmpty();
  }

  @KernelTest
  void commit_retained_outlivesTheStoreUntilItIsReleased() {
    Image base = base();
    Digest chain;
    try (Lease lease = store.lease()) {
      change(base, "step", files -> write(files, "new", "1"));
      LayerRules rules = new LayerRules(List.of(), Optional.empty(), Optional.of("kept"));
      chain = lease.commit("step", rules).getLast().chainId();
      store.snapshots().remove("step");
    }
    close();
    open();
    store.collectGarbage();
    assertThat(store.retained()).containsExactly(java.util.Map.entry("kept", chain));
    assertThat(store.layers(chain)).isPresent();
    store.release(List.of("kept"));
    assertThat(store.layers(chain)).isEmpty();
  }

  @KernelTest
  void draft_isFoundByItsIdWhileItIsLeased() {
    Image base = base();
    Digest id;
    try (Lease lease = store.lease()) {
      Image draft = lease.draft(configWith(base, base.layers()), base.layers());
      id = draft.id();
      assertThat(store.find(id.toString())).isEqualTo(draft);
      assertThat(store.list()).extracting(Image::id).doesNotContain(id);
      store.snapshots().prepare("container", store.find(id.toString()));
      store.snapshots().remove("container");
    }
    assertThatThrownBy(() -> store.find(id.toString())).hasMessageStartingWith("No such image");
  }

  @KernelTest
  void keep_stackThatIsGone_isEmpty() {
    try (Lease lease = store.lease()) {
      assertThat(lease.keep(Digest.sha256(new byte[] {1}))).isEmpty();
    }
  }
}
