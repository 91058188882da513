package gantry.image;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
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

  @FuzzTest
  void documents(FuzzedDataProvider data) {
    ImageStore store = Shared.INSTANCE.store;
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("layer.tar", LAYER);
    String config = data.consumeString(2000);
    files.put("config.json", config.getBytes(StandardCharsets.UTF_8));
    String index = data.consumeString(2000);
    if (!index.isEmpty()) {
      files.put("index.json", index.getBytes(StandardCharsets.UTF_8));
    }
    String manifest = data.consumeRemainingAsString();
    if (!manifest.isEmpty()) {
      files.put("manifest.json", manifest.getBytes(StandardCharsets.UTF_8));
    }
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
}
