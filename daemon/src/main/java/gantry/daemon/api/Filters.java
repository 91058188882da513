package gantry.daemon.api;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import gantry.daemon.json.JsonException;
import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// The parameter `filters` of lists, prunes and events: by name, the values of which one (for
/// labels: each) must match.
///
/// Two forms are understood: `{"label": {"a=b": true}}`, where the boolean says nothing, and
/// `{"label": ["a=b"]}`.
final class Filters {
  private static final Filters NONE = new Filters(Map.of());

  private final Map<String, Set<String>> values;
  private final Map<String, Optional<Pattern>> patterns = new ConcurrentHashMap<>();

  private Filters(Map<String, Set<String>> values) {
    this.values = values;
  }

  /// Reads the parameter; empty text filters nothing.
  static Filters parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    try {
      return JsonReader.readObject(text).map(Filters::of).orElse(NONE);
    } catch (JsonException e) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, "invalid filter: " + e.getMessage(), e);
    }
  }

  private static Filters of(JsonObject object) {
    Map<String, Set<String>> values = new LinkedHashMap<>();
    long lists = object.names().stream().filter(object::hasList).count();
    if (lists != 0 && lists != object.names().size()) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "invalid filter: lists and objects must not be mixed");
    }
    for (String name : object.names()) {
      values.put(name, valuesOf(object, name));
    }
    return new Filters(values);
  }

  private static Set<String> valuesOf(JsonObject object, String name) {
    if (!object.hasList(name)) {
      JsonObject set = object.object(name);
      set.names().forEach(set::flag);
      return set.names();
    }
    return new LinkedHashSet<>(object.strings(name));
  }

  /// Refuses names that mean nothing here.
  Filters accepting(String... names) {
    for (String name : values.keySet()) {
      if (!List.of(names).contains(name)) {
        throw invalid(name, Optional.empty(), "");
      }
    }
    return this;
  }

  private static EngineException invalid(String name, Optional<String> value, String why) {
    String filter = value.map(text -> name + "=" + text).orElse(name);
    return new EngineException(
        ErrorKind.INVALID_ARGUMENT,
        "invalid filter '" + filter + "'" + (why.isEmpty() ? "" : ": " + why));
  }

  /// Whether there is no filter at all.
  boolean none() {
    return values.isEmpty();
  }

  boolean has(String name) {
    return !all(name).isEmpty();
  }

  Set<String> all(String name) {
    return values.getOrDefault(name, Set.of());
  }

  /// Whether there is no such filter, or one of its values passes the test.
  boolean any(String name, Predicate<String> test) {
    Set<String> wanted = all(name);
    return wanted.isEmpty() || wanted.stream().anyMatch(test);
  }

  /// Whether there is no such filter, or one of its values is, or as a regular expression is found
  /// in, one of `candidates`. The expressions are RE2's, as dockerd's are: they take linear time.
  boolean matches(String name, String... candidates) {
    return any(
        name,
        value -> {
          Optional<Pattern> pattern = patterns.computeIfAbsent(value, Filters::pattern);
          for (String candidate : candidates) {
            if (candidate.equals(value)
                || pattern.filter(p -> p.matcher(candidate).find()).isPresent()) {
              return true;
            }
          }
          return false;
        });
  }

  private static Optional<Pattern> pattern(String text) {
    try {
      return Optional.of(Pattern.compile(text));
    } catch (PatternSyntaxException _) {
      // Then it can only be the name itself.
      return Optional.empty();
    }
  }

  /// Whether the labels have all that `label` wants, and not all that `label!` refuses.
  boolean labels(Map<String, String> labels) {
    Set<String> refused = all("label!");
    return all("label").stream().allMatch(label -> hasLabel(labels, label))
        && (refused.isEmpty() || refused.stream().noneMatch(label -> hasLabel(labels, label)));
  }

  private static boolean hasLabel(Map<String, String> labels, String wanted) {
    int equals = wanted.indexOf('=');
    if (equals < 0) {
      return labels.containsKey(wanted);
    }
    return wanted.substring(equals + 1).equals(labels.get(wanted.substring(0, equals)));
  }

  /// The boolean of a filter that has at most one; empty when it is absent.
  Optional<Boolean> flag(String name) {
    Set<String> all = all(name);
    boolean yes = all.contains("1") || all.contains("true");
    boolean no = all.contains("0") || all.contains("false");
    if (all.isEmpty()) {
      return Optional.empty();
    }
    if (yes == no || all.size() > 1) {
      throw invalid(name, Optional.of(all.toString()), "");
    }
    return Optional.of(yes);
  }

  /// Refuses values that are not among the words.
  void checkWords(String name, String what, String... words) {
    for (String value : all(name)) {
      if (!List.of(words).contains(value)) {
        throw invalid(
            name,
            Optional.of(value),
            "invalid value for %s (%s): must be one of %s"
                .formatted(what, value, String.join(", ", words)));
      }
    }
  }

  /// Refuses values that are not whole numbers.
  void checkNumbers(String name) {
    for (String value : all(name)) {
      if (!value.matches("[+-]?\\d{1,9}")) {
        throw invalid(name, Optional.of(value), "\"%s\" is not a whole number".formatted(value));
      }
    }
  }

  /// The one value of a filter; a second one is refused.
  Optional<String> only(String name) {
    Set<String> all = all(name);
    if (all.size() > 1) {
      throw invalid(name, Optional.of(all.toString()), "more than one value");
    }
    return all.stream().findFirst();
  }
}
