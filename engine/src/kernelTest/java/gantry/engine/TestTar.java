package gantry.engine;

import gantry.image.tar.TarEntry;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import java.util.Map;
import java.util.Optional;

/// Entries of archives for tests.
final class TestTar {
  private TestTar() {}

  static TarEntry entry(
      String name, TarEntry.Kind kind, int permissions, long sizeBytes, String linkName) {
    return new TarEntry(
        kind == TarEntry.Kind.DIRECTORY ? name + "/" : name,
        kind,
        permissions,
        0,
        0,
        sizeBytes,
        new TimeSpec(0, 0),
        Optional.empty(),
        linkName,
        new DeviceNumber(0, 0),
        Map.of(),
        Optional.empty());
  }
}
