package gantry.engine.log.remote;

import gantry.engine.log.LogLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A destination at the other end of a [Wire]: each line is a message, over a stream many of them
/// are one write.
abstract class WiredDestination implements Destination {
  private static final Logger LOG = LoggerFactory.getLogger(WiredDestination.class);
  private static final int WRITE_MAX = 64 * 1024;

  private final String name;
  private @Nullable Wire wire;

  WiredDestination(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  abstract Wire connect() throws IOException;

  /// Whether one write must be one message.
  abstract boolean datagrams();

  abstract byte[] message(LogLine line) throws IOException;

  @Override
  public int send(List<LogLine> lines) throws IOException {
    Wire open = wire;
    if (open == null) {
      open = connect();
      wire = open;
    }
    try {
      return datagrams() ? each(open, lines) : together(open, lines);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  private int each(Wire open, List<LogLine> lines) throws IOException {
    int sent = 0;
    for (LogLine line : lines) {
      try {
        sendOne(open, message(line));
        sent++;
      } catch (Wire.TooLargeException e) {
        LOG.warn("a line does not get to {}: {}", name, e.getMessage());
        sent++;
      } catch (IOException e) {
        if (sent == 0) {
          throw e;
        }
        close();
        return sent;
      }
    }
    return sent;
  }

  void sendOne(Wire open, byte[] message) throws IOException {
    open.write(message);
  }

  private int together(Wire open, List<LogLine> lines) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int count = 0;
    while (count < lines.size() && bytes.size() < WRITE_MAX) {
      bytes.write(message(lines.get(count++)));
    }
    open.write(bytes.toByteArray());
    confirm(open);
    return count;
  }

  /// Waits for the other side's word, where the protocol has one.
  void confirm(Wire open) throws IOException {}

  @Override
  public void close() {
    if (wire != null) {
      wire.close();
      wire = null;
    }
  }
}
