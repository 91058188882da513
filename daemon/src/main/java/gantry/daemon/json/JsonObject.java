package gantry.daemon.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A JSON object, read as Go reads one into a struct: field names in any case, unknown fields
/// ignored, `null` and absence the same, and every value exactly of its type. A value of another
/// type is a [JsonException] that names the field from the document's root on: `HostConfig.Memory`.
public final class JsonObject {
  private final String path;
  private final Map<String, @Nullable Object> fields;
  private @Nullable Map<String, @Nullable Object> byLowerCase;

  JsonObject(String path, Map<String, @Nullable Object> fields) {
    this.path = path;
    this.fields = fields;
  }

  /// An object without fields.
  public static JsonObject empty() {
    return new JsonObject("", Map.of());
  }

  /// The names of all fields, as written, in their order.
  public Set<String> names() {
    return Collections.unmodifiableSet(fields.keySet());
  }

  /// Whether the field is there and not null.
  public boolean has(String name) {
    return get(name) != null;
  }

  /// Whether the field is there and an array.
  public boolean hasList(String name) {
    return get(name) instanceof List<?>;
  }

  private @Nullable Object get(String name) {
    Object exact = fields.get(name);
    if (exact != null || fields.isEmpty()) {
      return exact;
    }
    Map<String, @Nullable Object> index = byLowerCase;
    if (index == null) {
      index = new HashMap<>();
      for (Map.Entry<String, @Nullable Object> field : fields.entrySet()) {
        index.put(field.getKey().toLowerCase(Locale.ROOT), field.getValue());
      }
      byLowerCase = index;
    }
    return index.get(name.toLowerCase(Locale.ROOT));
  }

