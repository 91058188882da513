/// Netlink: requests to the kernel's tables of links, addresses, routes and rules, as messages of
/// bounded attributes.
package gantry.linux.netlink;
