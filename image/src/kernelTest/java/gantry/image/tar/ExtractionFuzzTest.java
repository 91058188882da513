package gantry.image.tar;

import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/// Whatever an archive says, nothing is made or changed outside of the directory. Run with the
/// others of the kernel layer; fuzz with `JAZZER_FUZZ=1`.
@Tag("kernel")
class ExtractionFuzzTest {
  private static final Path BASE = Path.of("/dev/shm");

  @FuzzTest
  void layer(byte[] archive) throws IOException {
    Path outside = Files.createTempDirectory(BASE, "gantry-fuzz");
    try (OwnedFd parent = At.openDirectory(Fd.CWD, outside.toString())) {
      Files.writeString(outside.resolve("victim"), "safe");
      Files.createDirectory(outside.resolve("tree"));
      try (OwnedFd root = At.openDirectory(parent, "tree");
          Extractor extractor = new Extractor(root, Extractor.Options.LAYER)) {
        extractor.extract(TarReader.of(new ByteArrayInputStream(archive)));
      } catch (TarException | SyscallException _) {
        // refused, as is right
      }
      check(outside);
      FileTree.removeContents(parent);
    } finally {
      Files.deleteIfExists(outside);
    }
  }

  private static void check(Path outside) throws IOException {
    try (Stream<Path> names = Files.list(outside)) {
      if (names.count() != 2 || !Files.readString(outside.resolve("victim")).equals("safe")) {
        throw new AssertionError("something got out of the tree in " + outside);
      }
    }
  }
}
