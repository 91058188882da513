package gantry.runtime;

/// What is to be remembered of a process, so that a later program finds it: plain values, written
/// as JSON.
///
/// @param id of the container or exec
/// @param runtime [ContainerRuntime#name] of the one that started it
/// @param monitor pid of the process that waits for it
/// @param monitorStart when the monitor started, in clock ticks since boot (`/proc/<pid>/stat`,
///   field 22): tells it from a later process with the same pid
/// @param pid of the process itself
/// @param stdio numbers of the descriptors in the monitor
/// @param exitRecord file into which the monitor writes how the process ended
/// @param cgroup absolute path beneath each hierarchy's root, empty if it has none of its own
public record ProcessRecord(
    String id,
    String runtime,
    int monitor,
    long monitorStart,
    int pid,
    StdioNumbers stdio,
    String exitRecord,
    String cgroup) {

  /// Numbers of descriptors in the monitor; -1 where there is none.
  ///
  /// @param terminal whether `stdin` is a terminal's master, `stdout` and `stderr` the relay's
  ///   write and read end
  public record StdioNumbers(boolean terminal, int stdin, int stdout, int stderr) {}
}
