package gantry.build.dockerfile;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;

/// A compact rendering of what was read, a line each instruction: its lines, its kind, and every
/// part that is not empty. Long texts are cut, with length and checksum behind.
final class Dump {
  private static final int SHOWN = 100;

  private Dump() {}

  static String dump(Dockerfile file) {
    List<String> lines = new ArrayList<>();
    Directives directives = file.directives();
    directives.syntax().ifPresent(s -> lines.add("syntax " + s));
    if (directives.escape() != '\\') {
      lines.add("escape " + directives.escape());
    }
    file.globalArgs().forEach(arg -> lines.add(instruction(arg)));
    for (Stage stage : file.stages()) {
      lines.add(instruction(stage.from()));
      stage.instructions().forEach(i -> lines.add(instruction(i)));
    }
    return String.join("\n", lines);
  }

  private static String instruction(Instruction instruction) {
    Span span = instruction.origin().span();
    String lines =
        span.firstLine() == span.lastLine()
            ? Integer.toString(span.firstLine())
            : span.firstLine() + "-" + span.lastLine();
    return lines + " " + value(instruction);
  }

  private static String value(Object value) {
    return switch (value) {
      case String text -> text(text);
      case Optional<?> optional -> optional.map(Dump::value).orElse("");
      case List<?> list -> "[" + String.join(", ", list.stream().map(Dump::value).toList()) + "]";
      case Record record -> record(record);
      default -> value.toString();
    };
  }

  private static String text(String text) {
    if (text.length() <= SHOWN) {
      return GoText.quote(text);
    }
    CRC32 sum = new CRC32();
    sum.update(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return GoText.quote(text.substring(0, SHOWN))
        + "…%d:%08x".formatted(text.length(), sum.getValue());
  }

  private static String record(Record record) {
    List<String> parts = new ArrayList<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      Object part = part(record, component);
      if (!(part instanceof Origin) && !isEmpty(part)) {
        parts.add(component.getName() + "=" + value(part));
      }
    }
    return record.getClass().getSimpleName() + "(" + String.join(" ", parts) + ")";
  }

  private static Object part(Record record, RecordComponent component) {
    try {
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  private static boolean isEmpty(Object part) {
    return part.equals(Optional.empty())
        || part.equals(List.of())
        || part.equals(false)
        || part.equals(java.time.Duration.ZERO)
        || part.equals(0)
        || part == Run.Network.DEFAULT
        || part == Run.Security.SANDBOX;
  }
}
