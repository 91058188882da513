package gantry.network.port;

import gantry.linux.socket.InetSocket;
import java.util.Locale;
import java.util.Optional;

/// What has ports.
public enum Protocol {
  TCP(6, InetSocket.Protocol.TCP),
  UDP(17, InetSocket.Protocol.UDP),
  SCTP(132, InetSocket.Protocol.SCTP);

  private final int number;
  private final InetSocket.Protocol socket;

  Protocol(int number, InetSocket.Protocol socket) {
    this.number = number;
    this.socket = socket;
  }

  /// Reads `tcp`, `udp` or `sctp`; empty for anything else.
  public static Optional<Protocol> find(String text) {
    for (Protocol protocol : values()) {
      if (protocol.toString().equals(text)) {
        return Optional.of(protocol);
      }
    }
    return Optional.empty();
  }

  /// Its number in the header of a packet.
  int number() {
    return number;
  }

  InetSocket.Protocol socket() {
    return socket;
  }

  /// In small letters, as in `80/tcp`.
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
