package gantry.image.tar;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.util.Optional;

/// Foreign bytes end in entries or in a [TarException]; entries can be written again.
class TarFuzzTest {
  @FuzzTest
  void read(byte[] archive) {
    try {
      TarReader tar = TarReader.of(new ByteArrayInputStream(archive));
      TarWriter writer = new TarWriter(OutputStream.nullOutputStream());
      byte[] some = new byte[100];
      for (Optional<TarEntry> next = tar.next(); next.isPresent(); next = tar.next()) {
        TarEntry entry = next.get();
        check(entry.path());
        tar.read(some, 0, some.length);
        if (entry.kind() != TarEntry.Kind.FILE) {
          writer.begin(entry);
        }
      }
    } catch (TarException _) {
      // refused, as is right
    }
  }

  private static void check(String path) {
    if (path.startsWith("/") || path.endsWith("/") || ("/" + path + "/").contains("/../")) {
      throw new AssertionError("not below the root: " + path);
    }
  }
}
