package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.OwnedFd;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.file.Pipe;
import gantry.linux.process.IdMaps;
import gantry.linux.process.Namespace;
import gantry.linux.process.PidFd;
import gantry.runtime.LaunchException;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Notation;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Makes user namespaces for containers to be in, each with a network namespace that belongs to it.
///
/// This process cannot: it has several threads. A short-lived stage enters new ones, its maps are
/// written from here, where the rights for that are, and the namespaces live on as descriptors.
public final class UserNamespaces implements AutoCloseable {
  private static final int READY = 4; // descriptors of the stage, after that of its plan
  private static final int GO = 5;

  private final StagePrograms programs = new StagePrograms();
  private final byte[] plan;

  /// A user namespace, and a network namespace in which its root is root.
  public record Made(OwnedFd user, OwnedFd network) implements AutoCloseable {
    @Override
    public void close() {
      user.close();
      network.close();
    }
  }

  /// Makes none yet.
  public UserNamespaces() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    Slot[] slots = new Slot[GO + 1];
    String[] names = {"stdin", "stdout", "stderr", "plan", "ready", "go"};
    for (int i = 0; i <= GO; i++) {
      slots[i] = builder.inherit(names[i]);
    }
    long kinds = Namespace.USER.flag() | Namespace.NETWORK.flag();
    builder.step(Op.UNSHARE, "namespaces for a container", Arg.number(kinds, Notation.CLONE));
    builder.step(Op.WRITE, "they are there", Arg.of(slots[READY]), Arg.bytes(new byte[8], ""));
    builder.step(Op.AWAIT, "until they are held by others", Arg.of(slots[GO]));
    plan = Launcher.encode(builder.build(), Timing.OFF);
  }

  /// Makes both; the caller owns them.
  ///
  /// @throws LaunchException when the kernel refuses
  public Made make(IdMaps maps) {
    try (OwnedFd memory = MemoryFile.open("gantry-plan");
        Pipe ready = Pipe.open();
        Pipe go = Pipe.open()) {
      FileIo.writeFully(memory, plan);
      int pid =
          programs
              .spawn()
              .argument("gantry-namespaces")
              .descriptor(Descriptors.PLAN, memory)
              .descriptor(READY, ready.writeEnd())
              .descriptor(GO, go.readEnd())
              .start();
      try (PidFd stage = PidFd.open(pid).orElseThrow()) { // our child, not waited for: it exists
        try {
          ready.writeEnd().close();
          return made(pid, maps, ready.readEnd(), memory);
        } finally {
          go.writeEnd().close();
          stage.await();
        }
      }
    }
  }

  private static Made made(int pid, IdMaps maps, OwnedFd ready, OwnedFd memory) {
    if (FileIo.read(ready, new byte[8], 0, 8) <= 0) {
      Errno error = Launcher.outcome(memory).errno();
      throw new LaunchException(
          LaunchException.Kind.SYSTEM,
          "cannot make a user namespace: %s; see /proc/sys/user/max_user_namespaces"
              .formatted(error),
          error);
    }
    try {
      Files.writeString(Path.of("/proc/" + pid + "/uid_map"), maps.uids().text());
      Files.writeString(Path.of("/proc/" + pid + "/gid_map"), maps.gids().text());
    } catch (IOException e) {
      throw new LaunchException(
          LaunchException.Kind.SYSTEM,
          "cannot map the ids of a user namespace: " + e.getMessage(),
          e);
    }
    OwnedFd user = Namespace.USER.ofProcess(pid);
    try {
      return new Made(user, Namespace.NETWORK.ofProcess(pid));
    } catch (RuntimeException e) {
      user.close();
      throw e;
    }
  }

  @Override
  public void close() {
    programs.close();
  }
}
