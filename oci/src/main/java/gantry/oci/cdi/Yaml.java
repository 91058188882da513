package gantry.oci.cdi;

import gantry.oci.FormatException;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/// A YAML document as maps, lists, texts, numbers and truth values, and nothing else.
///
/// Bounded against foreign documents: nesting 50, 8 MiB of characters, no aliases of lists and
/// maps, by which a short document could mean a very long one.
final class Yaml {
  private static final int NESTING_MAX = 50;
  private static final int CHARACTERS_MAX = 8 << 20;

  /// Fields that are texts even where they look like numbers: `name: 0`.
  private static final Set<String> TEXTS = Set.of("name", "cdiVersion");

  private Yaml() {}

  /// @throws FormatException with the line that is wrong
  static Map<String, Object> read(byte[] yaml) {
    LoaderOptions options = new LoaderOptions();
    options.setNestingDepthLimit(NESTING_MAX);
    options.setCodePointLimit(CHARACTERS_MAX);
    options.setMaxAliasesForCollections(0);
    options.setAllowDuplicateKeys(false);
    options.setAllowRecursiveKeys(false);
    try {
      Object document =
          new org.yaml.snakeyaml.Yaml(new SafeConstructor(options))
              .load(new ByteArrayInputStream(yaml));
      if (document instanceof Map<?, ?> map) {
        return object(map);
      }
      throw new FormatException("invalid CDI spec: expected an object");
    } catch (YAMLException e) {
      throw new FormatException("invalid CDI spec: " + String.valueOf(e.getMessage()).strip(), e);
    }
  }

  private static Map<String, Object> object(Map<?, ?> map) {
    Map<String, Object> object = new LinkedHashMap<>();
    map.forEach(
        (key, value) -> {
          String name = String.valueOf(key);
          if (value != null) {
            object.put(name, TEXTS.contains(name) ? value.toString() : plain(value));
          }
        });
    return object;
  }

  private static Object plain(Object value) {
    return switch (value) {
      case Map<?, ?> map -> object(map);
      case List<?> list -> {
        List<Object> values = new ArrayList<>();
        for (Object element : list) {
          if (element != null) {
            values.add(plain(element));
          }
        }
        yield values;
      }
      case Number number -> number;
      case Boolean truth -> truth;
      default -> value.toString();
    };
  }
}
