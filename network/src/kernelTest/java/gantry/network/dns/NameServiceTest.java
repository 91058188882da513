package gantry.network.dns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.rtnetlink.LinkChange;
import gantry.linux.rtnetlink.NetworkNamespace;
import gantry.linux.rtnetlink.RouteSocket;
import gantry.network.dns.NameService.Place;
import gantry.testing.KernelTest;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// The name service with real sockets in namespaces made for the test.
class NameServiceTest {
  private static final int PATIENCE = 5000;

  @TempDir private Path directory;

  private final NetworkNamespace host = withLoopback();
  private final NetworkNamespace container = withLoopback();
  private NameService names;

  @BeforeEach
  void open() {
    names = NameService.open(directory.resolve("resolv.conf"), directory, Optional.of(host));
  }

  @AfterEach
  void close() {
    names.close();
    container.close();
    host.close();
  }

  @KernelTest
  void names_areAnsweredByDatagramAndConnection() throws Exception {
    names.place("c1", List.of(place("front", true, "web", "172.18.0.2", "fd00::2")));
    names.place("c2", List.of(place("front", true, "db", "172.18.0.3")));
    names.serve("c1", container, List.of());
    assertThat(names.serves("c1")).isTrue();
    assertThat(names.serves("c2")).isFalse();
    assertThat(Messages.addresses(ask(container, "db", RecordType.A)))
        .containsExactly("172.18.0.3");
    assertThat(Messages.addresses(ask(container, "web", RecordType.AAAA)))
        .containsExactly("fd00:0:0:0:0:0:0:2");
    try (Socket socket = connected(container)) {
      byte[] query = Messages.query("db", RecordType.A);
      send(socket, query);
      send(socket, query);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      assertThat(Messages.addresses(receive(in))).containsExactly("172.18.0.3");
      assertThat(Messages.addresses(receive(in))).containsExactly("172.18.0.3");
      for (byte part : framed(query)) { // one at a time
        socket.getOutputStream().write(part);
      }
      assertThat(Messages.addresses(receive(in))).containsExactly("172.18.0.3");
      socket.getOutputStream().write(new byte[] {(byte) 0xff, (byte) 0xff});
      assertThat(in.read()).as("too long a query ends the connection").isEqualTo(-1);
    }
  }

  @KernelTest
  void changes_holdAtOnce() throws Exception {
    names.serve("c1", container, List.of());
    assertThat(Messages.code(ask(container, "db", RecordType.A)))
        .isEqualTo(ResponseCode.SERVER_FAILURE);
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.place("c2", List.of(place("back", false, "db", "172.19.0.3")));
    assertThat(Messages.code(ask(container, "db", RecordType.A)))
        .as("a name of another network")
        .isEqualTo(ResponseCode.SERVER_FAILURE);
    names.place(
        "c1",
        List.of(
            place("front", false, "web", "172.18.0.2"), place("back", false, "web", "172.19.0.2")));
    assertThat(Messages.addresses(ask(container, "db", RecordType.A)))
        .containsExactly("172.19.0.3");
    names.remove("c2");
    assertThat(Messages.answers(ask(container, "db", RecordType.A))).isZero();
  }

