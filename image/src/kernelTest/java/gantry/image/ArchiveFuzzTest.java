package gantry.image;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.oci.Digest;
import gantry.state.Database;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;

/// Whatever the documents of an image archive say, they end in images or in an [ImageException],
/// and a refused archive leaves nothing. Fuzz with `JAZZER_FUZZ=1`.
@Tag("kernel")
class ArchiveFuzzTest {
  private static final byte[] LAYER = Archives.tar().file("f", "x").bytes();

  /// One store for all: opening it costs more than a load.
  private static final class Shared {
    private static final Shared INSTANCE = new Shared();
    private final Database database;
    private final ImageStore store;

    private Shared() {
      try {
        Path root = Files.createTempDirectory(Path.of("/dev/shm"), "gantry-fuzz");
        database = Database.open(root);
        store = ImageStore.open(root, database);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(root)));
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private void close(Path root) {
      store.close();
      database.close();
      try (var parent = gantry.linux.file.At.openDirectory(gantry.linux.Fd.CWD, "/dev/shm")) {
        gantry.linux.file.FileTree.remove(parent, String.valueOf(root.getFileName()));
      }
    }
  }

  /// @param documents the config, `index.json` and `manifest.json`, with a NUL between them
  @FuzzTest
  void documents(byte[] documents) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("layer.tar", LAYER);
    String[] parts = new String(documents, StandardCharsets.ISO_8859_1).split("\0", 3);
    put(files, "config.json", parts[0]);
    put(files, "blobs/sha256/" + sha256(parts[0]), parts[0]);
    if (parts.length > 1) {
      put(files, "index.json", parts[1]);
    }
    if (parts.length > 2) {
      put(files, "manifest.json", parts[2]);
    }
    load(files);
  }

  /// @param documents the document of a layer, that of another, and `repositories`
  @FuzzTest
  void legacyDocuments(byte[] documents) {
    Map<String, byte[]> files = Archives.legacy("", LAYER, LAYER);
    String[] parts = new String(documents, StandardCharsets.ISO_8859_1).split("\0", 3);
    put(files, Archives.legacyId(0) + "/json", parts[0]);
    if (parts.length > 1) {
      put(files, Archives.legacyId(1) + "/json", parts[1]);
    }
    if (parts.length > 2) {
      put(files, "repositories", parts[2]);
    }
    load(files);
  }

  private static void load(Map<String, byte[]> files) {
    ImageStore store = Shared.INSTANCE.store;
    try {
      store.load(
          new ByteArrayInputStream(Archives.of(files)), Optional.empty(), LoadProgress.none());
      store.prune(_ -> true, ImageUse.none());
    } catch (ImageException e) {
      if (e.kind() != ImageException.Kind.INVALID) {
        throw e;
      }
    }
    if (!store.list().isEmpty() || !store.blobs().list().isEmpty()) {
      throw new AssertionError("something is left: " + store.list() + store.blobs().list());
    }
  }

  private static void put(Map<String, byte[]> files, String name, String content) {
    if (!content.isEmpty()) {
      files.put(name, content.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private static String sha256(String content) {
    return Digest.sha256(content.getBytes(StandardCharsets.ISO_8859_1)).hex();
  }
}
