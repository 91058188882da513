package gantry.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Kernel settings of the calling thread's network namespace.
final class Sysctl {
  private Sysctl() {}

  /// Writes a setting below `/proc/sys` that a kernel may lack: without IPv6 there is none to
  /// switch off.
  static void tryWrite(String name, String value) {
    try {
      Files.writeString(Path.of("/proc/sys", name), value);
    } catch (IOException _) {
      // said above
    }
  }
}
