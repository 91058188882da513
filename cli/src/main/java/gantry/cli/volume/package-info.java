/// The commands on volumes.
package gantry.cli.volume;
