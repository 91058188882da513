package gantry.engine.log.remote;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.LogLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/// Fluentd's forward protocol, message mode: `[tag, time, record]` in MessagePack, with an option
/// that asks for an answer where that is wanted.
///
/// Source: "Fluentd Forward Protocol Specification v1".
final class Fluentd extends WiredDestination {
  private static final int EVENT_TIME = 0; // type of the extension

  private final Address address;
  private final String tag;
  private final boolean subSecond;
  private final boolean acknowledged;
  private final Map<String, String> common = new LinkedHashMap<>();
  private String chunk = ""; // of the message last made

  Fluentd(
      LogSubject subject, String tag, Address address, boolean subSecond, boolean acknowledged) {
    super("fluentd at " + address);
    this.address = address;
    this.tag = tag;
    this.subSecond = subSecond;
    this.acknowledged = acknowledged;
    common.put("container_id", subject.id());
    common.put("container_name", "/" + subject.name());
    common.putAll(subject.details());
  }

  @Override
  Wire connect() throws IOException {
    return address.scheme().equals("unix") ? Wire.unixStream(address.path()) : Wire.open(address);
  }

  /// One at a time too where each is answered.
  @Override
  boolean datagrams() {
    return acknowledged;
  }

  @Override
  byte[] message(LogLine line) {
    MessagePack out = new MessagePack();
    out.array(acknowledged ? 4 : 3).text(tag);
    Instant time = line.time();
    long seconds = time.getEpochSecond();
    long nanos = time.getNano();
    if (subSecond) {
      out.extension(EVENT_TIME, seconds << 32 | nanos);
    } else {
      out.number(seconds);
    }
    out.map(common.size() + 2 + (line.complete() ? 0 : 1));
    common.forEach((name, value) -> out.text(name).text(value));
    out.text("source").text(line.stream() == Stream.STDERR ? "stderr" : "stdout");
    out.text("log").text(line.text());
    if (!line.complete()) {
      out.text("partial_message").text("true");
    }
    if (acknowledged) {
      byte[] id = new byte[16];
      ThreadLocalRandom.current().nextBytes(id);
      chunk = Base64.getEncoder().encodeToString(id);
      out.map(1).text("chunk").text(chunk);
    }
    return out.bytes();
  }

  @Override
  void sendOne(Wire open, byte[] message) throws IOException {
    open.write(message);
    byte[] expected = new MessagePack().map(1).text("ack").text(chunk).bytes();
    InputStream in = open.input();
    byte[] answer = in.readNBytes(expected.length);
    if (!java.util.Arrays.equals(answer, expected)) {
      throw new IOException(
          "no acknowledgement, but '%s'".formatted(new String(answer, StandardCharsets.UTF_8)));
    }
  }
}
