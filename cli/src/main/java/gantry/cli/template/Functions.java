package gantry.cli.template;

import gantry.cli.format.GoNumbers;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import gantry.cli.template.GoValue.GoMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/// The functions that a template may call: Go's own, and Docker's.
final class Functions {

  private static final Set<String> NAMES =
      Set.of(
          "and",
          "or",
          "not",
          "eq",
          "ne",
          "lt",
          "le",
          "gt",
          "ge",
          "len",
          "index",
          "slice",
          "print",
          "println",
          "printf",
          "html",
          "json",
          "split",
          "join",
          "lower",
          "upper",
          "title",
          "pad",
          "truncate");

  private Functions() {}

  static boolean known(String name) {
    return NAMES.contains(name);
  }

  /// Calls a function; throws [IllegalArgumentException] with the words behind `error calling x: `.
  static Object call(String name, List<Object> arguments) {
    return switch (name) {
      case "not" -> !GoValue.truth(argument(arguments, 0));
      case "eq" -> equalsAny(arguments);
      case "ne" -> !equal(argument(arguments, 0), argument(arguments, 1));
      case "lt" -> compare(arguments) < 0;
      case "le" -> compare(arguments) <= 0;
      case "gt" -> compare(arguments) > 0;
      case "ge" -> compare(arguments) >= 0;
      case "len" -> length(argument(arguments, 0));
      case "index" -> index(arguments);
      case "slice" -> slice(arguments);
      case "print" -> sprint(arguments);
      case "println" -> sprintln(arguments);
      case "printf" -> Printf.format(text(arguments, 0), arguments.subList(1, arguments.size()));
      case "html" ->
          text(arguments, 0)
              .replace("&", "&amp;")
              .replace("<", "&lt;")
              .replace(">", "&gt;")
              .replace("\"", "&#34;")
              .replace("'", "&#39;");
      case "json" -> json(argument(arguments, 0));
      case "split" ->
          List.<Object>of(
              (Object[]) text(arguments, 0).split(Pattern.quote(text(arguments, 1)), -1));
      case "join" -> join(arguments);
      case "lower" -> text(arguments, 0).toLowerCase(Locale.ROOT);
      case "upper" -> text(arguments, 0).toUpperCase(Locale.ROOT);
      case "title" -> title(text(arguments, 0));
      case "pad" -> pad(text(arguments, 0), (int) number(arguments, 1), (int) number(arguments, 2));
      case "truncate" -> truncate(text(arguments, 0), (int) number(arguments, 1));
      default -> throw new IllegalStateException(name);
    };
  }

  private static Object argument(List<Object> arguments, int index) {
    if (index >= arguments.size()) {
      throw new IllegalArgumentException(
          "wrong number of args: want at least " + (index + 1) + " got " + arguments.size());
    }
    return arguments.get(index);
  }

