package gantry.build.solve;

import gantry.build.Secret;
import gantry.build.StepRunner;
import gantry.build.cache.CacheDirectories;
import gantry.image.Image;
import gantry.oci.Digest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/// What `RUN --mount` asks for, resolved: files are in the store, secrets at hand.
final class RunMounts {
  private RunMounts() {}

  /// One of them.
  sealed interface Ready {
    String target();

    /// What of it the step's result depends on.
    String identity();
  }

  /// Files of a stage, an image or a context.
  ///
  /// @param digest of what is seen
  record Files(
      String target, Image image, Optional<String> subpath, boolean writable, String digest)
      implements Ready {
    @Override
    public String identity() {
      return "files " + digest + (writable ? " writable" : "");
    }
  }

  /// A directory that is kept between builds. What is in it is nothing that a result may depend on.
  record Cache(
      String target, CacheDirectories directories, CacheDirectories.Wanted wanted, boolean readOnly)
      implements Ready {
    @Override
    public String identity() {
      return "cache " + wanted.id();
    }
  }

  /// Memory.
  record Memory(String target, long sizeBytes) implements Ready {
    @Override
    public String identity() {
      return "memory " + sizeBytes;
    }
  }

  /// A secret as a file; the content is part of no key.
  record SecretFile(String target, Secret secret, int mode, int uid, int gid) implements Ready {
    @Override
    public String identity() {
      return "secret %o %d:%d".formatted(mode, uid, gid);
    }
  }

  /// A program whose text stands in the Dockerfile.
  record Script(String target, Secret content) implements Ready {
    @Override
    public String identity() {
      return Digest.sha256(content.bytes()).toString();
    }
  }

  /// The socket of an SSH agent.
  record Agent(String target, String socket, int mode, int uid, int gid) implements Ready {
    @Override
    public String identity() {
      return "agent %o %d:%d".formatted(mode, uid, gid);
    }
  }

  /// All of them for the time of one command.
  static final class Held implements AutoCloseable {
    private final List<StepRunner.Mount> mounts = new ArrayList<>();
    private final Deque<CacheDirectories.Lent> lent = new ArrayDeque<>();

    List<StepRunner.Mount> mounts() {
      return List.copyOf(mounts);
    }

    @Override
    public void close() {
      while (!lent.isEmpty()) {
        lent.pop().close();
      }
    }
  }

  /// Waits for locked directories, in the order of their ids, so that two steps that want the same
  /// ones never wait for each other.
  static Held hold(List<Ready> wanted) throws InterruptedException {
    Held held = new Held();
    try {
      List<Ready> ordered = new ArrayList<>(wanted);
      ordered.sort(java.util.Comparator.comparing(RunMounts::cacheId));
      for (Ready ready : ordered) {
        held.mounts.add(mount(ready, held));
      }
      held.mounts.sort(java.util.Comparator.comparing(StepRunner.Mount::target)); // parents first
      return held;
    } catch (RuntimeException | InterruptedException e) {
      held.close();
      throw e;
    }
  }

  private static String cacheId(Ready ready) {
    return ready instanceof Cache cache ? cache.wanted().id() : "";
  }

  private static StepRunner.Mount mount(Ready ready, Held held) throws InterruptedException {
    return switch (ready) {
      case Files files ->
          new StepRunner.Mount.Files(
              files.target(), files.image(), files.subpath(), files.writable());
      case Cache cache -> {
        CacheDirectories.Lent lent = cache.directories().lend(cache.wanted());
        held.lent.push(lent);
        yield new StepRunner.Mount.Directory(cache.target(), lent.path(), cache.readOnly());
      }
      case Memory memory -> new StepRunner.Mount.Memory(memory.target(), memory.sizeBytes());
      case SecretFile file ->
          new StepRunner.Mount.SecretFile(
              file.target(), file.secret(), file.mode(), file.uid(), file.gid());
      case Script script ->
          new StepRunner.Mount.SecretFile(script.target(), script.content(), 0755, 0, 0);
      case Agent agent ->
          new StepRunner.Mount.Socket(
              agent.target(), agent.socket(), agent.mode(), agent.uid(), agent.gid());
    };
  }
}
