package gantry.engine.log.remote;

import com.fasterxml.jackson.databind.node.ObjectNode;
import gantry.engine.container.OutputSink.Stream;
import gantry.engine.log.LogLine;
import gantry.oci.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/// Graylog's extended log format 1.1: JSON, by UDP compressed and in chunks, by TCP with a NUL
/// behind each.
///
/// Source: Graylog, "GELF", "Payload specification" and "Chunking".
final class Gelf extends WiredDestination {
  private static final int CHUNK = 1420 - 12;
  private static final int CHUNKS_MAX = 128;
  private static final int INFO = 6;
  private static final int ERR = 3;

  enum Compression {
    GZIP,
    ZLIB,
    NONE
  }

  private final Address address;
  private final Compression compression;
  private final int level;
  private final ObjectNode common;

  Gelf(
      LogSubject subject,
      String tag,
      String host,
      Address address,
      Compression compression,
      int level) {
    super("gelf at " + address);
    this.address = address;
    this.compression = compression;
    this.level = level;
    this.common = Json.mapper().createObjectNode();
    common.put("version", "1.1").put("host", host);
    common
        .put("_container_id", subject.id())
        .put("_container_name", subject.name())
        .put("_image_id", subject.imageId())
        .put("_image_name", subject.imageName())
        .put("_command", subject.command())
        .put("_tag", tag)
        .put("_created", subject.created().toString());
    subject.details().forEach((name, value) -> common.put("_" + name, value));
  }

  @Override
  Wire connect() throws IOException {
    return Wire.open(address);
  }

  @Override
  boolean datagrams() {
    return address.scheme().equals("udp");
  }

  @Override
  byte[] message(LogLine line) throws IOException {
    ObjectNode message = common.deepCopy();
    message.put("short_message", line.text());
    message.put("timestamp", BigDecimal.valueOf(line.time().toEpochMilli(), 3));
    message.put("level", line.stream() == Stream.STDERR ? ERR : INFO);
    byte[] json = Json.mapper().writeValueAsBytes(message);
    return datagrams() ? compressed(json) : Arrays.copyOf(json, json.length + 1);
  }

  private byte[] compressed(byte[] json) throws IOException {
    if (compression == Compression.NONE) {
      return json;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(level);
    try (OutputStream out =
        compression == Compression.GZIP ? gzip(bytes) : new DeflaterOutputStream(bytes, deflater)) {
      out.write(json);
    } finally {
      deflater.end();
    }
    return bytes.toByteArray();
  }

  private OutputStream gzip(OutputStream out) throws IOException {
    return new GZIPOutputStream(out) {
      {
        def.setLevel(level);
      }
    };
  }

  @Override
  void sendOne(Wire open, byte[] message) throws IOException {
    if (message.length <= CHUNK) {
      open.write(message);
      return;
    }
    int count = (message.length + CHUNK - 1) / CHUNK;
    if (count > CHUNKS_MAX) {
      return; // nobody would put it together; the format allows no more
    }
    long id = ThreadLocalRandom.current().nextLong();
    for (int i = 0; i < count; i++) {
      int from = i * CHUNK;
      int length = Math.min(CHUNK, message.length - from);
      ByteBuffer chunk = ByteBuffer.allocate(12 + length);
      chunk.put((byte) 0x1e).put((byte) 0x0f).putLong(id).put((byte) i).put((byte) count);
      chunk.put(message, from, length);
      open.write(chunk.array());
    }
  }
}
