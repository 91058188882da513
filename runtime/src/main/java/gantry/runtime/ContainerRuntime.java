package gantry.runtime;

import gantry.oci.runtime.Resources;

/// What turns a container's config into a running process, and finds that process again.
///
/// ```java
/// ContainerProcess web = runtime.start(launch);
/// web.exited().thenAccept(exit -> …);
/// ContainerProcess shell = runtime.exec(web, exec);
/// web.signal(15);
/// runtime.delete(web.record());
/// ```
///
/// The process outlives the program that started it: its [ProcessRecord], kept anywhere, is enough
/// for [#reattach] in the next one. Methods block (a start takes milliseconds) and may be called by
/// any number of threads for different containers.
public interface ContainerRuntime extends AutoCloseable {

  /// As users write it after `--runtime`: `gantry`, `crun`, `runc`.
  String name();

  /// Starts the container's first process, which runs when this returns.
  ///
  /// @throws LaunchException if any step of it failed; nothing is left over then
  ContainerProcess start(Launch launch);

  /// Runs one more process in a running container.
  ///
  /// @throws LaunchException if any step of it failed
  ContainerProcess exec(ContainerProcess container, ExecLaunch exec);

  /// Prepares a command that is to be run often in a running container.
  ///
  /// @param like what to run, without a terminal or stdin; its directory is the probe's until it is
  ///   closed
  Probe probe(ContainerProcess container, ExecLaunch like);

  /// Finds a process that an earlier program started, running or not: what it wrote since then can
  /// be read from its stdio, and [ContainerProcess#exited] tells how it ended. A process whose
  /// traces are gone (the machine was restarted) has ended with [Exit#LOST].
  ContainerProcess reattach(ProcessRecord record);

  /// Stops the container's processes from being scheduled; returns once all have stopped.
  void pause(ContainerProcess container);

  /// The opposite of [#pause].
  void resume(ContainerProcess container);

  /// Writes new limits of a running container; null parts stay as they are.
  void update(ContainerProcess container, Resources limits);

  /// The plan that [#start] would execute, one line a step. A runtime of others says which command
  /// it would run.
  String explain(Launch launch);

  /// Removes what a container leaves behind once it has ended: its cgroups and the runtime's files.
  /// Processes that are still in the cgroup are killed. Harmless when nothing is left.
  void delete(ProcessRecord container);

  /// Gives up what this object holds; containers go on.
  @Override
  void close();
}
