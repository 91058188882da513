package gantry.cli.command;

import gantry.cli.api.Daemon;
import gantry.cli.config.ConfigFile;
import gantry.cli.config.Contexts;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What one run of the program works with: its streams, its environment, the user's settings and
/// the daemon.
///
/// Settings are read and the daemon is connected to when they are first asked for: `gantry run
/// --help` needs neither.
public final class Session implements AutoCloseable {

  private final Streams streams;
  private final Map<String, String> environment;
  private final Source<ConfigFile> config;
  private final Source<Contexts> contexts;
  private final Source<Daemon> daemon;

  /// The standard streams.
  ///
  /// @param in raw standard input
  /// @param rawOut standard output for bytes that are not ours; flush [#out] before using it
  public record Streams(
      InputStream in, PrintStream out, PrintStream err, OutputStream rawOut, OutputStream rawErr) {}

  /// Opens something when it is first needed.
  @FunctionalInterface
  public interface Opener<T> {
    T open() throws IOException;
  }

  private static final class Source<T> {
    private final Opener<T> opener;
    private @Nullable T value;

    Source(Opener<T> opener) {
      this.opener = opener;
    }

    T get() throws IOException {
      T current = value;
      if (current == null) {
        current = opener.open();
        value = current;
      }
      return current;
    }
  }

  public Session(
      Streams streams,
      Map<String, String> environment,
      Opener<ConfigFile> config,
      Opener<Contexts> contexts,
      Opener<Daemon> daemon) {
    this.streams = streams;
    this.environment = environment;
    this.config = new Source<>(config);
    this.contexts = new Source<>(contexts);
    this.daemon = new Source<>(daemon);
  }

  public Streams streams() {
    return streams;
  }

  /// Standard output as UTF-8 text; buffered until the command ends or flushes.
  public PrintStream out() {
    return streams.out();
  }

  /// Standard error as UTF-8 text.
  public PrintStream err() {
    return streams.err();
  }

  /// The process's environment.
  public Map<String, String> environment() {
    return environment;
  }

  public ConfigFile config() throws IOException {
    return config.get();
  }

  public Contexts contexts() throws IOException {
    return contexts.get();
  }

  public Daemon daemon() throws IOException {
    return daemon.get();
  }

  /// Prints a line on standard output with a bare line feed.
  public void println(String line) {
    streams.out().print(line);
    streams.out().print('\n');
  }

  /// Prints a line on standard error.
  public void complain(String line) {
    streams.out().flush();
    streams.err().print(line);
    streams.err().print('\n');
    streams.err().flush();
  }

  @Override
  public void close() throws IOException {
    streams.out().flush();
    streams.err().flush();
  }
}
