/// The commands on networks.
package gantry.cli.network;
