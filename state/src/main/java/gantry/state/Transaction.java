package gantry.state;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Statements that happen together or not at all. Valid only within the work it was given to, on
/// its thread.
///
/// Arguments of `?` are text, boxed numbers, booleans (0 and 1), `byte[]`, an [Optional] of these
/// (empty is NULL), or anything else by its `toString`.
public interface Transaction {
  /// Runs a statement that changes rows; returns how many it changed.
  int update(String sql, Object... arguments);

  /// Reads all rows of a query.
  <T> List<T> query(String sql, Function<Row, T> reader, Object... arguments);

  /// Reads the first row of a query.
  <T> Optional<T> first(String sql, Function<Row, T> reader, Object... arguments);
}
