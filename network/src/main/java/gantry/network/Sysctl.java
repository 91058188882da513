package gantry.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Kernel settings of the calling thread's network namespace.
final class Sysctl {
  private static final int MAX_LENGTH = 256;

  private Sysctl() {}

  /// What Docker sets for every container with a network of its own: ports below 1024 and ping are
  /// for everybody in it.
  static void writeContainerDefaults() {
    tryWrite("net/ipv4/ip_unprivileged_port_start", "0");
    tryWrite("net/ipv4/ping_group_range", "0 2147483647");
  }

  /// Reads a setting below `/proc/sys`, without its end of line. In one read: the kernel gives the
  /// rest of a number to nobody who took a part of it, so [Files#readString] sees one digit.
  static String read(String name) throws IOException {
    try (InputStream file = Files.newInputStream(path(name))) {
      byte[] bytes = new byte[MAX_LENGTH];
      int length = Math.max(file.read(bytes), 0);
      return new String(bytes, 0, length, StandardCharsets.US_ASCII).strip();
    }
  }

  /// The names in a folder of settings, e.g. the devices in `net/ipv6/conf`.
  static List<String> names(String folder) throws IOException {
    try (Stream<Path> entries = Files.list(path(folder))) {
      return entries.map(entry -> String.valueOf(entry.getFileName())).toList();
    } catch (UncheckedIOException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /// Writes a setting.
  static void write(String name, String value) throws IOException {
    Files.writeString(path(name), value);
  }

  /// Writes a setting below `/proc/sys` that a kernel may lack: without IPv6 there is none to
  /// switch off.
  static void tryWrite(String name, String value) {
    try {
      write(name, value);
    } catch (IOException _) {
      // said above
    }
  }

  private static Path path(String name) {
    return Path.of("/proc/sys", name);
  }
}
