/// The user's terminal: whether there is one, its size, raw mode, and the signals that reach us.
package gantry.cli.terminal;
