package gantry.cli.listing;

import java.util.function.Function;

/// One column of a list: what a template calls it, its heading, and its value for an item.
///
/// @param shownInJson whether `{{json .}}` writes it
public record Column<T>(
    String name, String heading, boolean shownInJson, Function<T, Object> value) {

  public static <T> Column<T> of(String name, String heading, Function<T, Object> value) {
    return new Column<>(name, heading, true, value);
  }

  /// A column that templates can name but `{{json .}}` leaves out.
  public static <T> Column<T> unlisted(String name, String heading, Function<T, Object> value) {
    return new Column<>(name, heading, false, value);
  }
}
