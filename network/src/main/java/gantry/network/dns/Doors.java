package gantry.network.dns;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The ports that the name service has inside one network namespace, which the packet filter there
/// leads port 53 to. A daemon that finds them written down takes the same ones again, and need not
/// change the filter, for which the kernel takes some 20 ms.
///
/// ```
/// <directory>/<container id>/names     4026532321 40123 38765
/// ```
///
/// @param namespace the inode of the namespace: in another one they mean nothing
record Doors(long namespace, int datagrams, int connections) {
  private static final Pattern FORM = Pattern.compile("(\\d{1,18}) (\\d{1,5}) (\\d{1,5})\n");
  private static final String FILE = "names";

  /// What is written down for a container; empty if that is nothing, or was not finished.
  static Optional<Doors> read(Path directory, String containerId) {
    try {
      Matcher text =
          FORM.matcher(Files.readString(file(directory, containerId), StandardCharsets.US_ASCII));
      return text.matches()
          ? Optional.of(
              new Doors(
                  Long.parseLong(text.group(1)),
                  Integer.parseInt(text.group(2)),
                  Integer.parseInt(text.group(3))))
          : Optional.empty();
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  /// Writes them down; without, the next daemon opens others.
  void write(Path directory, String containerId) throws IOException {
    Path file = file(directory, containerId);
    Files.createDirectories(file.getParent());
    String text = "%d %d %d\n".formatted(namespace, datagrams, connections);
    Files.writeString(file, text, StandardCharsets.US_ASCII);
  }

  private static Path file(Path directory, String containerId) {
    return directory.resolve(containerId).resolve(FILE);
  }
}