  @KernelTest
  void otherNames_areAskedOfTheHostsServers_asTheFileHasThem() throws Exception {
    names.place("c1", List.of(place("front", true, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    try (FakeServer first = new FakeServer(host, "127.0.0.53", "192.0.2.1");
        FakeServer _ = new FakeServer(host, "127.0.0.54", "192.0.2.2")) {
      Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.53\n");
      byte[] query = Messages.query("example.org", RecordType.A, 1400);
      byte[] answer = ask(container, query);
      assertThat(Messages.addresses(answer)).containsExactly("192.0.2.1");
      assertThat(answer).startsWith(0x12, 0x34);
      byte[] arrived = first.queries.poll(PATIENCE, TimeUnit.MILLISECONDS);
      assertThat(Arrays.copyOfRange(arrived, 2, arrived.length))
          .as("EDNS and all, but for the number")
          .isEqualTo(Arrays.copyOfRange(query, 2, query.length));
      Files.writeString(directory.resolve("resolv.conf"), "# another\nnameserver 127.0.0.54\n");
      assertThat(Messages.addresses(ask(container, "example.org", RecordType.A)))
          .containsExactly("192.0.2.2");
      try (Socket socket = connected(container)) {
        send(socket, query);
        assertThat(Messages.addresses(receive(new DataInputStream(socket.getInputStream()))))
            .containsExactly("192.0.2.2");
      }
      assertThat(Messages.addresses(ask(container, "web", RecordType.A)))
          .containsExactly("172.18.0.2");
      assertThat(first.queries).isEmpty();
    }
  }

  @KernelTest
  void aServerThatRefusesOrIsSilent_isFollowedByTheNext() throws Exception {
    names.place("c1", List.of(place("front", true, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    Files.writeString(
        directory.resolve("resolv.conf"),
        "nameserver 127.0.0.51\nnameserver 127.0.0.52\nnameserver 127.0.0.53\n");
    try (FakeServer refusing = new FakeServer(host, "127.0.0.52", "");
        FakeServer _ = new FakeServer(host, "127.0.0.53", "192.0.2.1")) {
      assertThat(Messages.addresses(ask(container, "example.org", RecordType.A)))
          .containsExactly("192.0.2.1");
      assertThat(refusing.queries).hasSize(1);
    }
  }

  @KernelTest
  void forgedAnswers_areNone() throws Exception {
    names.place("c1", List.of(place("front", true, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.53\n");
    try (FakeServer server = new FakeServer(host, "127.0.0.53", "192.0.2.1")) {
      server.forgeFirst = true;
      assertThat(Messages.addresses(ask(container, "example.org", RecordType.A)))
          .containsExactly("192.0.2.1");
    }
  }

  @KernelTest
  void ownServers_areAskedFromTheContainer() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of(InetAddress.ofLiteral("127.0.0.77")));
    Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.53\n");
    try (FakeServer own = new FakeServer(container, "127.0.0.77", "192.0.2.7");
        FakeServer hosts = new FakeServer(host, "127.0.0.53", "192.0.2.1")) {
      assertThat(Messages.addresses(ask(container, "example.org", RecordType.A)))
          .containsExactly("192.0.2.7");
      assertThat(own.queries).hasSize(1);
      assertThat(hosts.queries).isEmpty();
    }
  }

  @KernelTest
  void containerIsANameServerItself() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    try (DatagramSocket own = container.inside(() -> new DatagramSocket(53));
        ServerSocket connections = container.inside(() -> new ServerSocket(53))) {
      assertThat(own.isBound()).isTrue();
      assertThat(connections.isBound()).isTrue();
      assertThat(Messages.addresses(ask(container, "web", RecordType.A)))
          .containsExactly("172.18.0.2");
    }
  }

  /// A daemon that is killed and the next one: nobody is refused meanwhile.
  @KernelTest
  void goneService_refusesNobody_andTheNextOneAnswers() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    try (DatagramSocket asking = asking(container);
        Socket connecting = container.inside(NameServiceTest::made)) {
      byte[] query = Messages.query("web", RecordType.A);
      names.close();
      names = NameService.open(directory.resolve("resolv.conf"), directory, Optional.of(host));
      asking.setSoTimeout(200);
      asking.send(new DatagramPacket(query, query.length));
      assertThatThrownBy(() -> asking.receive(new DatagramPacket(new byte[512], 512)))
          .isInstanceOf(SocketTimeoutException.class)
          .isNotInstanceOf(PortUnreachableException.class);
      Thread connection =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      connecting.connect(new InetSocketAddress("127.0.0.11", 53), PATIENCE);
                    } catch (IOException _) {
                      // looked at below
                    }
                  });
      names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
      names.serve("c1", container, List.of());
      assertThat(Messages.addresses(ask(asking, query))).containsExactly("172.18.0.2");
      connection.join();
      send(connecting, query);
      assertThat(Messages.addresses(receive(new DataInputStream(connecting.getInputStream()))))
          .containsExactly("172.18.0.2");
    }
  }

  @KernelTest
  void nextService_takesTheSamePorts_unlessSomebodyElseHasThem() throws Exception {
    Path written = directory.resolve("c1/names");
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    String first = Files.readString(written);
    reopen();
    names.serve("c1", container, List.of());
    assertThat(Files.readString(written)).isEqualTo(first);
    assertThat(Messages.addresses(ask(container, "web", RecordType.A)))
        .containsExactly("172.18.0.2");
    names.close();
    int port = Integer.parseInt(first.split(" ", -1)[1]);
    try (DatagramSocket taken =
        container.inside(
            () -> new DatagramSocket(port, InetAddress.ofLiteral(NameService.ADDRESS)))) {
      names = NameService.open(directory.resolve("resolv.conf"), directory, Optional.of(host));
      names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
      names.serve("c1", container, List.of());
      assertThat(taken.isBound()).isTrue();
      assertThat(Files.readString(written)).isNotEqualTo(first);
      assertThat(Messages.addresses(ask(container, "web", RecordType.A)))
          .containsExactly("172.18.0.2");
    }
  }

  private void reopen() {
    names.close();
    names = NameService.open(directory.resolve("resolv.conf"), directory, Optional.of(host));
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
  }

  @KernelTest
  void removal_leavesNoSocketInTheNamespace() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of(InetAddress.ofLiteral("10.0.0.1")));
    try (Socket socket = connected(container)) {
      send(socket, Messages.query("web", RecordType.A));
      assertThat(receive(new DataInputStream(socket.getInputStream()))).isNotEmpty();
      names.remove("c1");
      names.remove("c1");
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(sockets("udp")).hasSize(1); // the headline
    assertThat(sockets("tcp").stream().filter(line -> line.contains(" 0A "))).isEmpty();
  }

  @KernelTest
  void neighbours_doNotReachIt() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    try (NetworkNamespace neighbour = withLoopback()) {
      connect(container, neighbour);
      names.serve("c1", container, List.of());
      int port =
          Integer.parseInt(
              sockets("udp").get(1).strip().split("\\s+", -1)[1].replaceFirst(".*:", ""), 16);
      byte[] query = Messages.query("web", RecordType.A);
      for (int to : new int[] {53, port}) {
        try (DatagramSocket socket = neighbour.inside(() -> new DatagramSocket())) {
          socket.setSoTimeout(300);
          socket.connect(new InetSocketAddress("10.9.0.1", to));
          socket.send(new DatagramPacket(query, query.length));
          assertThatThrownBy(() -> socket.receive(new DatagramPacket(new byte[512], 512)))
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  @KernelTest
  void manyQueries_medianIsFast() throws Exception {
    names.place("c1", List.of(place("front", false, "web", "172.18.0.2")));
    names.serve("c1", container, List.of());
    byte[] query = Messages.query("web", RecordType.A);
    long[] nanos = new long[2000];
    try (DatagramSocket socket = asking(container)) {
      for (int round = 0; round < 2; round++) { // the first one warms up
        for (int i = 0; i < nanos.length; i++) {
          long begin = System.nanoTime();
          ask(socket, query);
          nanos[i] = System.nanoTime() - begin;
        }
      }
    }
    Arrays.sort(nanos);
    assertThat(nanos[nanos.length / 2] / 1000).as("median in microseconds").isLessThan(300);
  }

  // the world around

  private static Place place(String network, boolean out, String name, String... addresses) {
    return new Place(
        network + "-id",
        network,
        out,
        List.of(name),
        List.of(addresses).stream().map(InetAddress::ofLiteral).toList());
  }

  private static NetworkNamespace withLoopback() {
    NetworkNamespace namespace = NetworkNamespace.create();
    try (RouteSocket devices = RouteSocket.openIn(namespace)) {
      devices.change(1, LinkChange.none().up());
    }
    return namespace;
  }

  private static void connect(NetworkNamespace one, NetworkNamespace other) {
    try (RouteSocket near = RouteSocket.openIn(one);
        RouteSocket far = RouteSocket.openIn(other)) {
      near.batch("two neighbours")
          .createVeth(
              LinkChange.none().name("eth0"), LinkChange.none().name("eth0").namespace(other.fd()))
          .change("eth0", LinkChange.none().up())
          .send();
      far.batch("the other one").change("eth0", LinkChange.none().up()).send();
      near.addAddress(
          near.link("eth0").orElseThrow().index(), InetAddress.ofLiteral("10.9.0.1"), 24);
      far.addAddress(far.link("eth0").orElseThrow().index(), InetAddress.ofLiteral("10.9.0.2"), 24);
    }
  }

  private List<String> sockets(String protocol) {
    return container.inside(() -> Files.readAllLines(Path.of("/proc/thread-self/net/" + protocol)));
  }

  private static byte[] ask(NetworkNamespace from, String name, int type) throws IOException {
    return ask(from, Messages.query(name, type));
  }

  private static byte[] ask(NetworkNamespace from, byte[] query) throws IOException {
    try (DatagramSocket socket = asking(from)) {
      return ask(socket, query);
    }
  }

  private static byte[] ask(DatagramSocket socket, byte[] query) throws IOException {
    socket.setSoTimeout(2 * PATIENCE);
    socket.send(new DatagramPacket(query, query.length));
    DatagramPacket answer = new DatagramPacket(new byte[4096], 4096);
    socket.receive(answer);
    return Arrays.copyOf(answer.getData(), answer.getLength());
  }

  /// Connected, so that it hears of nobody else, and of what the kernel says.
  private static DatagramSocket asking(NetworkNamespace from) throws IOException {
    DatagramSocket socket = from.inside(() -> new DatagramSocket());
    socket.connect(new InetSocketAddress("127.0.0.11", 53));
    return socket;
  }

  private static Socket connected(NetworkNamespace from) throws IOException {
    Socket socket = from.inside(NameServiceTest::made);
    socket.connect(new InetSocketAddress("127.0.0.11", 53), PATIENCE);
    return socket;
  }

  private static Socket made() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(2 * PATIENCE);
    return socket;
  }

  private static void send(Socket socket, byte[] query) throws IOException {
    socket.getOutputStream().write(framed(query));
  }

  private static byte[] framed(byte[] query) {
    byte[] framed = new byte[query.length + 2];
    framed[1] = (byte) query.length;
    System.arraycopy(query, 0, framed, 2, query.length);
    return framed;
  }

  private static byte[] receive(DataInputStream in) throws IOException {
    byte[] answer = new byte[in.readUnsignedShort()];
    in.readFully(answer);
    return answer;
  }

  /// A name server that has the same address for every name, or refuses when it has none.
  private static final class FakeServer implements AutoCloseable {
    private final BlockingQueue<byte[]> queries = new LinkedBlockingQueue<>();
    private final DatagramSocket datagrams;
    private final ServerSocket connections;
    private final String address;
    private volatile boolean forgeFirst;

    FakeServer(NetworkNamespace in, String at, String address) {
      this.address = address;
      InetAddress own = InetAddress.ofLiteral(at);
      datagrams = in.inside(() -> new DatagramSocket(53, own));
      connections = in.inside(() -> new ServerSocket(53, 10, own));
      Thread.ofVirtual().start(this::serveDatagrams);
      Thread.ofVirtual().start(this::serveConnections);
    }

    private void serveDatagrams() {
      DatagramPacket packet = new DatagramPacket(new byte[4096], 4096);
      try {
        while (true) {
          datagrams.receive(packet);
          byte[] answer = answer(Arrays.copyOf(packet.getData(), packet.getLength()));
          if (forgeFirst) {
            byte[] otherNumber = answer.clone();
            otherNumber[1] ^= 1;
            byte[] otherQuestion = answer.clone();
            otherQuestion[13] ^= 1;
            for (byte[] forged : List.of(otherNumber, otherQuestion, new byte[3])) {
              datagrams.send(new DatagramPacket(forged, forged.length, packet.getSocketAddress()));
            }
          }
          datagrams.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
        }
      } catch (IOException _) {
        // closed
      }
    }

    private void serveConnections() {
      try {
        while (true) {
          try (Socket socket = connections.accept()) {
            byte[] answer = answer(receive(new DataInputStream(socket.getInputStream())));
            socket.getOutputStream().write(framed(answer));
          }
        }
      } catch (IOException _) {
        // closed
      }
    }

    private byte[] answer(byte[] message) {
      queries.add(message);
      try {
        Query query = Query.parse(message);
        return address.isEmpty()
            ? Answer.failure(query, ResponseCode.REFUSED)
            : Answer.to(query).address(InetAddress.ofLiteral(address)).bytes(512);
      } catch (MalformedQueryException e) {
        throw new AssertionError(e);
      }
    }

    @Override
    public void close() throws IOException {
      datagrams.close();
      connections.close();
    }
  }
}
