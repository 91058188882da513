package gantry.cli.create;

import java.util.ArrayList;
import java.util.List;

/// One line of comma-separated fields, quoted where they hold commas themselves (RFC 4180).
public final class Csv {

  private Csv() {}

  /// The fields of a line.
  public static List<String> split(String line) {
    if (line.isEmpty()) {
      throw new IllegalArgumentException("EOF");
    }
    List<String> fields = new ArrayList<>();
    int at = 0;
    while (at <= line.length()) {
      if (at < line.length() && line.charAt(at) == '"') {
        StringBuilder field = new StringBuilder();
        at = quoted(line, at + 1, field);
        fields.add(field.toString());
      } else {
        int comma = line.indexOf(',', at);
        int end = comma < 0 ? line.length() : comma;
        String field = line.substring(at, end);
        int quote = field.indexOf('"');
        if (quote >= 0) {
          throw new IllegalArgumentException(
              "parse error on line 1, column "
                  + (at + quote + 1)
                  + ": bare \" in non-quoted-field");
        }
        fields.add(field);
        at = end;
      }
      if (at >= line.length()) {
        return fields;
      }
      at++; // the comma
    }
    return fields;
  }

  /// Reads a quoted field from behind its first quote; returns the index of what follows it.
  private static int quoted(String line, int start, StringBuilder field) {
    int at = start;
    while (at < line.length()) {
      char c = line.charAt(at++);
      if (c != '"') {
        field.append(c);
      } else if (at < line.length() && line.charAt(at) == '"') {
        field.append('"');
        at++;
      } else {
        if (at < line.length() && line.charAt(at) != ',') {
          throw new IllegalArgumentException(
              "parse error on line 1, column " + at + ": extraneous or missing \" in quoted-field");
        }
        return at;
      }
    }
    throw new IllegalArgumentException(
        "parse error on line 1, column "
            + (line.length() + 1)
            + ": extraneous or missing \" in quoted-field");
  }
}
