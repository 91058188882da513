/// How things are printed: numbers, sizes and durations as Go prints them, tables as its tabwriter
/// lays them out.
package gantry.cli.format;
