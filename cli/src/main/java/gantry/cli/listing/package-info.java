/// Lists of things: tables of named columns, printed by a `--format`.
package gantry.cli.listing;
