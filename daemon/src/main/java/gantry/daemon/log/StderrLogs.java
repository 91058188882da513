package gantry.daemon.log;

import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
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

  static int threshold() {
    return threshold;
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
      return byName.computeIfAbsent(name, StderrLogger::new);
    }
  }
}
