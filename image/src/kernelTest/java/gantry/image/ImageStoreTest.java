package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  private static final byte[] LAYER =
      Archives.tar().directory("bin/", 0755).file("bin/sh", "#!").file("etc/motd", "hello").bytes();
  private static final byte[] SECOND =
      Archives.tar().file("etc/.wh.motd", "").file("etc/issue", "two").bytes();

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

  private void reopen() {
    close();
    open();
  }

  private Image load(byte[] archive) {
    return store
        .load(new ByteArrayInputStream(archive), Optional.empty(), LoadProgress.none())
        .getFirst();
  }

  private static String read(OwnedFd root, String path) {
    try (OwnedFd file = At.openInRoot(root, path, OpenFlags.O_RDONLY)) {
      return new String(FileIo.readAll(file, 1 << 20), StandardCharsets.UTF_8);
    }
  }

  @KernelTest
  void load_dockerArchive_isThereAlsoAfterAReopen() {
    Image image = load(Archives.docker("box:1", LAYER, SECOND));
    reopen();

    assertThat(store.find("box:1")).isEqualTo(image);
    assertThat(store.find(image.id().shortHex())).isEqualTo(image);
    assertThat(image.tags()).containsExactly("box:1");
    assertThat(image.layers()).hasSize(2);
    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(read(view, "/etc/issue")).isEqualTo("two");
      assertThat(At.exists(view, "etc/motd")).isFalse();
      assertThat(read(view, "bin/sh")).isEqualTo("#!");
    }
  }

  @KernelTest
  void save_loadedImage_loadsAgainAsTheSame() {
    Image image = load(Archives.docker("box:1", LAYER, SECOND));
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    store.save(List.of("box"), Optional.empty()).to(saved);
    store.remove("box:1", false, true, ImageUse.none());
    assertThat(store.list()).isEmpty();

    Image again = load(saved.toByteArray());

    assertThat(again.id()).isEqualTo(image.id());
    assertThat(again.manifest()).isEqualTo(image.manifest());
    assertThat(again.references()).containsExactly(Reference.parse("box:1"));
  }

  @KernelTest
  void prepare_activeSnapshot_isWrittenDiffedCommitted() {
    Image image = load(Archives.docker("box:1", LAYER));
    store.snapshots().prepare("c1", image);
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      At.unlink(mount, "etc/motd");
      try (OwnedFd file = At.open(mount, "new", OpenFlags.O_CREAT | OpenFlags.O_WRONLY, 0644)) {
        FileIo.writeFully(file, new byte[5]);
      }
    }

    assertThat(store.snapshots().changes("c1"))
        .containsExactly(
            new Change(Change.Kind.MODIFIED, "/etc"),
            new Change(Change.Kind.DELETED, "/etc/motd"),
            new Change(Change.Kind.ADDED, "/new"));
    assertThat(store.snapshots().usageBytes("c1")).isEqualTo(5);
    Image made =
        store.commit(
            new CommitRequest(
                "c1",
                image,
                image.config(),
                image.config().config(),
                List.of("ENV A=b"),
                Optional.of(Reference.parse("box:2")),
                "me",
                "note",
                "sh",
                ""));
    assertThat(made.parent()).contains(image.id());
    assertThat(made.config().config().env()).containsExactly("A=b");
    try (OwnedFd view = store.snapshots().view(made)) {
      assertThat(At.exists(view, "etc/motd")).isFalse();
      assertThat(At.stat(view, "new").sizeBytes()).isEqualTo(5);
    }
    assertThatThrownBy(() -> store.remove(image.id().shortHex(), true, true, ImageUse.none()))
        .hasMessage(
            "conflict: unable to delete %s (cannot be forced) - image has dependent child images"
                .formatted(image.id().shortHex()));
  }
}
