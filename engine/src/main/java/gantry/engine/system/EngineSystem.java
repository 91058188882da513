package gantry.engine.system;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// The engine and the machine it is on.
public interface EngineSystem {
  /// A stable id of this engine, kept in its data root.
  String id();

  Instant startedAt();

  MachineInfo machine();

  /// What users should know about this machine, e.g. `WARNING: No swap limit support`.
  List<String> warnings();

  /// Names of the runtimes that can be asked for, with their paths (empty for the built-in one).
  Map<String, String> runtimes();

  /// Full names of the devices that files in the engine's CDI folders describe.
  List<String> devices();

  /// Facts about the machine.
  ///
  /// @param cgroupDriver `cgroupfs` or `systemd`
  /// @param cgroupVersion 1 (hybrid too) or 2
  /// @param securityOptions as `info` has them: `name=seccomp,profile=builtin`
  /// @param features what the kernel can limit, by the field name of `info`: `MemoryLimit`…
  record MachineInfo(
      String hostname,
      String kernelVersion,
      String operatingSystem,
      String osVersion,
      String architecture,
      int cpus,
      long memoryBytes,
      String cgroupDriver,
      int cgroupVersion,
      List<String> securityOptions,
      Map<String, Boolean> features,
      String storageBackingFilesystem) {}
}
