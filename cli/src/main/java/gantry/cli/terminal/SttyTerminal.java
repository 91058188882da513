package gantry.cli.terminal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A terminal that is set by stty(1), which every system with a terminal has.
public final class SttyTerminal implements Terminal {

  @Override
  public Optional<Size> size() {
    try {
      String[] numbers = stty("size").split(" ", -1);
      return numbers.length == 2
          ? Optional.of(new Size(Integer.parseInt(numbers[0]), Integer.parseInt(numbers[1])))
          : Optional.empty();
    } catch (IOException | NumberFormatException _) {
      return Optional.empty(); // standard input is no terminal
    }
  }

  @Override
  public RawMode enterRaw() throws IOException {
    String saved = stty("-g");
    // as cfmakeraw(3), with output processing left on or off alike: the container's own terminal
    // has done it
    stty("raw", "-echo", "-echoe", "-echok", "-icrnl", "-ixon");
    AtomicBoolean open = new AtomicBoolean(true);
    return () -> {
      if (open.getAndSet(false)) {
        restore(saved);
      }
    };
  }

  private static void restore(String saved) {
    try {
      stty(saved);
    } catch (IOException _) {
      // the terminal is gone; nobody is left to be served by its settings
    }
  }

  private static String stty(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.INHERIT)
            .redirectErrorStream(true)
            .start();
    String output =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    try {
      if (process.waitFor() != 0) {
        throw new IOException("cannot set the terminal: " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while setting the terminal", e);
    }
    return output;
  }
}
