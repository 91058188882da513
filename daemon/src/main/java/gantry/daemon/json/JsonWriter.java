package gantry.daemon.json;

import com.fasterxml.jackson.core.JsonGenerator;
import gantry.http.Exchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/// Writes one JSON document into memory: `json.object().put("Id", id).end()`.
///
/// As Go does: fields in the order of their struct, the keys of maps sorted, a line end after the
/// document.
public final class JsonWriter {
  private static final int ROOM_BYTES = 1 << 10;

  private final Buffer bytes = new Buffer();
  private final JsonGenerator json;

  public JsonWriter() {
    try {
      this.json = JsonReader.FACTORY.createGenerator((OutputStream) bytes);
      json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Bytes that can be handed on without a copy.
  private static final class Buffer extends ByteArrayOutputStream {
    Buffer() {
      super(ROOM_BYTES);
    }

    void sendOn(Exchange exchange, int status) {
      exchange.send(status, "application/json", buf, count);
    }

    void writeRaw(OutputStream out) throws IOException {
      out.write(buf, 0, count);
    }
  }

  private interface Step {
    void run() throws IOException;
  }

  private JsonWriter step(Step step) {
    try {
      step.run();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public JsonWriter object() {
    return step(json::writeStartObject);
  }

  public JsonWriter object(String name) {
    return step(() -> json.writeObjectFieldStart(name));
  }

  /// Ends the innermost object.
  public JsonWriter end() {
    return step(json::writeEndObject);
  }

  public JsonWriter array() {
    return step(json::writeStartArray);
  }

  public JsonWriter array(String name) {
    return step(() -> json.writeArrayFieldStart(name));
  }

  /// Ends the innermost array.
  public JsonWriter endArray() {
    return step(json::writeEndArray);
  }

  public JsonWriter put(String name, String value) {
    return step(() -> json.writeStringField(name, value));
  }

  public JsonWriter put(String name, long value) {
    return step(() -> json.writeNumberField(name, value));
  }

  public JsonWriter put(String name, boolean value) {
    return step(() -> json.writeBooleanField(name, value));
  }

  /// A number without sign: `-1` is 2⁶⁴−1.
  public JsonWriter putUnsigned(String name, long value) {
    return step(
        () -> {
          json.writeFieldName(name);
          json.writeNumber(new BigInteger(Long.toUnsignedString(value)));
        });
  }

  public JsonWriter putNull(String name) {
    return step(() -> json.writeNullField(name));
  }

  public JsonWriter name(String name) {
    return step(() -> json.writeFieldName(name));
  }

  public JsonWriter add(String value) {
    return step(() -> json.writeString(value));
  }

  public JsonWriter add(long value) {
    return step(() -> json.writeNumber(value));
  }

  public JsonWriter addNull() {
    return step(json::writeNull);
  }

  /// The field only if there is a value (Go's `omitempty`).
  public JsonWriter putSome(String name, String value) {
    return value.isEmpty() ? this : put(name, value);
  }

  public JsonWriter putSome(String name, long value) {
    return value == 0 ? this : put(name, value);
  }

  public JsonWriter putSome(String name, boolean value) {
    return value ? put(name, true) : this;
  }

  public JsonWriter putSome(String name, Map<String, String> values) {
    return values.isEmpty() ? this : put(name, values);
  }

  public JsonWriter putSome(String name, Collection<String> values) {
    return values.isEmpty() ? this : put(name, values);
  }

  /// The number, or null.
  public JsonWriter putNumberOrNull(String name, Optional<Long> value) {
    return value.isPresent() ? put(name, value.get()) : putNull(name);
  }

  /// An array of text.
  public JsonWriter put(String name, Collection<String> values) {
    return name(name).add(values);
  }

  public JsonWriter add(Collection<String> values) {
    array();
    values.forEach(this::add);
    return endArray();
  }

  /// An array of text; null when it is empty, as Go writes a slice that was never made.
  public JsonWriter putOrNull(String name, Collection<String> values) {
    return values.isEmpty() ? putNull(name) : put(name, values);
  }

  /// A map, its keys sorted.
  public JsonWriter put(String name, Map<String, String> values) {
    object(name);
    sorted(values).forEach(this::put);
    return end();
  }

  public JsonWriter putOrNull(String name, Map<String, String> values) {
    return values.isEmpty() ? putNull(name) : put(name, values);
  }

  /// A set in Go's form, `{"80/tcp": {}}`, sorted.
  public JsonWriter putSet(String name, Collection<String> values) {
    object(name);
    values.stream().sorted().forEach(value -> object(value).end());
    return end();
  }

  /// An array of what `write` makes of each.
  public <T> JsonWriter putEach(String name, Collection<T> values, Consumer<T> write) {
    name(name);
    return addEach(values, write);
  }

  public <T> JsonWriter addEach(Collection<T> values, Consumer<T> write) {
    array();
    values.forEach(write);
    return endArray();
  }

  /// The same map with its keys in order.
  public static <T> Map<String, T> sorted(Map<String, T> map) {
    return map.size() < 2 ? map : new TreeMap<>(map);
  }

  /// Sends the document as a whole response.
  public void send(Exchange exchange, int status) {
    finish();
    bytes.write('\n');
    bytes.sendOn(exchange, status);
  }

  /// Writes the document and `end` to a stream.
  public void writeTo(OutputStream out, String end) throws IOException {
    finish();
    bytes.writeBytes(end.getBytes(StandardCharsets.US_ASCII));
    bytes.writeRaw(out);
  }

  /// How much of the document there is so far.
  public int lengthBytes() {
    step(json::flush);
    return bytes.size();
  }

  /// The document in UTF-8.
  public byte[] toBytes() {
    finish();
    return bytes.toByteArray();
  }

  /// The document.
  @Override
  public String toString() {
    finish();
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private void finish() {
    step(json::close);
  }
}
