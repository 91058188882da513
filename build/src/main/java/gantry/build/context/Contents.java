package gantry.build.context;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileStat;
import gantry.oci.Digest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// Finds out what files contain: asks the memory, and reads what it does not know. For one use.
final class Contents {
  private static final int BUFFER = 256 * 1024;
  private static final int READERS_MAX = 4;
  private static final int FILES_PER_READER = 16;
  private static final int TRIES = 3;

  private final SourceTree tree;
  private final ContentMemory memory;
  private final List<Node> unread = new ArrayList<>();
  private @Nullable OwnedFd directory;
  private String directoryPath = "";

  Contents(SourceTree tree, ContentMemory memory) {
    this.tree = tree;
    this.memory = memory;
  }

  /// Asks for all that is to be known of a file.
  void need(Node node) {
    switch (node.stat().type()) {
      case REGULAR -> needFile(node);
      case SYMLINK -> {
        if (node.target() == null) {
          tree.target(node);
        }
      }
      default -> {
        if (node.attributes() == null && !node.path().isEmpty()) {
          tree.attributes(node, directoryOf(node));
        }
      }
    }
  }

  private void needFile(Node node) {
    if (node.content() != null) {
      return;
    }
    Optional<ContentMemory.Content> known = memory.find(node.stat());
    if (known.isEmpty()) {
      unread.add(node);
      return;
    }
    node.setContent(node.stat(), known.get().sha256());
    if (known.get().hasAttributes()) {
      tree.attributes(node, directoryOf(node));
    } else {
      node.setAttributes(Map.of());
    }
  }

  /// The open directory that a file is in: files come by directories.
  private Fd directoryOf(Node node) {
    String path = TreePath.parent(node.path());
    if (directory == null || !path.equals(directoryPath)) {
      closeDirectory();
      directory = tree.openDirectory(path);
      directoryPath = path;
    }
    return directory;
  }

  private void closeDirectory() {
    if (directory != null) {
      directory.close();
      directory = null;
    }
  }

  /// Reads the files that were asked for and not known.
  void read() {
    closeDirectory();
    int readers =
        Math.min(
            Math.min(READERS_MAX, Runtime.getRuntime().availableProcessors()),
            1 + unread.size() / FILES_PER_READER);
    AtomicInteger next = new AtomicInteger();
    if (readers == 1) {
      new Reader().run(next);
      return;
    }
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            readers, Thread.ofPlatform().daemon().name("build-digest-", 0).factory())) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        running.add(threads.submit(() -> new Reader().run(next)));
      }
      try {
        for (Future<?> reader : running) {
          reader.get();
        }
      } catch (ExecutionException e) {
        next.set(unread.size()); // ends the others
        throw e.getCause() instanceof RuntimeException known
            ? known
            : new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        next.set(unread.size());
        Thread.currentThread().interrupt();
        throw new gantry.build.BuildException(
            gantry.build.BuildException.Kind.CANCELLED, "the build was given up", e);
      }
    }
  }

  /// Reads files one after the other; each thread has one.
  private final class Reader {
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER);
    private final MessageDigest hash = Digest.Algorithm.SHA256.newHash();

    void run(AtomicInteger next) {
      for (int i = next.getAndIncrement(); i < unread.size(); i = next.getAndIncrement()) {
        readNode(unread.get(i));
      }
    }

    private void readNode(Node node) {
      try (OwnedFd file = tree.openFile(node)) {
        for (int i = 0; i < TRIES; i++) {
          Instant from = Instant.now();
          FileStat before = At.stat(file);
          Sha256 sha256 = sha256(file);
          Map<String, byte[]> attributes = SourceTree.attributes(file, "");
          if (At.stat(file).changed().equals(before.changed())) {
            node.setContent(before, sha256);
            node.setAttributes(attributes);
            memory.remember(before, new ContentMemory.Content(sha256, !attributes.isEmpty()), from);
            return;
          }
        }
      } catch (SyscallException e) {
        throw new gantry.build.BuildException(
            gantry.build.BuildException.Kind.INVALID,
            "cannot read '%s': %s".formatted(SourceTree.shown(node.path()), e.errno().text()),
            e);
      }
      throw tree.changed(node);
    }

    private Sha256 sha256(Fd file) {
      long position = 0;
      for (long count = -1; count != 0; position += count) {
        count = FileIo.pread(file, buffer, position);
        ByteBuffer bytes = buffer.asSlice(0, count).asByteBuffer();
        hash.update(bytes);
      }
      return Sha256.of(hash.digest());
    }
  }
}
