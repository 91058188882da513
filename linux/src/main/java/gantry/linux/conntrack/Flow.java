package gantry.linux.conntrack;

import java.net.InetAddress;

/// A connection, or datagrams between the same two ends, as they were first seen and as their
/// answers come; where an address was translated the two differ.
///
/// @param protocol its number, 17 for UDP
/// @param to where the first packet was sent
/// @param port of `to`
/// @param answersFrom who answers
/// @param answersPort of `answersFrom`
public record Flow(
    int protocol, InetAddress to, int port, InetAddress answersFrom, int answersPort) {}
