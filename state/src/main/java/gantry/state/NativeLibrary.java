package gantry.state;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;
import org.sqlite.util.OSInfo;

/// Keeps SQLite's library unpacked in the data root. The driver by itself unpacks it at every
/// start, and compares it with its archive byte by byte: a quarter of a second on a slow machine.
final class NativeLibrary {
  private static final String PATH = "org.sqlite.lib.path"; // the driver's properties
  private static final String NAME = "org.sqlite.lib.name";

  private NativeLibrary() {}

  /// Tells the driver of the library, unless somebody has; unpacks it when there is none of this
  /// version. Where that cannot be done the driver goes its own way.
  static void prepare(Path dataRoot) {
    if (System.getProperty(PATH) != null) {
      return;
    }
    String platform = OSInfo.getNativeLibFolderPathForCurrentOS().replace('/', '-');
    Path directory = dataRoot.resolve("lib");
    String name = "sqlite-%s-%s.so".formatted(SQLiteJDBCLoader.getVersion(), platform);
    try {
      if (!Files.exists(directory.resolve(name))) {
        unpack(directory, name);
      }
      System.setProperty(PATH, directory.toAbsolutePath().toString());
      System.setProperty(NAME, name);
    } catch (IOException _) {
      // the driver unpacks into the directory for temporary files instead
    }
  }

  private static void unpack(Path directory, String name) throws IOException {
    String resource =
        LibraryLoaderUtil.getNativeLibResourcePath() + "/" + LibraryLoaderUtil.getNativeLibName();
    try (InputStream library = SQLiteJDBCLoader.class.getResourceAsStream(resource)) {
      if (library == null) {
        throw new IOException("the driver has no " + resource);
      }
      Files.createDirectories(directory);
      Path temporary = directory.resolve(name + ".new");
      Files.copy(library, temporary, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel file = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
        file.force(true);
      }
      Files.move(temporary, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