  private String pathOf(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  private JsonException mismatch(String name, String expected, Object value) {
    return mismatchAt(pathOf(name), expected, value);
  }

  private static JsonException mismatchAt(String where, String expected, Object value) {
    return new JsonException(
        "invalid JSON: %s must be %s, got %s".formatted(where, expected, kind(value)));
  }

  /// A value's kind in words, with the value where that is short.
  static String kind(@Nullable Object value) {
    return switch (value) {
      case null -> "null";
      case String _ -> "a string";
      case JsonNumber number -> "the number " + number;
      case Boolean bool -> "the boolean " + bool;
      case List<?> _ -> "an array";
      default -> "an object";
    };
  }

  /// Text; empty when absent.
  public String text(String name) {
    return optionalText(name).orElse("");
  }

  public Optional<String> optionalText(String name) {
    Object value = get(name);
    if (value != null && !(value instanceof String)) {
      throw mismatch(name, "a string", value);
    }
    return Optional.ofNullable((String) value);
  }

  /// Text that says something: absent when it is empty.
  public Optional<String> someText(String name) {
    return optionalText(name).filter(text -> !text.isEmpty());
  }

  /// A whole number; 0 when absent.
  public long number(String name) {
    return optionalNumber(name).orElse(0L);
  }

  public Optional<Long> optionalNumber(String name) {
    Object value = get(name);
    return value == null ? Optional.empty() : Optional.of(integer(pathOf(name), value));
  }

  /// A whole number of 32 bits; 0 when absent.
  public int integer(String name) {
    return optionalInteger(name).orElse(0);
  }

  public Optional<Integer> optionalInteger(String name) {
    Optional<Long> number = optionalNumber(name);
    number.ifPresent(
        value -> {
          if (value != (int) (long) value) {
            throw new JsonException(
                "invalid JSON: %s must fit in 32 bits, got %d".formatted(pathOf(name), value));
          }
        });
    return number.map(Long::intValue);
  }

  private static long integer(String where, Object value) {
    if (value instanceof JsonNumber number) {
      try {
        return Long.parseLong(number.text());
      } catch (NumberFormatException _) {
        throw mismatchAt(where, "a whole number of 64 bits", value);
      }
    }
    throw mismatchAt(where, "a number", value);
  }

  /// False when absent.
  public boolean flag(String name) {
    return optionalFlag(name).orElse(false);
  }

  public Optional<Boolean> optionalFlag(String name) {
    Object value = get(name);
    if (value != null && !(value instanceof Boolean)) {
      throw mismatch(name, "a boolean", value);
    }
    return Optional.ofNullable((Boolean) value);
  }

  /// The object; one without fields when absent.
  public JsonObject object(String name) {
    return optionalObject(name).orElseGet(() -> new JsonObject(pathOf(name), Map.of()));
  }

  public Optional<JsonObject> optionalObject(String name) {
    Object value = get(name);
    if (value != null && !(value instanceof JsonObject)) {
      throw mismatch(name, "an object", value);
    }
    return Optional.ofNullable((JsonObject) value);
  }

  /// A list of text; empty when absent. `null` elements are empty text.
  public List<String> strings(String name) {
    return optionalStrings(name).orElse(List.of());
  }

  public Optional<List<String>> optionalStrings(String name) {
    return list(name, "an array of strings", JsonObject::element);
  }

  /// Numbers of a list; empty when absent.
  public List<Long> numbers(String name) {
    return list(
            name,
            "an array of numbers",
            (where, value) -> value == null ? 0L : integer(where, value))
        .orElse(List.of());
  }

  /// A list of text, for which one text may stand.
  public Optional<List<String>> stringOrStrings(String name) {
    return get(name) instanceof String one ? Optional.of(List.of(one)) : optionalStrings(name);
  }

  private static String element(String where, @Nullable Object value) {
    if (value != null && !(value instanceof String)) {
      throw mismatchAt(where, "a string", value);
    }
    return value == null ? "" : (String) value;
  }

  /// The lists of a list; empty when absent.
  public List<List<String>> stringLists(String name) {
    return list(
            name,
            "an array of arrays of strings",
            (where, value) -> {
              if (value == null) {
                return List.<String>of();
              }
              if (!(value instanceof List<?> inner)) {
                throw mismatchAt(where, "an array of strings", value);
              }
              List<String> texts = new ArrayList<>();
              for (Object element : inner) {
                texts.add(element(where, element));
              }
              return List.copyOf(texts);
            })
        .orElse(List.of());
  }

  /// The objects of a list; empty when absent.
  public List<JsonObject> objects(String name) {
    return list(
            name,
            "an array of objects",
            (where, value) -> {
              if (value == null) {
                return new JsonObject(where, Map.of());
              }
              if (!(value instanceof JsonObject object)) {
                throw mismatchAt(where, "an object", value);
              }
              return object;
            })
        .orElse(List.of());
  }

  private interface Element<T> {
    T read(String where, @Nullable Object value);
  }

  private <T> Optional<List<T>> list(String name, String expected, Element<T> element) {
    Object value = get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof List<?> values)) {
      throw mismatch(name, expected, value);
    }
    List<T> read = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      read.add(element.read(pathOf(name) + "[" + i + "]", values.get(i)));
    }
    return Optional.of(List.copyOf(read));
  }

  /// A map of text to text, in the order written; empty when absent.
  public Map<String, String> stringMap(String name) {
    return object(name).map(JsonObject::element);
  }

  /// This object as a map of text to text, in the order written.
  public Map<String, String> texts() {
    return map(JsonObject::element);
  }

  /// This object as a map of text to text, in the order written; `null` is an empty value.
  public Map<String, Optional<String>> optionalTexts() {
    return map(
        (where, value) -> value == null ? Optional.empty() : Optional.of(element(where, value)));
  }

  /// A map of text to objects (`{"80/tcp": {}}`); empty when absent.
  public Map<String, JsonObject> objectMap(String name) {
    return object(name)
        .map(
            (where, value) -> {
              if (value == null) {
                return new JsonObject(where, Map.of());
              }
              if (!(value instanceof JsonObject object)) {
                throw mismatchAt(where, "an object", value);
              }
              return object;
            });
  }

  private <T> Map<String, T> map(Element<T> element) {
    Map<String, T> read = new LinkedHashMap<>();
    fields.forEach((name, value) -> read.put(name, element.read(pathOf(name), value)));
    return Collections.unmodifiableMap(read);
  }

  /// What `read` makes of the object, when it is there.
  public <T> Optional<T> optional(String name, Function<JsonObject, T> read) {
    return optionalObject(name).map(read);
  }

  @Override
  public String toString() {
    return fields.toString();
  }
}
