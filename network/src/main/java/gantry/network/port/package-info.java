/// Published ports: ports of the host that lead to containers.
///
/// [gantry.network.port.Ports] holds a port of the host for each, so that nobody else gets it, and
/// leads what comes there to the container by the packet filter alone: no process stands between,
/// and what is under way goes on whatever becomes of the daemon. The host's own firewall decides
/// who may reach a published port, by the same rules as for a service of the host: see
/// [gantry.network.port.PortTable].
@org.jspecify.annotations.NullMarked
package gantry.network.port;
