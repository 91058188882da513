package gantry.cli.listing;

import gantry.cli.command.CliException;
import gantry.cli.format.ColumnLayout;
import gantry.cli.template.Row;
import gantry.cli.template.Template;
import gantry.cli.template.Template.Missing;
import gantry.cli.template.TemplateException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A kind of list: its columns, and how items are printed by `table …`, `json` or any template.
///
/// @param typeName what Go's messages call an item, e.g. `*formatter.ContainerContext`
public record Listing<T>(String typeName, List<Column<T>> columns) {

  private static final String TABLE = "table";

  /// The items as text, a line feed behind each.
  ///
  /// @param format a template, `table` and a template, or `json`
  /// @throws CliException when the template is wrong
  public String print(String format, List<T> items) {
    boolean table = format.startsWith(TABLE);
    Template template = parse(table ? format.substring(TABLE.length()) : format);
    StringBuilder rows = new StringBuilder();
    for (T item : items) {
      rows.append(execute(template, new Item<>(this, item))).append('\n');
    }
    return table
        ? new ColumnLayout(10, 3).layOut(execute(template, headings()) + "\n" + rows)
        : rows.toString();
  }

  private static Template parse(String format) {
    String text =
        format.equals("json")
            ? "{{json .}}"
            : format.strip().replace("\\t", "\t").replace("\\n", "\n");
    try {
      return Template.parse(text);
    } catch (TemplateException e) {
      throw new CliException("failed to parse template: " + e.getMessage());
    }
  }

  private static String execute(Template template, Object data) {
    try {
      return template.execute(data, Missing.NO_VALUE);
    } catch (TemplateException e) {
      throw new CliException("failed to execute template: " + e.getMessage());
    }
  }

  private Map<String, Object> headings() {
    Map<String, Object> headings = new HashMap<>();
    columns.forEach(column -> headings.put(column.name(), column.heading()));
    return headings;
  }

  private record Item<T>(Listing<T> listing, T item) implements Row {
    @Override
    public Optional<Object> field(String name, List<Object> arguments) {
      for (Column<T> column : listing.columns) {
        if (column.name().equals(name)) {
          return Optional.of(
              arguments.isEmpty() ? column.value().apply(item) : labelled(arguments));
        }
      }
      return name.equals("Label") && !arguments.isEmpty()
          ? Optional.of(labelled(arguments))
          : Optional.empty();
    }

    /// `.Label "key"`: one of the labels, empty when it is not set.
    private Object labelled(List<Object> arguments) {
      return item instanceof Labelled labelled
          ? labelled.label(String.valueOf(arguments.getFirst()))
          : "";
    }

    @Override
    public List<String> jsonFields() {
      return listing.columns.stream().filter(Column::shownInJson).map(Column::name).toList();
    }

    @Override
    public String typeName() {
      return listing.typeName;
    }
  }

  /// An item whose labels a template may ask for by name.
  public interface Labelled {
    /// The label's value, or the empty text.
    String label(String key);
  }
}
