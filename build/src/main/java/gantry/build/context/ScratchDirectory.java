package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.FileTree;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A directory for as long as something is open: removed with everything in it at the end.
final class ScratchDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ScratchDirectory.class);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Fd parent;
  private final String name;
  private final OwnedFd fd;

  private ScratchDirectory(Fd parent, String name, OwnedFd fd) {
    this.parent = parent;
    this.name = name;
    this.fd = fd;
  }

  /// A new directory in `parent`, which stays open as long as this.
  static ScratchDirectory create(Fd parent) {
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    String name = HexFormat.of().formatHex(random);
    At.mkdir(parent, name, 0700);
    return new ScratchDirectory(parent, name, At.openDirectory(parent, name));
  }

  /// Removes what an earlier process has left in `parent`, in the background.
  static void removeLeftovers(OwnedFd parent) {
    try (OwnedFd listed = At.open(parent, ".", O_RDONLY | O_DIRECTORY)) {
      List<String> names = Directory.list(listed).stream().map(entry -> entry.name()).toList();
      if (names.isEmpty()) {
        return;
      }
      OwnedFd kept = parent.duplicate();
      Thread.ofPlatform()
          .daemon()
          .name("build-leftovers")
          .start(
              () -> {
                try (kept) {
                  names.forEach(name -> remove(kept, name));
                }
              });
    }
  }

  private static void remove(Fd parent, String name) {
    try {
      FileTree.remove(parent, name);
    } catch (SyscallException e) {
      log.warn("cannot remove '{}' of a build that is over; the next start tries again", name, e);
    }
  }

  OwnedFd fd() {
    return fd;
  }

  @Override
  public void close() {
    if (!fd.closed()) {
      fd.close();
      remove(parent, name);
    }
  }
}
