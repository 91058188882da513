package gantry.image;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.FileTree;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// `<data-root>/removed`: what nobody needs any more gets here by a rename, and is removed in the
/// background; what is left of an earlier process too. Thread-safe.
final class Trash implements AutoCloseable {
  private static final int IDLE_SECONDS = 5;

  private final OwnedFd directory;
  private final ThreadPoolExecutor remover =
      new ThreadPoolExecutor(
          1,
          1,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          work -> Thread.ofPlatform().daemon().name("image-remove").unstarted(work));

  private Trash(OwnedFd directory) {
    this.directory = directory;
    remover.allowCoreThreadTimeOut(true);
  }

  static Trash open(Fd dataRoot) {
    At.mkdirIfAbsent(dataRoot, "removed", 0700);
    Trash trash = new Trash(At.openDirectory(dataRoot, "removed"));
    try (OwnedFd listed = At.open(trash.directory, ".", O_RDONLY | O_DIRECTORY)) {
      Directory.list(listed).forEach(entry -> trash.removeLater(entry.name()));
    }
    return trash;
  }

  /// Takes a file or directory away; nothing happens if it is not there.
  void take(Fd from, String name) {
    String here = Names.random();
    try {
      At.rename(from, name, directory, here);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    removeLater(here);
  }

  private void removeLater(String name) {
    remover.execute(
        () -> {
          try {
            FileTree.remove(directory, name);
          } catch (SyscallException _) {
            // it stays, out of everybody's way, until the next start tries again
          }
        });
  }

  /// Runs other work of the same kind: in the background, one after the other.
  void execute(Runnable work) {
    remover.execute(work);
  }

  /// Waits until all that was taken so far is removed: for tests, and for who counts free space.
  void drain() {
    do {
      CompletableFuture.runAsync(() -> {}, remover).join();
    } while (!remover.getQueue().isEmpty());
  }

  /// Stops after what is being removed; the next start goes on.
  @Override
  public void close() {
    remover.shutdownNow();
    boolean interrupted = false;
    while (true) {
      try {
        if (remover.awaitTermination(1, TimeUnit.MINUTES)) {
          break;
        }
      } catch (InterruptedException _) {
        interrupted = true; // the descriptor must outlive the thread
      }
    }
    directory.close();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
