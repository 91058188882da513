/// What must survive: one SQLite database, its transactions and its migrations.
package gantry.state;
