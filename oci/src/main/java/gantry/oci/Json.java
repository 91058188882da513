package gantry.oci;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.Set;
import java.util.stream.Collectors;

/// JSON in and out of records, the way Go's `encoding/json` means it: unknown fields are passed
/// over, names are matched in any case, `null` is the zero value, a [Duration] is a number of
/// nanoseconds and an [Instant] is RFC 3339.
///
/// Bounded against foreign documents: nesting 200, a string 20 MiB, a number 100 digits, a document
/// 64 MiB.
public final class Json {
  private static final long DOCUMENT_MAX_BYTES = 64L << 20;
  private static final int STRING_MAX = 20 << 20;
  private static final int NESTING_MAX = 200;
  private static final int NUMBER_MAX = 100;

  private static final JsonMapper MAPPER = newMapper();

  private Json() {}

  private static JsonMapper newMapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION) // it is UTF-8: RFC 8259, section 8.1
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxDocumentLength(DOCUMENT_MAX_BYTES)
                    .maxStringLength(STRING_MAX)
                    .maxNestingDepth(NESTING_MAX)
                    .maxNumberLength(NUMBER_MAX)
                    .build())
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    SimpleModule times = new SimpleModule("gantry");
    times.addDeserializer(Instant.class, new InstantReader());
    times.addSerializer(Instant.class, new InstantWriter());
    times.addDeserializer(Duration.class, new DurationReader());
    times.addSerializer(Duration.class, new DurationWriter());
    return JsonMapper.builder(factory)
        .addModule(new Jdk8Module())
        .addModule(times)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_PROPERTIES)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .withCoercionConfig(
            LogicalType.Textual,
            text ->
                text.setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
        .build();
  }

  /// The mapper that all rooms share; it is never reconfigured, but may be copied.
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /// Reads a whole document; `what` names it in the error: `image config`.
  ///
  /// @throws FormatException naming the field that is wrong
  public static <T> T read(byte[] json, Class<T> type, String what) {
    try {
      return present(MAPPER.readValue(json, type), what);
    } catch (IOException e) {
      throw malformed(e, what);
    }
  }

  /// Reads a whole document from a stream and leaves it open.
  ///
  /// @throws FormatException naming the field that is wrong
  /// @throws UncheckedIOException when the stream fails
  public static <T> T read(InputStream json, Class<T> type, String what) {
    try {
      return present(MAPPER.readValue(json, type), what);
    } catch (JsonProcessingException e) {
      throw malformed(e, what);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + what, e);
    }
  }

  private static <T> T present(@org.jspecify.annotations.Nullable T value, String what) {
    if (value == null) {
      throw new FormatException("invalid " + what + ": null");
    }
    return value;
  }

  private static FormatException malformed(IOException e, String what) {
    String where = e instanceof JsonMappingException mapping ? path(mapping) : "";
    return new FormatException(
        "invalid " + what + (where.isEmpty() ? "" : " at '" + where + "'") + ": " + reason(e), e);
  }

  /// What is wrong, without the names of Java's classes.
  private static String reason(IOException e) {
    return switch (e) {
      case ValueInstantiationException instance when instance.getCause() != null ->
          String.valueOf(instance.getCause().getMessage());
      case InvalidFormatException format when format.getValue() instanceof String text ->
          "'%s' is not %s".formatted(text, described(format.getTargetType()));
      case MismatchedInputException mismatch when mismatch.getTargetType() != null ->
          "expected " + described(mismatch.getTargetType());
      case JsonProcessingException json -> firstSentence(json.getOriginalMessage());
      default -> String.valueOf(e.getMessage());
    };
  }

  private static String described(Class<?> type) {
    if (type == String.class || type == Digest.class || type == Reference.class) {
      return "a string";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type) || type == Duration.class) {
      return "a whole number";
    }
    if (type == Instant.class) {
      return "a time such as 2024-01-31T12:00:00.5Z";
    }
    return type.isArray() || (Collection.class.isAssignableFrom(type) && type != Set.class)
        ? "an array"
        : "an object";
  }

  /// Jackson appends where it began to read, in brackets.
  private static String firstSentence(String message) {
    return message.split(" \\((for|start marker) | at \\[Source", 2)[0];
  }

  private static String path(JsonMappingException e) {
    return e.getPath().stream()
        .map(r -> r.getFieldName() != null ? r.getFieldName() : "[" + r.getIndex() + "]")
        .collect(Collectors.joining("."));
  }

  /// Writes compact JSON in the order of the record's components.
  public static byte[] write(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("cannot write " + value.getClass() + " as JSON", e);
    }
  }

  private static final class InstantReader extends JsonDeserializer<Instant> {
    @Override
    public Instant deserialize(JsonParser json, DeserializationContext context) throws IOException {
      String text = json.getValueAsString("");
      try {
        return OffsetDateTime.parse(text).toInstant();
      } catch (DateTimeException _) {
        return (Instant)
            context.handleWeirdStringValue(
                Instant.class, text, "expected a time such as 2024-01-31T12:00:00.5Z");
      }
    }
  }

  private static final class InstantWriter extends JsonSerializer<Instant> {
    @Override
    public void serialize(Instant value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeString(Rfc3339.text(value));
    }
  }

  private static final class DurationReader extends JsonDeserializer<Duration> {
    @Override
    public Duration deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      return Duration.ofNanos(json.getLongValue());
    }
  }

  private static final class DurationWriter extends JsonSerializer<Duration> {
    @Override
    public void serialize(Duration value, JsonGenerator json, SerializerProvider provider)
        throws IOException {
      json.writeNumber(value.toNanos());
    }

    @Override
    public boolean isEmpty(SerializerProvider provider, Duration value) {
      return value.isZero();
    }
  }
}
