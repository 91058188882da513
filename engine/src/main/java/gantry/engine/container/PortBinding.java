package gantry.engine.container;

/// A published port.
///
/// @param port `80/tcp`
/// @param hostAddress empty for all
/// @param hostPort a port, a range `8000-8010`, or empty for a random one
public record PortBinding(String port, String hostAddress, String hostPort) {}
