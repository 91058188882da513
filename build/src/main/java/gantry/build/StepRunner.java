package gantry.build;

import gantry.image.Image;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Runs the commands of a build, each in a container of its own: what an engine does for a build.
public interface StepRunner {
  /// Runs a command to its end.
  ///
  /// When the thread is interrupted the command and all that it started are killed.
  ///
  /// @param output hears what the command writes, from one thread at a time
  /// @throws BuildException when it could not be started; `CANCELLED` after an interrupt
  Finished run(Command command, Output output);

  /// What a command writes.
  @FunctionalInterface
  interface Output {
    void write(boolean error, byte[] bytes);
  }

  /// A command and where it runs.
  ///
  /// @param base the image, finished or not, whose files it sees
  /// @param secretEnvironment variables whose values are on no record
  /// @param network `default`, `none`, `host`, or the name of a network
  /// @param insecure whether it has all rights
  record Command(
      Image base,
      List<String> arguments,
      List<String> environment,
      Map<String, Secret> secretEnvironment,
      String workingDirectory,
      String user,
      List<Mount> mounts,
      String network,
      boolean insecure,
      BuildRequest.StepOptions options) {}

  /// Something that a command sees besides its image.
  sealed interface Mount {
    /// Absolute path in the container.
    String target();

    /// Files of an image, finished or not; what is written to them is thrown away.
    record Files(String target, Image image, Optional<String> subpath, boolean writable)
        implements Mount {}

    /// A directory of this machine that is kept.
    record Directory(String target, String source, boolean readOnly) implements Mount {}

    /// Memory.
    record Memory(String target, long sizeBytes) implements Mount {}

    /// One file, in memory only.
    record SecretFile(String target, Secret content, int mode, int uid, int gid) implements Mount {}

    /// A socket of this machine.
    record Socket(String target, String source, int mode, int uid, int gid) implements Mount {}
  }

  /// A command that has ended, with its files; closing it removes the container.
  interface Finished extends AutoCloseable {
    int exitCode();

    /// The key of the snapshot that it ran on.
    String snapshot();

    /// Absolute paths at which something was mounted.
    List<String> mountPoints();

    /// What is to know besides, `killed: out of memory` say.
    Optional<String> remark();

    @Override
    void close();
  }
}
