package gantry.cli.inspect;

import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Session;
import gantry.cli.json.Json;
import gantry.cli.json.JsonIndent;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Looks things up by name and prints them as the daemon described them, or through a template.
public final class Inspection {

  private static final int BAD_TEMPLATE = 64;

  private Inspection() {}

  /// Fetches one thing's description.
  @FunctionalInterface
  public interface Lookup {
    byte[] fetch(String name) throws IOException;
  }

  /// Prints each of `names`.
  ///
  /// @param format `json`, a template, or empty for JSON on many lines
  /// @return 0
  /// @throws CliException after printing, with what was not found or a template's fault
  public static int print(Session session, List<String> names, String format, Lookup lookup)
      throws IOException {
    boolean templated = !format.isEmpty() && !format.equals("json");
    Optional<Template> template = templated ? Optional.of(parse(format)) : Optional.empty();
    List<String> descriptions = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    StringBuilder lines = new StringBuilder();
    for (String name : names) {
      try {
        String json = new String(lookup.fetch(name), StandardCharsets.UTF_8).strip();
        descriptions.add(json);
        if (template.isPresent()) {
          lines.append(template.get().execute(Json.parse(json), Missing.ERROR)).append('\n');
        }
      } catch (DaemonException e) {
        failures.add(e.getMessage());
      } catch (TemplateException e) {
        failures.add("template parsing error: " + e.getMessage());
        break;
      }
    }
    session.out().print(templated ? orLineFeed(lines) : array(descriptions, format.isEmpty()));
    if (!failures.isEmpty()) {
      throw new CliException(String.join("\n", failures));
    }
    return 0;
  }

  private static Template parse(String format) {
    try {
      return Template.parse(format);
    } catch (TemplateException e) {
      throw new CliException("template parsing error: " + e.getMessage(), BAD_TEMPLATE);
    }
  }

  private static String orLineFeed(StringBuilder lines) {
    return lines.isEmpty() ? "\n" : lines.toString();
  }

  private static String array(List<String> descriptions, boolean indented) {
    String array = "[" + String.join(",", descriptions) + "]";
    return (indented ? JsonIndent.indent(array, "    ") : array) + "\n";
  }
}
