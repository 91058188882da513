/// Terminals: pseudo-terminals for containers, and the one that a command runs on.
package gantry.linux.terminal;
