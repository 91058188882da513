package gantry.cli.format;

import java.util.ArrayList;
import java.util.List;

/// Lays text with tabs out in columns, as Go's `text/tabwriter` does with cells of a least width
/// and blanks between them.
///
/// A column is a run of consecutive lines that have a tab-ended cell at the same position; it is as
/// wide as its widest cell plus the padding, and at least the least width. What follows a line's
/// last tab belongs to no column.
public final class ColumnLayout {

  private final int leastWidth;
  private final int padding;

  /// @param leastWidth the smallest column, padding included, in characters
  /// @param padding the blanks after a column's widest cell
  public ColumnLayout(int leastWidth, int padding) {
    this.leastWidth = leastWidth;
    this.padding = padding;
  }

  /// `text` with its tabs turned into blanks.
  public String layOut(String text) {
    List<String[]> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      lines.add(line.split("\t", -1));
    }
    StringBuilder out = new StringBuilder(text.length() * 2);
    boolean endsInLineFeed = lines.getLast().length == 1 && lines.getLast()[0].isEmpty();
    if (endsInLineFeed) {
      lines.removeLast();
    }
    int[][] widths = new int[lines.size()][];
    for (int i = 0; i < lines.size(); i++) {
      widths[i] = new int[lines.get(i).length - 1];
    }
    measure(lines, widths, 0, lines.size(), 0);
    for (int i = 0; i < lines.size(); i++) {
      String[] cells = lines.get(i);
      for (int c = 0; c < cells.length; c++) {
        out.append(cells[c]);
        if (c < cells.length - 1) {
          out.repeat(' ', Math.max(0, widths[i][c] - length(cells[c])));
        }
      }
      if (i < lines.size() - 1 || endsInLineFeed) {
        out.append('\n');
      }
    }
    return out.toString();
  }

  /// Sets the widths of `column` in each run of lines that have it, and of the columns to its right
  /// within that run.
  private void measure(List<String[]> lines, int[][] widths, int from, int to, int column) {
    int start = from;
    while (start < to) {
      if (widths[start].length <= column) {
        start++;
        continue;
      }
      int end = start;
      int width = leastWidth;
      while (end < to && widths[end].length > column) {
        int cell = length(lines.get(end)[column]);
        width = Math.max(width, cell + padding);
        end++;
      }
      for (int i = start; i < end; i++) {
        widths[i][column] = width;
      }
      measure(lines, widths, start, end, column + 1);
      start = end;
    }
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
