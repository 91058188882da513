package gantry.daemon.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads one JSON document into objects ([JsonObject]), lists, text, numbers and booleans.
public final class JsonReader {
  private static final int DEPTH_LIMIT = 1000;
  private static final int DOCUMENT_LIMIT_BYTES = 64 << 20;

  // JSON between programs is UTF-8 (RFC 8259, section 8.1), and that is all that Go reads.
  static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH_LIMIT)
                  .maxDocumentLength(DOCUMENT_LIMIT_BYTES)
                  .build())
          .build();

  private JsonReader() {}

  /// Reads an object; empty for `null`.
  ///
  /// @throws JsonException with dockerd's words where nothing came, or something after the document
  public static Optional<JsonObject> readObject(InputStream in) throws IOException {
    Object value = read(in);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof JsonObject object)) {
      throw new JsonException("invalid JSON: expected an object, got " + JsonObject.kind(value));
    }
    return Optional.of(object);
  }

  /// Reads an object from text.
  public static Optional<JsonObject> readObject(String text) {
    try {
      return readObject(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new JsonException("invalid JSON: " + e.getMessage(), e);
    }
  }

  private static @Nullable Object read(InputStream in) throws IOException {
    try (JsonParser parser = FACTORY.createParser(in)) {
      if (parser.nextToken() == null) {
        throw new JsonException("invalid JSON: got EOF while reading request body");
      }
      Object value = value(parser, "");
      if (hasMore(parser)) {
        throw new JsonException("unexpected content after JSON");
      }
      return value;
    } catch (JsonEOFException e) {
      throw new JsonException("invalid JSON: unexpected EOF", e);
    } catch (JsonParseException e) {
      throw new JsonException("invalid JSON: " + e.getOriginalMessage(), e);
    } catch (StreamConstraintsException e) {
      throw new JsonException("invalid JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static boolean hasMore(JsonParser parser) throws IOException {
    try {
      return parser.nextToken() != null;
    } catch (JsonParseException _) {
      return true;
    }
  }

  private static @Nullable Object value(JsonParser parser, String path) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> object(parser, path);
      case START_ARRAY -> array(parser, path);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new JsonNumber(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> throw new JsonException("invalid JSON: unexpected " + token);
    };
  }

  private static JsonObject object(JsonParser parser, String path) throws IOException {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      fields.put(name, value(parser, path.isEmpty() ? name : path + "." + name));
    }
    return new JsonObject(path, fields);
  }

  private static List<@Nullable Object> array(JsonParser parser, String path) throws IOException {
    List<@Nullable Object> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(parser, path + "[" + values.size() + "]"));
    }
    return Collections.unmodifiableList(values);
  }
}
