package gantry.daemon.log;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/// Writes log messages to standard error:
///
/// ```
/// time="2026-11-22T15:14:42.871680839Z" level=info msg="API listen on /run/gantry/gantry.sock"
/// ```
///
/// The level can be changed at any time.
public final class StderrLogs implements SLF4JServiceProvider {
  private static final String SLF4J_API = "2.0.99";

  private static volatile int threshold = Level.INFO.toInt();

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter contexts = new NOPMDCAdapter();
  private final Loggers loggers = new Loggers();

  /// @param level `debug`, `info`, `warn` or `error`
  public static void setLevel(String level) {
    threshold = Level.valueOf(level.toUpperCase(Locale.ROOT)).toInt();
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return loggers;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return contexts;
  }

  @Override
  public String getRequestedApiVersion() {
    return SLF4J_API;
  }

  @Override
  public void initialize() {}

  private static final class Loggers implements ILoggerFactory {
    private final ConcurrentMap<String, Logger> byName = new ConcurrentHashMap<>();

    @Override
    public Logger getLogger(String name) {
      return byName.computeIfAbsent(name, Lines::new);
    }
  }

  private static final class Lines extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    // What libraries tell while they work is of no use to who runs the daemon.
    private final boolean ours;

    Lines(String name) {
      this.name = name;
      this.ours = name.startsWith("gantry");
    }

    private boolean enabled(Level level) {
      int least = ours ? threshold : Math.max(threshold, Level.WARN.toInt());
      return level.toInt() >= least;
    }

    @Override
    public boolean isTraceEnabled() {
      return enabled(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
      return enabled(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
      return enabled(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
      return enabled(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
      return enabled(Level.ERROR);
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        String pattern,
        @Nullable Object[] arguments,
        @Nullable Throwable failure) {
      String message = MessageFormatter.basicArrayFormat(pattern, arguments);
      String word = level == Level.WARN ? "warning" : level.name().toLowerCase(Locale.ROOT);
      StringBuilder line = new StringBuilder(message.length() + 80);
      line.append("time=\"").append(Instant.now().truncatedTo(ChronoUnit.MICROS));
      line.append("\" level=").append(word).append(" msg=").append(quoted(message));
      PrintStream err = System.err;
      synchronized (err) {
        err.println(line);
        if (failure != null) {
          failure.printStackTrace(err);
        }
      }
    }

    private static String quoted(String text) {
      return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
    }
  }
}
