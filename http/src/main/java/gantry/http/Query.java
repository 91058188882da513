package gantry.http;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Parameters of a request in the form `a=1&b=2`: from the query, and from a form body.
///
/// Names and values are decoded; a bad escape leaves the text as it was written.
public final class Query {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  private Query() {}

  /// Parses the text after the question mark; empty text has no parameters.
  public static Query parse(String text) {
    Query query = new Query();
    query.add(text);
    return query;
  }

  /// Adds further parameters, after those that are there.
  public void add(String text) {
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('&', start);
      if (end < 0) {
        end = text.length();
      }
      if (end > start) {
        addPair(text.substring(start, end));
      }
      start = end + 1;
    }
  }

  private void addPair(String pair) {
    int equals = pair.indexOf('=');
    String name = equals < 0 ? pair : pair.substring(0, equals);
    String value = equals < 0 ? "" : pair.substring(equals + 1);
    values.computeIfAbsent(decode(name, true), _ -> new ArrayList<>(1)).add(decode(value, true));
  }

  /// The first value of that name.
  public Optional<String> first(String name) {
    List<String> all = values.get(name);
    return all == null ? Optional.empty() : Optional.of(all.getFirst());
  }

  /// The first value of that name; empty text when there is none.
  public String text(String name) {
    return first(name).orElse("");
  }

  public boolean has(String name) {
    return values.containsKey(name);
  }

  public List<String> all(String name) {
    return values.getOrDefault(name, List.of());
  }

  /// Decodes percent escapes as UTF-8, and `+` as a space when `plus`.
  static String decode(String text, boolean plus) {
    if (text.indexOf('%') < 0 && (!plus || text.indexOf('+') < 0)) {
      return text;
    }
    byte[] in = text.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[in.length];
    int length = 0;
    for (int i = 0; i < in.length; i++) {
      if (in[i] == '%' && i + 2 < in.length && hex(in[i + 1]) >= 0 && hex(in[i + 2]) >= 0) {
        out[length++] = (byte) (hex(in[i + 1]) << 4 | hex(in[i + 2]));
        i += 2;
      } else {
        out[length++] = plus && in[i] == '+' ? (byte) ' ' : in[i];
      }
    }
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }

  private static int hex(byte b) {
    return Character.digit(b, 16);
  }
}
