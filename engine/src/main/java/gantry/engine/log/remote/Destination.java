package gantry.engine.log.remote;

import gantry.engine.log.LogLine;
import java.io.IOException;
import java.util.List;

/// Somebody who takes lines. Connects when it first sends, and again after a failure. One thread.
public interface Destination extends AutoCloseable {
  /// Where it is, for messages: `fluentd at tcp://10.0.0.1:24224`.
  String name();

  /// Sends lines, in order, and returns how many went; the caller sends the others again.
  ///
  /// @throws IOException if none went
  int send(List<LogLine> lines) throws IOException;

  @Override
  void close();
}
