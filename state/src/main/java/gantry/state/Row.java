package gantry.state;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// One row of a query's result, valid while its reader runs. Columns count from 1.
public final class Row {
  private final ResultSet result;

  Row(ResultSet result) {
    this.result = result;
  }

  /// Text; a NULL is our own bug.
  public String text(int column) {
    return orThrow(nullableText(column), column);
  }

  /// Text, empty for NULL.
  public Optional<String> optionalText(int column) {
    return Optional.ofNullable(nullableText(column));
  }

  private @Nullable String nullableText(int column) {
    try {
      return result.getString(column);
    } catch (SQLException e) {
      throw unreadable(column, e);
    }
  }

  /// A number; NULL is 0.
  public long number(int column) {
    try {
      return result.getLong(column);
    } catch (SQLException e) {
      throw unreadable(column, e);
    }
  }

  /// A number other than 0.
  public boolean truth(int column) {
    return number(column) != 0;
  }

  /// Bytes; a NULL is our own bug.
  public byte[] bytes(int column) {
    try {
      return orThrow(result.getBytes(column), column);
    } catch (SQLException e) {
      throw unreadable(column, e);
    }
  }

  private static <T> T orThrow(@Nullable T value, int column) {
    if (value == null) {
      throw new StateException("column " + column + " is NULL");
    }
    return value;
  }

  private static StateException unreadable(int column, SQLException e) {
    return new StateException("cannot read column " + column + ": " + e.getMessage(), e);
  }
}
