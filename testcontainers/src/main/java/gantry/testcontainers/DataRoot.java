package gantry.testcontainers;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// One of the numbered folders of images and containers, held while this virtual machine runs.
///
/// Several may run at a time, as forks of one build and as builds of several projects: each takes
/// the first folder that nobody holds, so that the next run finds what this one left, a killed
/// one's containers too. The kernel gives a folder free when its holder ends, however it ends.
final class DataRoot implements AutoCloseable {
  private static final int MOST = 1024;

  private final Path folder;
  private final FileChannel lock;

  private DataRoot(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /// Takes the first free one under `parent`, which is made when it is not there.
  static DataRoot take(Path parent) throws IOException {
    Files.createDirectories(parent);
    for (int number = 0; number < MOST; number++) {
      FileChannel lock =
          FileChannel.open(
              parent.resolve(number + ".lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (locks(lock)) {
        return new DataRoot(parent.resolve(Integer.toString(number)), lock);
      }
      lock.close();
    }
    throw new IOException("all %d data roots in '%s' are in use".formatted(MOST, parent));
  }

  private static boolean locks(FileChannel file) throws IOException {
    try {
      return file.tryLock() != null;
    } catch (OverlappingFileLockException _) { // held by this virtual machine itself
      return false;
    }
  }

  Path folder() {
    return folder;
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
