package gantry.cli.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Reads and writes JSON.
public final class Json {

  private static final JsonFactory FACTORY = new JsonFactory();

  private Json() {}

  /// A stream of JSON values, one after the other, as the daemon's progress, event and statistics
  /// answers are.
  public static final class Stream implements AutoCloseable {
    private final JsonParser parser;

    private Stream(JsonParser parser) {
      this.parser = parser;
    }

    /// The next value, or empty at the end of the stream.
    public Optional<Object> next() throws IOException {
      JsonToken token = parser.nextToken();
      return token == null ? Optional.empty() : Optional.of(read(parser, token));
    }

    /// The next value when it is an object; other values are passed over.
    public Optional<JsonObject> nextObject() throws IOException {
      for (Optional<Object> value = next(); value.isPresent(); value = next()) {
        if (value.get() instanceof JsonObject object) {
          return Optional.of(object);
        }
      }
      return Optional.empty();
    }

    @Override
    public void close() throws IOException {
      parser.close();
    }
  }

  /// The values of `in`, which is closed with the stream.
  public static Stream stream(InputStream in) throws IOException {
    return new Stream(FACTORY.createParser(in));
  }

  /// Reads one value.
  public static Object parse(byte[] text) throws IOException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return readWhole(parser);
    }
  }

  /// Reads one value.
  public static Object parse(String text) throws IOException {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return readWhole(parser);
    }
  }

  /// Reads one value that should be an object; any other value reads as an empty object.
  public static JsonObject parseObject(byte[] text) throws IOException {
    return parse(text) instanceof JsonObject object ? object : JsonObject.EMPTY;
  }

  private static Object readWhole(JsonParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    return token == null ? JsonNull.NULL : read(parser, token);
  }

  private static Object read(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> readObject(parser);
      case START_ARRAY -> readList(parser);
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? parser.getBigIntegerValue()
              : (Object) parser.getLongValue();
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      default -> JsonNull.NULL;
    };
  }

  private static JsonObject readObject(JsonParser parser) throws IOException {
    JsonObject object = JsonObject.create();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      object.put(name, read(parser, parser.nextToken()));
    }
    return object;
  }

  private static List<Object> readList(JsonParser parser) throws IOException {
    List<Object> list = new ArrayList<>();
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      if (token == null) {
        throw new IOException("unexpected end of JSON input");
      }
      list.add(read(parser, token));
    }
    return list;
  }

  /// How `<`, `>` and `&` are written.
  public enum Escaping {
    /// As they are.
    PLAIN,
    /// By their code points in hexadecimal: the default of Go's encoder.
    HTML
  }

  /// The value on one line, without blanks.
  public static String write(Object value, Escaping escaping) {
    StringBuilder out = new StringBuilder(256);
    append(out, value, escaping);
    return out.toString();
  }

  @SuppressWarnings(
      "IfChainToSwitch") // a switch over types makes a class at run time, see HttpConnection
  private static void append(StringBuilder out, Object value, Escaping escaping) {
    if (value instanceof JsonObject object) {
      appendMembers(out, object.members(), escaping);
    } else if (value instanceof CharSequence text) {
      appendText(out, text, escaping);
    } else if (value instanceof Map<?, ?> map) {
      appendMembers(out, new TreeMap<>(map), escaping);
    } else if (value instanceof Iterable<?> list) {
      out.append('[');
      String comma = "";
      for (Object element : list) {
        out.append(comma);
        append(out, element, escaping);
        comma = ",";
      }
      out.append(']');
    } else {
      out.append(value);
    }
  }

  private static void appendMembers(StringBuilder out, Map<?, ?> members, Escaping escaping) {
    out.append('{');
    String comma = "";
    for (Map.Entry<?, ?> member : members.entrySet()) {
      out.append(comma);
      appendText(out, member.getKey().toString(), escaping);
      out.append(':');
      append(out, member.getValue(), escaping);
      comma = ",";
    }
    out.append('}');
  }

  private static void appendText(StringBuilder out, CharSequence text, Escaping escaping) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          boolean markup = c == '<' || c == '>' || c == '&';
          if (c < 0x20 || c == 0x2028 || c == 0x2029 || (markup && escaping == Escaping.HTML)) {
            appendHex(out, c);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private static void appendHex(StringBuilder out, char c) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(Character.forDigit(c >> shift & 15, 16));
    }
  }
}
