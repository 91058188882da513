/// What must survive: one SQLite database, its transactions and its migrations.
@org.jspecify.annotations.NullMarked
module gantry.state {
  requires static transitive org.jspecify;
  requires transitive java.sql;
  requires org.xerial.sqlitejdbc;

  exports gantry.state;
}
