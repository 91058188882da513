/// What a command is, and what it is given when it runs: its parsed arguments, the streams, the
/// daemon.
package gantry.cli.command;
