package gantry.cli.terminal;

import gantry.linux.Fd;
import gantry.linux.SyscallException;
import gantry.linux.terminal.WindowSize;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// The terminal on standard input, or on standard error, by system calls.
///
/// Loading this class loads `java.lang.foreign`: only commands that have a terminal to set come
/// here.
public final class LinuxTerminal implements Terminal {

  @Override
  public Optional<Size> size() {
    return StandardStream.IN.isTerminal() ? size(Fd.STDIN) : Optional.empty();
  }

  /// The size of the terminal on standard error, where progress is shown.
  public static Optional<Size> errorSize() {
    return size(Fd.STDERR);
  }

  private static Optional<Size> size(Fd terminal) {
    try {
      WindowSize size = gantry.linux.terminal.Terminal.size(terminal);
      return size.rows() == 0 && size.columns() == 0
          ? Optional.empty()
          : Optional.of(new Size(size.rows(), size.columns()));
    } catch (SyscallException _) {
      return Optional.empty(); // it is no terminal
    }
  }

  @Override
  public RawMode enterRaw() throws IOException {
    gantry.linux.terminal.Terminal.Mode saved =
        gantry.linux.terminal.Terminal.mode(Fd.STDIN)
            .orElseThrow(() -> new IOException("standard input is no terminal"));
    gantry.linux.terminal.Terminal.setMode(Fd.STDIN, saved.raw());
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (open.getAndSet(false)) {
        restore(saved);
      }
    };
  }

  private static void restore(gantry.linux.terminal.Terminal.Mode saved) {
    try {
      gantry.linux.terminal.Terminal.setMode(Fd.STDIN, saved);
    } catch (SyscallException _) {
      // the terminal is gone; nobody is left to be served by its settings
    }
  }
}
