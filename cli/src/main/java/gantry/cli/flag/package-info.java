/// The command line's grammar: tables of flags, and the parser that reads arguments as Go's pflag
/// does.
package gantry.cli.flag;
