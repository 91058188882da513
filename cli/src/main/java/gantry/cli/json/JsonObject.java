package gantry.cli.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A JSON object with its members in order.
///
/// Values are [String], [Long], [BigInteger], [Double], [Boolean], [JsonObject], `List<Object>` and
/// [JsonNull]. The typed accessors read a missing member, a `null` and a member of another type as
/// that type's empty value: daemons of many versions answer, and none of them sends every member.
///
/// @param members the members; not copied, owned by this object
public record JsonObject(Map<String, Object> members) {

  public static final JsonObject EMPTY = new JsonObject(Map.of());

  /// An object to be filled.
  public static JsonObject create() {
    return new JsonObject(new LinkedHashMap<>());
  }

  /// Sets a member and returns this object.
  public JsonObject put(String name, Object value) {
    members.put(name, value);
    return this;
  }

  public boolean has(String name) {
    return members.getOrDefault(name, JsonNull.NULL) != JsonNull.NULL;
  }

  /// The member, or [JsonNull#NULL].
  public Object get(String name) {
    return members.getOrDefault(name, JsonNull.NULL);
  }

  /// The member as text; empty when it is missing.
  public String text(String name) {
    return get(name) instanceof String text ? text : "";
  }

  /// The member as a whole number; 0 when it is missing.
  public long number(String name) {
    return get(name) instanceof Number number ? number.longValue() : 0;
  }

  /// The member as a floating number; 0 when it is missing. Unsigned 64-bit values keep their size.
  public double real(String name) {
    return get(name) instanceof Number number ? number.doubleValue() : 0;
  }

  public boolean bool(String name) {
    return get(name) instanceof Boolean truth && truth;
  }

  /// The member as an object; [#EMPTY] when it is missing.
  public JsonObject object(String name) {
    return get(name) instanceof JsonObject object ? object : EMPTY;
  }

  /// The member as a list; empty when it is missing.
  @SuppressWarnings("unchecked") // the reader and put() only ever store List<Object>
  public List<Object> list(String name) {
    return get(name) instanceof List<?> list ? (List<Object>) list : List.of();
  }

  /// The objects of a list member.
  public List<JsonObject> objects(String name) {
    List<JsonObject> objects = new ArrayList<>();
    for (Object element : list(name)) {
      if (element instanceof JsonObject object) {
        objects.add(object);
      }
    }
    return objects;
  }

  /// The texts of a list member.
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (Object element : list(name)) {
      if (element instanceof String text) {
        texts.add(text);
      }
    }
    return texts;
  }
}
