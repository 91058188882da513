/// The commands on containers.
package gantry.cli.container;
