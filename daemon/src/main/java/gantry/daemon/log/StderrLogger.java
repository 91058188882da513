package gantry.daemon.log;

import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/// Writes one line for each message of one name.
final class StderrLogger extends LegacyAbstractLogger {
  private static final long serialVersionUID = 1;

  // What libraries tell while they work is of no use to who runs the daemon.
  private final boolean ours;

  StderrLogger(String name) {
    this.name = name;
    this.ours = name.startsWith("gantry");
  }

  private boolean enabled(Level level) {
    int threshold = StderrLogs.threshold();
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
      Object @Nullable [] arguments,
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
