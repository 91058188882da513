package gantry.engine.device;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.oci.FormatException;
import gantry.oci.cdi.CdiSpec;
import gantry.oci.cdi.ContainerEdits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/// The devices that the files of a few folders describe, as they are at one moment.
///
/// A folder counts more than those before it. A device that two files of one folder describe is
/// nobody's: which of them is meant cannot be told. A file that cannot be read spoils none of the
/// others; its reason is told when a device is asked for and not found.
///
/// Bounded: 1000 files in a folder, 8 MiB each.
public final class CdiDevices {
  private static final int FILES_MAX = 1000;
  private static final int FILE_MAX_BYTES = 8 << 20;

  /// @param folder its place in the order of folders
  private record Found(CdiSpec spec, CdiSpec.Device device, Path file, int folder) {}

  private final Map<String, Found> devices = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  private CdiDevices() {}

  /// Reads the files `*.json` and `*.yaml`; folders that do not exist have none.
  public static CdiDevices read(List<Path> folders) {
    CdiDevices found = new CdiDevices();
    for (int i = 0; i < folders.size(); i++) {
      found.readFolder(folders.get(i), i);
    }
    return found;
  }

  private void readFolder(Path folder, int order) {
    Set<String> conflicts = new LinkedHashSet<>();
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path file : entries.sorted().limit(FILES_MAX).toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".json") || name.endsWith(".yaml")) {
          readFile(file, order, conflicts);
        }
      }
    } catch (NoSuchFileException | NotDirectoryException _) { // no vendor has put anything there
      return;
    } catch (IOException e) {
      faults.add("cannot read " + folder + ": " + e.getMessage());
    }
    conflicts.forEach(devices::remove);
  }

  private void readFile(Path file, int order, Set<String> conflicts) {
    try {
      byte[] bytes = bytes(file);
      CdiSpec spec =
          file.toString().endsWith(".json") ? CdiSpec.parseJson(bytes) : CdiSpec.parseYaml(bytes);
      for (CdiSpec.Device device : spec.devices()) {
        String name = spec.qualified(device);
        Found before = devices.put(name, new Found(spec, device, file, order));
        if (before != null && before.folder == order) {
          conflicts.add(name);
          faults.add("%s is described by %s and by %s".formatted(name, before.file, file));
        }
      }
    } catch (IOException | FormatException e) {
      faults.add(file + ": " + e.getMessage());
    }
  }

  private static byte[] bytes(Path file) throws IOException {
    if (!Files.isRegularFile(file)) { // a fifo would never end
      throw new IOException("not a regular file");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(FILE_MAX_BYTES + 1);
      if (bytes.length > FILE_MAX_BYTES) {
        throw new IOException("more than " + FILE_MAX_BYTES + " bytes");
      }
      return bytes;
    }
  }

  /// Full names of all devices, `vendor.com/class=name`, sorted.
  public List<String> names() {
    return List.copyOf(devices.keySet());
  }

  /// What a container needs for the devices of these names: of each kind what is for all its
  /// devices, once, then what is for the device.
  ///
  /// @throws EngineException in Docker's words, naming the devices that are not described; or
  ///   naming what a device needs and no container gets
  public List<ContainerEdits> edits(List<String> names) {
    List<String> missing = names.stream().filter(name -> !devices.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new EngineException(
          ErrorKind.INTERNAL,
          "CDI device injection failed: unresolvable CDI devices "
              + String.join(", ", missing)
              + (faults.isEmpty() ? "" : " (" + String.join("; ", faults) + ")"));
    }
    Map<Path, ContainerEdits> shared = new LinkedHashMap<>();
    List<ContainerEdits> edits = new ArrayList<>();
    for (String name : new LinkedHashSet<>(names)) {
      Found found = devices.get(name);
      if (found == null) {
        continue; // looked up above
      }
      if (shared.putIfAbsent(found.file, found.spec.containerEdits()) == null) {
        edits.add(found.spec.containerEdits());
      }
      edits.add(found.device.containerEdits());
      requireSupported(name, found);
    }
    return edits;
  }

  private static void requireSupported(String name, Found found) {
    for (ContainerEdits edits :
        List.of(found.spec.containerEdits(), found.device.containerEdits())) {
      Optional<String> unknown =
          edits.netDevices() != null
              ? Optional.of("netDevices")
              : Optional.ofNullable(edits.intelRdt()).map(_ -> "intelRdt");
      if (unknown.isPresent()) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT,
            "CDI device injection failed: %s needs '%s', which Gantry does not set; %s describes the device"
                .formatted(name, unknown.get(), found.file));
      }
    }
  }
}
