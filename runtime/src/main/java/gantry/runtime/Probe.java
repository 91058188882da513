package gantry.runtime;

import java.util.concurrent.CompletableFuture;

/// A short command that is run again and again in one running container: prepared once, so that a
/// run costs little, and with nothing kept of it, so that it does not survive this program. One run
/// at a time.
public interface Probe extends AutoCloseable {

  /// Starts the command. May be called by any thread; takes well under a millisecond.
  ///
  /// @param outputMax how many bytes of what it writes are kept; the rest is read and dropped
  /// @throws LaunchException if the container does not run any more
  Run start(int outputMax);

  /// Gives up what was prepared; a run that is under way is killed.
  @Override
  void close();

  /// One run of the command.
  interface Run {
    /// Done when the command has ended, on the event loop's thread: dependents must not block. With
    /// a [LaunchException] if it could not be executed.
    CompletableFuture<Result> done();

    /// Kills the command, if it has not ended, with what it has started in its process group. The
    /// run is done only when the command has ended, which the kernel may put off without end.
    void kill();
  }

  /// How a run ended.
  ///
  /// @param output of stdout and stderr, as it came; what is not UTF-8 is replaced
  record Result(Exit exit, String output) {}
}
