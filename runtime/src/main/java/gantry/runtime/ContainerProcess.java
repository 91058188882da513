package gantry.runtime;

import java.util.concurrent.CompletableFuture;

/// A process that a [ContainerRuntime] started: a container's first, or one by exec. Thread-safe.
public interface ContainerProcess extends AutoCloseable {

  /// What [ContainerRuntime#reattach] needs to find this process again; serialisable, never
  /// changes.
  ProcessRecord record();

  /// As this program sees it. The number may belong to somebody else once [#exited] is done: send
  /// signals with [#signal].
  int pid();

  Stdio stdio();

  /// Done when the process has ended (its descendants may live on and hold its output open). Never
  /// completes exceptionally. Dependents run on the event loop unless they choose an executor: they
  /// must not block.
  CompletableFuture<Exit> exited();

  /// Sends a signal; false if the process has ended.
  boolean signal(int number);

  /// Lets the process read the end of its stdin: closes the pipe here and in the monitor. Nothing
  /// happens to a terminal.
  void closeStdin();

  /// Changes the size of its terminal; the process gets SIGWINCH. Nothing happens without one.
  void resize(int rows, int columns);

  /// Gives up our descriptors. The process goes on, and can be found again by its record.
  @Override
  void close();
}
