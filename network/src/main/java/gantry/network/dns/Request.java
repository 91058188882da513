package gantry.network.dns;

import gantry.network.dns.Forwarder.Transport;
import java.util.function.Consumer;

/// A message that came from a container, and the way back.
final class Request {
  private final byte[] message;
  private final Transport transport;
  private final Consumer<byte[]> answer;

  /// @param answer takes the answer, from any thread
  Request(byte[] message, Transport transport, Consumer<byte[]> answer) {
    this.message = message;
    this.transport = transport;
    this.answer = answer;
  }

  byte[] message() {
    return message;
  }

  Transport transport() {
    return transport;
  }

  void answer(byte[] bytes) {
    answer.accept(bytes);
  }
}