  private static String text(List<Object> arguments, int index) {
    Object value = argument(arguments, index);
    if (value instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(
        "wrong type for value; expected string; got " + GoValue.print(value));
  }

  private static long number(List<Object> arguments, int index) {
    if (argument(arguments, index) instanceof Long number) {
      return number;
    }
    throw new IllegalArgumentException(
        "expected integer; found " + GoValue.print(arguments.get(index)));
  }

  private static boolean equalsAny(List<Object> arguments) {
    Object first = argument(arguments, 0);
    if (arguments.size() < 2) {
      throw new IllegalArgumentException("missing argument for comparison");
    }
    return arguments.stream().skip(1).anyMatch(other -> equal(first, other));
  }

  private static boolean equal(Object left, Object right) {
    if (left instanceof Number a && right instanceof Number b) {
      return a.doubleValue() == b.doubleValue() && a.longValue() == b.longValue();
    }
    if (left.getClass() != right.getClass()
        && !(left instanceof GoValue)
        && !(right instanceof GoValue)) {
      throw new IllegalArgumentException("incompatible types for comparison");
    }
    return left.equals(right);
  }

  private static int compare(List<Object> arguments) {
    Object left = argument(arguments, 0);
    Object right = argument(arguments, 1);
    if (left instanceof Number a && right instanceof Number b) {
      return Double.compare(a.doubleValue(), b.doubleValue());
    }
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    throw new IllegalArgumentException("incompatible types for comparison");
  }

  private static Object length(Object value) {
    return switch (value) {
      case String text -> (long) text.getBytes(StandardCharsets.UTF_8).length;
      case List<?> list -> (long) list.size();
      case GoMap(Map<String, Object> entries) -> (long) entries.size();
      case JsonObject(Map<String, Object> members) -> (long) members.size();
      case GoValue.Nil _ -> 0L;
      case JsonNull _ -> throw new IllegalArgumentException("len of nil pointer");
      default ->
          throw new IllegalArgumentException("len of type " + value.getClass().getSimpleName());
    };
  }

  private static Object index(List<Object> arguments) {
    Object value = argument(arguments, 0);
    for (Object key : arguments.subList(1, arguments.size())) {
      value = indexOne(value, key);
    }
    return value;
  }

  private static Object indexOne(Object value, Object key) {
    return switch (value) {
      case List<?> list -> {
        long at = key instanceof Number number ? number.longValue() : -1;
        if (at < 0 || at >= list.size()) {
          throw new IllegalArgumentException("index out of range: " + GoValue.print(key));
        }
        yield list.get((int) at);
      }
      case GoMap(Map<String, Object> entries) ->
          entries.containsKey(key) ? GoValue.typed("", entries.get(key)) : zeroLike(entries);
      case JsonObject object ->
          object.members().containsKey(key)
              ? GoValue.typed(key.toString(), object.get(key.toString()))
              : "";
      case GoValue.Nil nil when nil == GoValue.Nil.MAP -> "";
      case GoValue.Nil _ -> throw new IllegalArgumentException("index of untyped nil");
      default -> throw new IllegalArgumentException("index of untyped nil");
    };
  }

  /// The zero value of a map's element type, guessed from its other entries.
  private static Object zeroLike(Map<String, Object> entries) {
    boolean texts = entries.values().stream().allMatch(String.class::isInstance);
    return texts ? "" : GoValue.Nil.SLICE;
  }

  private static Object slice(List<Object> arguments) {
    return switch (argument(arguments, 0)) {
      case String text -> {
        int end = bound(arguments, 2, text.length(), text.length());
        yield text.substring(begin(arguments, text.length(), end), end);
      }
      case List<?> list -> {
        int end = bound(arguments, 2, list.size(), list.size());
        yield list.subList(begin(arguments, list.size(), end), end);
      }
      default -> throw new IllegalArgumentException("can't slice item of that type");
    };
  }

  private static int begin(List<Object> arguments, int length, int end) {
    int begin = bound(arguments, 1, 0, length);
    if (begin > end) {
      throw new IllegalArgumentException("invalid slice index: " + begin + " > " + end);
    }
    return begin;
  }

  private static int bound(List<Object> arguments, int index, int absent, int length) {
    if (arguments.size() <= index) {
      return absent;
    }
    long bound = number(arguments, index);
    if (bound < 0 || bound > length) {
      throw new IllegalArgumentException("index out of range: " + bound);
    }
    return (int) bound;
  }

  private static String sprint(List<Object> arguments) {
    StringBuilder out = new StringBuilder();
    boolean previousText = true;
    for (int i = 0; i < arguments.size(); i++) {
      boolean isText = arguments.get(i) instanceof String;
      if (i > 0 && !isText && !previousText) {
        out.append(' ');
      }
      out.append(GoValue.print(arguments.get(i)));
      previousText = isText;
    }
    return out.toString();
  }

  private static String sprintln(List<Object> arguments) {
    List<String> words = new ArrayList<>();
    arguments.forEach(argument -> words.add(GoValue.print(argument)));
    return String.join(" ", words) + "\n";
  }

  /// `{{json x}}`: the keys of rows and of maps are sorted, the members of other objects stay in
  /// the order of Docker's structs, in which daemons send them.
  private static String json(Object value) {
    return value instanceof Row row
        ? Json.write(rowObject(row), Json.Escaping.HTML)
        : Json.write(plain(value), Json.Escaping.PLAIN);
  }

  private static Map<String, Object> rowObject(Row row) {
    Map<String, Object> fields = new TreeMap<>();
    for (String name : row.jsonFields()) {
      row.field(name, List.of()).ifPresent(field -> fields.put(name, plain(field)));
    }
    return fields;
  }

  private static Object plain(Object value) {
    return switch (value) {
      case GoMap(Map<String, Object> entries) -> {
        Map<String, Object> sorted = new TreeMap<>();
        entries.forEach((key, entry) -> sorted.put(key, plain(entry)));
        yield sorted;
      }
      case JsonObject object -> {
        JsonObject members = JsonObject.create();
        for (String name : object.members().keySet()) {
          members.put(name, plain(GoValue.member(object, name)));
        }
        yield members;
      }
      case List<?> list -> list.stream().map(Functions::plain).toList();
      case GoValue.Absent _ -> JsonNull.NULL;
      default -> value;
    };
  }

  private static String join(List<Object> arguments) {
    if (argument(arguments, 0) == GoValue.Nil.SLICE) {
      return "";
    }
    if (!(argument(arguments, 0) instanceof List<?> list)) {
      throw new IllegalArgumentException(
          "wrong type for value; expected []string; got " + GoValue.print(arguments.getFirst()));
    }
    List<String> parts = new ArrayList<>();
    list.forEach(element -> parts.add(GoValue.print(element)));
    return String.join(text(arguments, 1), parts);
  }

  private static String title(String text) {
    StringBuilder out = new StringBuilder(text);
    for (int i = 0; i < out.length(); i++) {
      if (i == 0
          || (!Character.isLetterOrDigit(out.charAt(i - 1))
              && out.charAt(i - 1) != '_'
              && out.charAt(i - 1) != '\'')) {
        out.setCharAt(i, Character.toTitleCase(out.charAt(i)));
      }
    }
    return out.toString();
  }

  private static String pad(String text, int before, int after) {
    return text.isEmpty() ? text : " ".repeat(before) + text + " ".repeat(after);
  }

  private static String truncate(String text, int length) {
    return text.codePointCount(0, text.length()) <= length
        ? text
        : text.substring(0, text.offsetByCodePoints(0, length));
  }

  /// `fmt.Sprintf` for the verbs that formats use.
  private static final class Printf {
    static String format(String format, List<Object> arguments) {
      StringBuilder out = new StringBuilder();
      int next = 0;
      for (int i = 0; i < format.length(); i++) {
        char c = format.charAt(i);
        if (c != '%') {
          out.append(c);
          continue;
        }
        int start = ++i;
        while (i < format.length() && "-+# 0123456789.".indexOf(format.charAt(i)) >= 0) {
          i++;
        }
        if (i >= format.length()) {
          out.append("%!(NOVERB)");
          break;
        }
        char verb = format.charAt(i);
        if (verb == '%') {
          out.append('%');
        } else if (next >= arguments.size()) {
          out.append("%!").append(verb).append("(MISSING)");
        } else {
          out.append(one(format.substring(start, i), verb, arguments.get(next++)));
        }
      }
      return out.toString();
    }

    private static String one(String flags, char verb, Object value) {
      int dot = flags.indexOf('.');
      String width = (dot < 0 ? flags : flags.substring(0, dot)).replaceAll("[^0-9]", "");
      int precision =
          dot < 0 ? -1 : dot == flags.length() - 1 ? 0 : Integer.parseInt(flags.substring(dot + 1));
      String text =
          switch (verb) {
            case 'q' -> GoNumbers.quote(GoValue.print(value));
            case 'f', 'F' ->
                value instanceof Number number
                    ? GoNumbers.formatF(number.doubleValue(), precision < 0 ? 6 : precision)
                    : bad(verb, value);
            case 'd' -> value instanceof Long ? value.toString() : bad(verb, value);
            case 'x' ->
                value instanceof Long number ? Long.toHexString(number) : hex(GoValue.print(value));
            case 'v', 's', 't' -> GoValue.print(value);
            default -> bad(verb, value);
          };
      if (verb == 's' && precision >= 0 && precision < text.length()) {
        text = text.substring(0, precision);
      }
      if (width.isEmpty()) {
        return text;
      }
      boolean zero = width.startsWith("0") && !flags.startsWith("-");
      int missing = Integer.parseInt(width) - text.codePointCount(0, text.length());
      String fill = (zero ? "0" : " ").repeat(Math.max(0, missing));
      return flags.startsWith("-") ? text + fill : fill + text;
    }

    private static String hex(String text) {
      return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String bad(char verb, Object value) {
      String type =
          value instanceof String
              ? "string"
              : value instanceof Boolean ? "bool" : value instanceof Double ? "float64" : "int";
      return "%!" + verb + "(" + type + "=" + GoValue.print(value) + ")";
    }
  }
}
