package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import gantry.state.Database;
import gantry.state.Row;
import gantry.state.Transaction;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Networks and endpoints in the database.
final class NetworkStore {
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE network (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            driver TEXT NOT NULL,
            created INTEGER NOT NULL, -- milliseconds since 1970
            address TEXT              -- the host's own, with prefix length
          );
          CREATE TABLE network_endpoint (
            id TEXT PRIMARY KEY,
            network_id TEXT NOT NULL REFERENCES network (id),
            container_id TEXT NOT NULL,
            address TEXT NOT NULL,    -- with prefix length
            gateway TEXT NOT NULL,
            mac TEXT NOT NULL,
            device TEXT NOT NULL,
            host_device TEXT NOT NULL,
            UNIQUE (container_id, network_id),
            UNIQUE (network_id, address)
          );
          """);
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Database database;

  private NetworkStore(Database database) {
    this.database = database;
  }

  static NetworkStore open(Database database) {
    database.migrate("network", MIGRATIONS);
    return new NetworkStore(database);
  }

  /// A new id: 64 hexadecimal digits.
  static String newId() {
    byte[] bytes = new byte[32];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /// The network of a name, remembered or made now.
  Network ensure(String name, Network.Driver driver) {
    return find(name)
        .orElseGet(
            () -> {
              database.durably(
                  t ->
                      t.update(
                          "INSERT INTO network (id, name, driver, created) VALUES (?, ?, ?, ?)",
                          newId(),
                          name,
                          driver.name(),
                          Instant.now().toEpochMilli()));
              return find(name).orElseThrow();
            });
  }

  /// Remembers the host's address in a network.
  void address(Network network, Ipv4Subnet.Interface address) {
    database.durably(
        t -> t.update("UPDATE network SET address = ? WHERE id = ?", address, network.id()));
  }

  /// The host's address in a network, when one was remembered.
  Optional<Ipv4Subnet.Interface> address(Network network) {
    return database
        .read(
            t ->
                t.first(
                    "SELECT address FROM network WHERE id = ?",
                    row -> row.optionalText(1),
                    network.id()))
        .flatMap(text -> text)
        .map(Ipv4Subnet.Interface::parse);
  }

  List<Endpoint> endpoints() {
    return database.read(
        t ->
            t.query(
                "SELECT id, network_id, container_id, address, gateway, mac, device, host_device"
                    + " FROM network_endpoint",
                NetworkStore::endpoint));
  }

  void add(Endpoint endpoint) {
    database.quickly(t -> insert(t, endpoint));
  }

  void remove(Endpoint endpoint) {
    database.quickly(t -> t.update("DELETE FROM network_endpoint WHERE id = ?", endpoint.id()));
  }

  private static void insert(Transaction transaction, Endpoint endpoint) {
    transaction.update(
        "INSERT INTO network_endpoint"
            + " (id, network_id, container_id, address, gateway, mac, device, host_device)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        endpoint.id(),
        endpoint.networkId(),
        endpoint.containerId(),
        endpoint.address(),
        Ipv4Subnet.text(endpoint.gateway()),
        endpoint.mac(),
        endpoint.device(),
        endpoint.hostDevice());
  }

  private Optional<Network> find(String name) {
    return database.read(
        t ->
            t.first(
                "SELECT id, name, driver, created FROM network WHERE name = ?",
                NetworkStore::network,
                name));
  }

  private static Network network(Row row) {
    return new Network(
        row.text(1),
        row.text(2),
        Network.Driver.valueOf(row.text(3)),
        Instant.ofEpochMilli(row.number(4)),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        Map.of());
  }

  private static Endpoint endpoint(Row row) {
    return new Endpoint(
        row.text(1),
        row.text(2),
        row.text(3),
        Ipv4Subnet.Interface.parse(row.text(4)),
        Ipv4Subnet.number(row.text(5)).orElseThrow(),
        MacAddress.parse(row.text(6)),
        row.text(7),
        row.text(8));
  }
}
