package gantry.oci;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What JSON leaves out becomes what it means: the empty list, map or string. Order is kept.
final class Values {
  private Values() {}

  static <T> List<T> list(@Nullable List<T> values) {
    return values == null ? List.of() : List.copyOf(values);
  }

  static <V> Map<String, V> map(@Nullable Map<String, V> values) {
    if (values == null || values.isEmpty()) {
      return Map.of();
    }
    values.forEach(
        (key, value) -> {
          if (value == null) {
            throw new IllegalArgumentException("'" + key + "' has no value");
          }
        });
    return Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  static Set<String> set(@Nullable Set<String> values) {
    return values == null || values.isEmpty()
        ? Set.of()
        : Collections.unmodifiableSet(new LinkedHashSet<>(values));
  }

  static String text(@Nullable String value) {
    return value == null ? "" : value;
  }
}
