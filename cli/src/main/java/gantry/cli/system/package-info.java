/// The commands on the daemon as a whole.
package gantry.cli.system;
