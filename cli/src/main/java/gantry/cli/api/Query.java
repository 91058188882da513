package gantry.cli.api;

import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/// A path with its query, built parameter by parameter.
public final class Query {

  private final StringBuilder text;
  private char separator = '?';

  private Query(String path) {
    this.text = new StringBuilder(path);
  }

  /// Starts with a path below the version, e.g. `/containers/json`.
  public static Query of(String path) {
    return new Query(path);
  }

  /// `name` as one segment of a path.
  public static String segment(String name) {
    return encode(name);
  }

  public Query add(String name, String value) {
    text.append(separator).append(name).append('=').append(encode(value));
    separator = '&';
    return this;
  }

  /// Adds `name=1` when `condition` holds.
  public Query flag(String name, boolean condition) {
    return condition ? add(name, "1") : this;
  }

  /// Adds the parameter unless it is empty.
  public Query optional(String name, String value) {
    return value.isEmpty() ? this : add(name, value);
  }

  /// Adds `filters` in the form of the Go client, `{"label":{"a=b":true}}`; nothing when there are
  /// none.
  ///
  /// @param filters texts of the form `name=value`
  public Query filters(List<String> filters) {
    return filters.isEmpty() ? this : add("filters", encodeFilters(filters));
  }

  static String encodeFilters(List<String> filters) {
    JsonObject all = JsonObject.create();
    for (String filter : filters) {
      int equals = filter.indexOf('=');
      String name = filter.substring(0, equals).strip().toLowerCase(Locale.ROOT);
      JsonObject values = all.has(name) ? all.object(name) : JsonObject.create();
      all.put(name, values.put(filter.substring(equals + 1).strip(), true));
    }
    return Json.write(all, Json.Escaping.PLAIN);
  }

  private static String encode(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '-'
              || c == '_'
              || c == '.';
      if (!plain) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
      }
    }
    return value;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
