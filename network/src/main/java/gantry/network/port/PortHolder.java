package gantry.network.port;

import gantry.network.IpAddress;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/// Which process has a port, found in `/proc`: the sockets of the calling thread's network
/// namespace, and who has them open. For error messages: it reads much, and what it finds may have
/// changed. Source: proc(5), `/proc/net/tcp`.
final class PortHolder {
  private static final String LISTENING = "0A"; // net/tcp_states.h
  private static final int LOCAL = 1;
  private static final int STATE = 3;
  private static final int INODE = 9;

  private PortHolder() {}

  /// In words: `process 'nginx' (pid 812)`; empty when it cannot be told.
  static Optional<String> find(Protocol protocol, IpAddress address, int port) {
    String name = protocol == Protocol.UDP ? "udp" : "tcp";
    return Stream.of(name, name + "6")
        .flatMap(file -> lines(Path.of("/proc/thread-self/net", file)))
        .map(line -> line.strip().split("\\s+", -1))
        .filter(fields -> fields.length > INODE)
        .filter(fields -> protocol == Protocol.UDP || fields[STATE].equals(LISTENING))
        .filter(fields -> has(fields[LOCAL], address, port))
        .flatMap(fields -> process(fields[INODE]).stream())
        .findFirst();
  }

  /// Whether `0100007F:1F90` is this port, at this address or at all.
  private static boolean has(String local, IpAddress address, int port) {
    int colon = local.indexOf(':');
    if (colon < 0 || !local.substring(colon + 1).equals("%04X".formatted(port))) {
      return false;
    }
    String at = local.substring(0, colon);
    return PublishedPort.everywhere(address)
        || at.matches("0+")
        || at.endsWith(text(address))
        || (!address.ipv6() && at.endsWith("FFFF0000" + text(address)));
  }

  /// The kernel's form: words in the byte order of the machine.
  private static String text(IpAddress address) {
    StringBuilder text = new StringBuilder();
    byte[] bytes = address.bytes();
    for (int word = 0; word < bytes.length; word += 4) {
      for (int i = 3; i >= 0; i--) {
        text.append("%02X".formatted(bytes[word + i]));
      }
    }
    return text.toString().toUpperCase(Locale.ROOT);
  }

  private static Stream<String> lines(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      return lines.stream().skip(1);
    } catch (IOException _) { // a kernel without IPv6
      return Stream.empty();
    }
  }

  private static Optional<String> process(String inode) {
    Path socket = Path.of("socket:[" + inode + "]");
    for (Path process : entries(Path.of("/proc"), "[0-9]*")) {
      for (Path descriptor : entries(process.resolve("fd"), "*")) {
        if (leadsTo(descriptor, socket)) {
          return Optional.of(
              "process '%s' (pid %s)".formatted(name(process), process.getFileName()));
        }
      }
    }
    return Optional.empty();
  }

  private static List<Path> entries(Path directory, String pattern) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, pattern)) {
      stream.forEach(entries::add);
    } catch (IOException | java.nio.file.DirectoryIteratorException _) {
      // the process ended meanwhile
    }
    return entries;
  }

  private static boolean leadsTo(Path link, Path target) {
    try {
      return Files.readSymbolicLink(link).equals(target);
    } catch (IOException _) { // closed meanwhile
      return false;
    }
  }

  private static String name(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException _) { // it ended meanwhile
      return "?";
    }
  }
}
