/// What must survive: one SQLite database, its transactions and its migrations.
///
/// Each room keeps its own tables, prefixed with its name, and its own numbered migrations.
package gantry.state;
