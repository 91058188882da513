package gantry.state;

import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// One connection and its prepared statements, each kept from its first use on. Not thread-safe.
final class Connection implements Transaction, AutoCloseable {
  private static final int BUSY_MILLIS = 10_000;

  private final Path file;
  private final java.sql.Connection jdbc;
  private final Map<String, PreparedStatement> statements = new HashMap<>();

  private Connection(Path file, java.sql.Connection jdbc) {
    this.file = file;
    this.jdbc = jdbc;
  }

  static Connection open(Path file) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(BUSY_MILLIS);
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
    config.enforceForeignKeys(true);
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setGetGeneratedKeys(false); // else each statement is looked through for INSERT
    try {
      return new Connection(file, config.createConnection("jdbc:sqlite:" + file));
    } catch (SQLException e) {
      throw failed(file, "cannot open", e);
    }
  }

  @Override
  public int update(String sql, Object... arguments) {
    try {
      return bound(sql, arguments).executeUpdate();
    } catch (SQLException e) {
      throw failed(file, "cannot write to", e);
    }
  }

  @Override
  public <T> List<T> query(String sql, Function<Row, T> reader, Object... arguments) {
    try (ResultSet result = bound(sql, arguments).executeQuery()) {
      Row row = new Row(result);
      List<T> values = new ArrayList<>();
      while (result.next()) {
        values.add(reader.apply(row));
      }
      return values;
    } catch (SQLException e) {
      throw failed(file, "cannot read", e);
    }
  }

  @Override
  public <T> Optional<T> first(String sql, Function<Row, T> reader, Object... arguments) {
    try (ResultSet result = bound(sql, arguments).executeQuery()) {
      return result.next() ? Optional.of(reader.apply(new Row(result))) : Optional.empty();
    } catch (SQLException e) {
      throw failed(file, "cannot read", e);
    }
  }

  /// Runs a script of several statements, outside of the cache.
  void script(String sql) {
    try (Statement statement = jdbc.createStatement()) {
      statement.executeUpdate(sql);
    } catch (SQLException e) {
      throw failed(file, "cannot change", e);
    }
  }

  private PreparedStatement bound(String sql, Object... arguments) throws SQLException {
    PreparedStatement statement = statements.get(sql);
    if (statement == null) {
      statement = jdbc.prepareStatement(sql);
      statements.put(sql, statement);
    }
    for (int i = 0; i < arguments.length; i++) {
      bind(statement, i + 1, arguments[i]);
    }
    return statement;
  }

  private static void bind(PreparedStatement statement, int index, Object value)
      throws SQLException {
    switch (value) {
      case String text -> statement.setString(index, text);
      case Long number -> statement.setLong(index, number);
      case Integer number -> statement.setInt(index, number);
      case Boolean truth -> statement.setInt(index, truth ? 1 : 0);
      case byte[] bytes -> statement.setBytes(index, bytes);
      case Optional<?> optional when optional.isEmpty() -> statement.setObject(index, null);
      case Optional<?> optional -> bind(statement, index, optional.get());
      default -> statement.setString(index, value.toString());
    }
  }

  private static StateException failed(Path file, String what, SQLException e) {
    SQLiteErrorCode code =
        e instanceof SQLiteException sqlite
            ? sqlite.getResultCode()
            : SQLiteErrorCode.UNKNOWN_ERROR;
    String advice =
        switch (code) {
          case SQLITE_FULL -> "the disk is full; nothing was changed";
          case SQLITE_CORRUPT, SQLITE_NOTADB ->
              "it is damaged; restore it from a copy, or move the data root aside to start anew";
          case SQLITE_BUSY -> "another process has it open";
          default -> String.valueOf(e.getMessage());
        };
    return new StateException("%s database '%s': %s".formatted(what, file, advice), e);
  }

  @Override
  public void close() {
    try {
      for (PreparedStatement statement : statements.values()) {
        statement.close();
      }
      jdbc.close();
    } catch (SQLException e) {
      throw failed(file, "cannot close", e);
    }
  }
}
