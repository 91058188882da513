package gantry.runtime;

import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.RuntimeSpec;
import java.nio.file.Path;

/// One more process for a running container.
///
/// @param id of this exec, for messages and names of files
/// @param container the config that the container was started with: its filter of system calls and
///   its cgroup hold for this process too
/// @param process what to run
/// @param directory exists, on a tmpfs, for this process alone: the exit record goes there
public record ExecLaunch(
    String id, RuntimeSpec container, ProcessSpec process, StdioSpec stdio, Path directory) {}
