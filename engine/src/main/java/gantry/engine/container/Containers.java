package gantry.engine.container;

import gantry.oci.Digest;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// The containers of an engine.
///
/// Where a method takes `container`, that is a full id, a name, or an unambiguous beginning of an
/// id; nothing found is `NOT_FOUND` with `No such container: X`, two found `INVALID_ARGUMENT`.
public interface Containers {
  /// A container that was made, and what the user should know about it.
  record Created(String id, List<String> warnings) {}

  /// Deleted ids and the bytes that became free.
  record Pruned(List<String> ids, long reclaimedBytes) {}

  /// Size of the container's own layer, and of that with the image below.
  record Size(long writableBytes, long rootfsBytes) {}

  /// Makes a container; it exists, durably, when this returns.
  Created create(ContainerSpec spec);

  ContainerView find(String container);

  /// All, newest first; from memory.
  List<ContainerView> list();

  /// Starts; `UNCHANGED` when it runs already. With `detachKeys` for the attach that follows.
  void start(String container, Optional<String> detachKeys);

  /// Stops; empty signal and timeout: the container's own. Negative timeout: waits for ever.
  /// `UNCHANGED` when it does not run.
  void stop(String container, Optional<String> signal, Optional<Duration> timeout);

  void restart(String container, Optional<String> signal, Optional<Duration> timeout);

  /// Sends a signal, by name or number; empty is KILL.
  void kill(String container, String signal);

  void pause(String container);

  void unpause(String container);

  void rename(String container, String name);

  List<String> update(String container, ContainerUpdate update);

  void remove(String container, boolean force, boolean removeVolumes);

  /// Registers a wait at once; the future completes when the condition holds. Cancel it to give up.
  CompletableFuture<ExitStatus> await(String container, WaitCondition condition);

  ProcessTable top(String container, List<String> psArguments);

  /// Empty when the container does not run.
  Optional<Stats> stats(String container);

  Attachment attach(String container, AttachOptions options, OutputSink sink);

  void resize(String container, TerminalSize size);

  /// Delivers log lines until there are no more (follow: until the container stops), the sink fails
  /// or the thread is interrupted. Throws before the first delivery when the query cannot be
  /// answered; `ready` is run between that check and the first line.
  void logs(String container, LogQuery query, Runnable ready, OutputSink sink);

  List<Change> changes(String container);

  void export(String container, OutputStream tar);

  PathStat stat(String container, String path);

  /// Writes `path` as a tar archive whose entries begin with its last name. `ready` is run once it
  /// is known that the path exists, before the first byte.
  void copyOut(
      String container, String path, java.util.function.Consumer<PathStat> ready, OutputStream tar);

  void copyIn(String container, String path, InputStream tar, CopyInOptions options);

  Digest commit(CommitSpec spec);

  String createExec(String container, ExecSpec spec);

  /// Starts an exec with nobody attached.
  void startExecDetached(String exec);

  /// Starts an exec; `ready` is run once it is known that it can be started, before any output.
  /// `terminalSize` of the start request, when known.
  Attachment startExec(String exec, TerminalSize terminalSize, Runnable ready, OutputSink sink);

  ExecView exec(String exec);

  void resizeExec(String exec, TerminalSize size);

  Size size(String container);

  /// Removes what does not run and passes the filters.
  Pruned prune(java.util.function.Predicate<ContainerView> filter);

  /// The launch plan that [#start] would execute for `spec`, as text for people.
  String explain(ContainerSpec spec);
}
