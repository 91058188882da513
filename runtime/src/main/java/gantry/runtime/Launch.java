package gantry.runtime;

import gantry.linux.Fd;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.RuntimeSpec;
import java.nio.file.Path;
import java.util.Map;

/// A container to be started.
///
/// Descriptors are borrowed for the time of the call.
///
/// @param id of the container: names its cgroup when the config has no path for it
/// @param spec what to run in what; mounts and namespaces may be given by descriptor, see below
/// @param root of the file system
/// @param namespaces joined in place of what `spec` says about that kind
/// @param sources for the mounts with these destinations: detached mounts (open_tree) or
///   descriptors of files and directories
/// @param directory exists, on a tmpfs, for this process alone: the exit record goes there
public record Launch(
    String id,
    RuntimeSpec spec,
    Rootfs root,
    StdioSpec stdio,
    Map<Namespace.Type, Fd> namespaces,
    Map<String, Fd> sources,
    Path directory) {

  public Launch {
    namespaces = Map.copyOf(namespaces);
    sources = Map.copyOf(sources);
  }

  /// A launch with all namespaces and sources as `spec` has them.
  public Launch(String id, RuntimeSpec spec, Rootfs root, StdioSpec stdio, Path directory) {
    this(id, spec, root, stdio, Map.of(), Map.of(), directory);
  }
}
