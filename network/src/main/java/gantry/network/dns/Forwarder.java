package gantry.network.dns;

import gantry.network.NamespaceWork;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// Asks name servers. Blocks: for virtual threads.
///
/// A query goes on byte for byte, with what the asker's EDNS says, under a number and from a port
/// that nobody can guess; only an answer from the server that was asked, to the same number and
/// question, is one.
final class Forwarder {
  private static final int DOMAIN = 53;
  private static final Duration PATIENCE = Duration.ofSeconds(3); // resolvers give up after 5

  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int CODE = 0x0f;
  private static final int QR = 0x80;

  private final int port;

  Forwarder() {
    this(DOMAIN);
  }

  /// For tests: servers that listen elsewhere.
  Forwarder(int port) {
    this.port = port;
  }

  /// How a query travels.
  enum Transport {
    DATAGRAM,
    CONNECTION
  }

  /// Asks one server after the other, from sockets of the namespace `place`, until one gives an
  /// answer that is more than a refusal; empty when none answers at all.
  Optional<byte[]> ask(
      Query query, Transport transport, List<InetAddress> servers, NamespaceWork place) {
    Optional<byte[]> refusal = Optional.empty();
    for (InetAddress server : servers) {
      Optional<byte[]> answer = ask(query, transport, server, place);
      if (answer.isPresent() && !refused(answer.get())) {
        return answer;
      }
      if (answer.isPresent()) {
        refusal = answer;
      }
    }
    return refusal;
  }

  private static boolean refused(byte[] answer) {
    int code = answer[3] & CODE;
    return code == ResponseCode.SERVER_FAILURE
        || code == ResponseCode.REFUSED
        || code == ResponseCode.NOT_IMPLEMENTED;
  }

  private Optional<byte[]> ask(
      Query query, Transport transport, InetAddress server, NamespaceWork place) {
    byte[] sent = query.bytes().clone();
    int number = RANDOM.nextInt(0x10000);
    number(sent, number >>> 8, number);
    try {
      byte[] answer =
          switch (transport) {
            case DATAGRAM -> byDatagram(query, sent, server, place);
            case CONNECTION -> byConnection(query, sent, server, place);
          };
      number(answer, query.bytes()[0], query.bytes()[1]);
      return Optional.of(answer);
    } catch (IOException | RuntimeException _) { // unreachable, or silent: the next one may not be
      return Optional.empty();
    }
  }

  private static void number(byte[] message, int high, int low) {
    message[0] = (byte) high;
    message[1] = (byte) low;
  }

  private byte[] byDatagram(Query query, byte[] sent, InetAddress server, NamespaceWork place)
      throws IOException {
    try (DatagramSocket socket = place.call(DatagramSocket::new)) {
      socket.connect(new InetSocketAddress(server, port));
      socket.send(new DatagramPacket(sent, sent.length));
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      DatagramPacket received = new DatagramPacket(new byte[0xffff], 0xffff);
      while (true) {
        long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
        if (left <= 0) {
          throw new IOException("no answer");
        }
        socket.setSoTimeout((int) left);
        received.setLength(0xffff);
        socket.receive(received);
        byte[] answer = Arrays.copyOf(received.getData(), received.getLength());
        if (answers(query, sent, answer)) {
          return answer;
        }
      }
    }
  }

  private byte[] byConnection(Query query, byte[] sent, InetAddress server, NamespaceWork place)
      throws IOException {
    try (Socket socket = place.call(Forwarder::unconnected)) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.connect(new InetSocketAddress(server, port), (int) PATIENCE.toMillis());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      byte[] framed = new byte[sent.length + 2];
      framed[0] = (byte) (sent.length >>> 8);
      framed[1] = (byte) sent.length;
      System.arraycopy(sent, 0, framed, 2, sent.length);
      out.write(framed);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      byte[] answer = new byte[in.readUnsignedShort()];
      in.readFully(answer);
      if (!answers(query, sent, answer)) {
        throw new IOException("an answer to something else");
      }
      return answer;
    }
  }

  /// Java makes the kernel's socket when it is first needed: here, in the right place.
  private static Socket unconnected() throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    return socket;
  }

  /// Whether it is an answer, under the same number and to the same question. Some servers change
  /// its letters to small ones, and some do not repeat what they refuse.
  private static boolean answers(Query query, byte[] sent, byte[] answer) {
    if (answer.length < Query.HEADER
        || answer[0] != sent[0]
        || answer[1] != sent[1]
        || (answer[2] & QR) == 0) {
      return false;
    }
    boolean bare = answer[4] == 0 && answer[5] == 0;
    return bare ? (answer[3] & CODE) != 0 : sameQuestion(query, sent, answer);
  }

  private static boolean sameQuestion(Query query, byte[] sent, byte[] answer) {
    if (answer.length < query.questionEnd() || answer[4] != sent[4] || answer[5] != sent[5]) {
      return false;
    }
    for (int i = Query.HEADER; i < query.questionEnd(); i++) {
      if (small(answer[i]) != small(sent[i])) {
        return false;
      }
    }
    return true;
  }

  private static int small(byte character) {
    return character >= 'A' && character <= 'Z' ? character + 32 : character;
  }
}
