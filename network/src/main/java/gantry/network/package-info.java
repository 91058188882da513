/// How containers reach the world: bridges, addresses, names, translated addresses.
package gantry.network;
