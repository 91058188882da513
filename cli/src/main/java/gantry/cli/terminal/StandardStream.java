package gantry.cli.terminal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The three streams that a process starts with.
public enum StandardStream {
  IN(0),
  OUT(1),
  ERR(2);

  private final int descriptor;

  StandardStream(int descriptor) {
    this.descriptor = descriptor;
  }

  /// Whether the stream is a terminal, by the name of what its descriptor is open on.
  ///
  /// `/proc` and not isatty(3): that needs `java.lang.foreign`, whose classes would cost `gantry
  /// ps` a third of its time.
  public boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException _) {
      return false; // closed, or no /proc: nobody is looking
    }
  }
}
