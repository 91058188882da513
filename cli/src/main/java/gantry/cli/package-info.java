/// The `gantry` command: Docker's commands, spoken over HTTP to a daemon.
package gantry.cli;
