/// The packet filter of a network namespace, through libnftables in this process.
package gantry.linux.nftables;
