package gantry.engine.log.remote;

import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.LogLine;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// The systemd journal, by its native protocol: one datagram of fields for each line.
///
/// Source: systemd, "Native Journal Protocol"; names of fields as Docker's driver has them.
final class Journald extends WiredDestination {
  private static final String INFO = "6"; // syslog(3)
  private static final String ERR = "3";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'").withZone(ZoneOffset.UTC);

  private final Path socket;
  private final Map<String, String> fields = new LinkedHashMap<>();

  Journald(LogSubject subject, String tag, Path socket) {
    super("journald at " + socket);
    this.socket = socket;
    fields.put("CONTAINER_ID", subject.shortId());
    fields.put("CONTAINER_ID_FULL", subject.id());
    fields.put("CONTAINER_NAME", subject.name());
    fields.put("CONTAINER_TAG", tag);
    fields.put("IMAGE_NAME", subject.imageName());
    fields.put("SYSLOG_IDENTIFIER", tag);
    subject.details().forEach((name, value) -> fields.put(field(name), value));
  }

  /// Upper case letters, digits and underscores, not beginning with an underscore.
  private static String field(String name) {
    String field = name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
    return field.replaceFirst("^[_0-9]+", "");
  }

  @Override
  Wire connect() throws IOException {
    return Wire.datagrams(socket.toString());
  }

  @Override
  boolean datagrams() {
    return true;
  }

  @Override
  byte[] message(LogLine line) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    add(out, "MESSAGE", line.text());
    add(out, "PRIORITY", line.stream() == Stream.STDERR ? ERR : INFO);
    fields.forEach((name, value) -> add(out, name, value));
    add(out, "SYSLOG_TIMESTAMP", TIME.format(line.time()));
    if (!line.complete()) {
      add(out, "CONTAINER_PARTIAL_MESSAGE", "true");
    }
    return out.toByteArray();
  }

  /// `NAME=value`, or with a length where the value has line ends.
  private static void add(ByteArrayOutputStream out, String name, String value) {
    if (name.isEmpty()) {
      return;
    }
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(name.getBytes(StandardCharsets.US_ASCII));
    if (value.indexOf('\n') < 0) {
      out.write('=');
    } else {
      out.write('\n');
      out.writeBytes(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(bytes.length).array());
    }
    out.writeBytes(bytes);
    out.write('\n');
  }
}
