package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.Resources;
import gantry.engine.spec.RuntimeSpecBuilder.HostDevice;
import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.oci.runtime.Device;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Looks up devices of the host for containers.
final class HostDevices {
  /// Directories of /dev that every container has of its own.
  private static final Set<String> OWN = Set.of("pts", "shm", "fd", "mqueue", "console", "ptmx");

  private HostDevices() {}

  /// The nodes that `asked` names; a directory means all nodes beneath it.
  static List<HostDevice> find(List<Resources.DeviceMapping> asked) {
    List<HostDevice> devices = new ArrayList<>();
    for (Resources.DeviceMapping mapping : asked) {
      String target =
          mapping.containerPath().isEmpty() ? mapping.hostPath() : mapping.containerPath();
      String rights = mapping.rights().isEmpty() ? "rwm" : mapping.rights();
      FileStat stat =
          At.statIfExists(Fd.CWD, mapping.hostPath())
              .map(found -> found.symlink() ? At.statFollowing(Fd.CWD, mapping.hostPath()) : found)
              .orElseThrow(() -> missing(mapping.hostPath(), "no such file or directory"));
      if (stat.directory()) {
        collect(Path.of(mapping.hostPath()), target, rights, devices);
      } else {
        devices.add(
            device(stat, target, rights)
                .orElseThrow(() -> missing(mapping.hostPath(), "not a device node")));
      }
    }
    return devices;
  }

  /// The node at `path` of the host, under the same path in the container.
  static HostDevice find(String path, String rights) {
    return find(List.of(new Resources.DeviceMapping(path, path, rights))).getFirst();
  }

  /// All devices of the host: what a privileged container has.
  static List<HostDevice> all() {
    List<HostDevice> devices = new ArrayList<>();
    collect(Path.of("/dev"), "/dev", "rwm", devices);
    return devices;
  }

  private static void collect(
      Path directory, String target, String rights, List<HostDevice> devices) {
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path entry : entries.sorted().toList()) {
        String name = entry.getFileName().toString();
        if (directory.equals(Path.of("/dev")) && OWN.contains(name)) {
          continue;
        }
        Optional<FileStat> stat = At.statIfExists(Fd.CWD, entry.toString());
        if (stat.isPresent() && stat.get().directory()) {
          collect(entry, target + "/" + name, rights, devices);
        } else {
          stat.flatMap(found -> device(found, target + "/" + name, rights)).ifPresent(devices::add);
        }
      }
    } catch (IOException e) {
      throw missing(directory.toString(), String.valueOf(e.getMessage()));
    }
  }

  private static Optional<HostDevice> device(FileStat stat, String path, String rights) {
    if (stat.type() != FileType.CHARACTER_DEVICE && stat.type() != FileType.BLOCK_DEVICE) {
      return Optional.empty();
    }
    return Optional.of(
        new HostDevice(
            new Device(
                stat.type() == FileType.BLOCK_DEVICE ? "b" : "c",
                path,
                stat.special().major(),
                stat.special().minor(),
                stat.permissions(),
                stat.uid(),
                stat.gid()),
            rights));
  }

  private static EngineException missing(String path, String why) {
    return new EngineException(
        ErrorKind.INVALID_ARGUMENT,
        "error gathering device information while adding custom device \"%s\": %s"
            .formatted(path, why));
  }
}
