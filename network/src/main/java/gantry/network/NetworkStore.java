package gantry.network;

import gantry.linux.rtnetlink.MacAddress;
import gantry.state.Database;
import gantry.state.Row;
import gantry.state.Transaction;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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
          """,
          """
          ALTER TABLE network ADD COLUMN device TEXT NOT NULL DEFAULT '';
          ALTER TABLE network ADD COLUMN ipv4 INTEGER NOT NULL DEFAULT 1;
          ALTER TABLE network ADD COLUMN ipv6 INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE network ADD COLUMN internal INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE network ADD COLUMN attachable INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE network ADD COLUMN config_only INTEGER NOT NULL DEFAULT 0;
          ALTER TABLE network ADD COLUMN config_from TEXT NOT NULL DEFAULT '';
          CREATE TABLE network_pool (
            network_id TEXT NOT NULL REFERENCES network (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            asked INTEGER NOT NULL,   -- 1: as the user has it; 0: as it is
            subnet TEXT NOT NULL,
            range TEXT,
            gateway TEXT,
            PRIMARY KEY (network_id, asked, position)
          ) WITHOUT ROWID;
          CREATE TABLE network_text (
            network_id TEXT NOT NULL REFERENCES network (id) ON DELETE CASCADE,
            kind TEXT NOT NULL,       -- option, label, ipam, auxiliary:N of the Nth pool asked, taken:N of
                                      -- the Nth that is
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (network_id, kind, name)
          ) WITHOUT ROWID;
          CREATE TABLE endpoint (
            id TEXT PRIMARY KEY,
            network_id TEXT NOT NULL REFERENCES network (id),
            container_id TEXT NOT NULL,
            ipv4 TEXT,                -- with prefix length
            ipv6 TEXT,
            link_local TEXT NOT NULL, -- one a line
            gateway TEXT,
            ipv6_gateway TEXT,
            mac TEXT NOT NULL,
            device TEXT NOT NULL,
            host_device TEXT NOT NULL,
            names TEXT NOT NULL,      -- one a line
            gateway_priority INTEGER NOT NULL,
            bound INTEGER NOT NULL,
            UNIQUE (container_id, network_id),
            UNIQUE (network_id, ipv4),
            UNIQUE (network_id, ipv6)
          ) WITHOUT ROWID;
          INSERT INTO endpoint
            SELECT id, network_id, container_id, address, NULL, '', gateway, NULL, mac, device,
              host_device, '', 0, 1 FROM network_endpoint;
          DROP TABLE network_endpoint;
          """);
  private static final String ENDPOINT =
      "id, network_id, container_id, ipv4, ipv6, link_local, gateway, ipv6_gateway, mac, device,"
          + " host_device, names, gateway_priority, bound";
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

  // networks

  /// All networks, in the order in which they were made.
  List<Network> networks() {
    return database.read(NetworkStore::networks);
  }

  /// Makes a network exist, durably.
  void add(Network network) {
    database.durably(
        t -> {
          NetworkSpec spec = network.spec();
          t.update(
              "INSERT INTO network (id, name, driver, created, device, ipv4, ipv6, internal,"
                  + " attachable, config_only, config_from)"
                  + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              network.id(),
              spec.name(),
              spec.driver().name(),
              network.created().toEpochMilli(),
              network.device(),
              spec.ipv4(),
              spec.ipv6(),
              spec.internal(),
              spec.attachable(),
              spec.configOnly(),
              spec.configFrom());
          insertParts(t, network);
        });
  }

  /// Writes what the network is now: the default one follows the engine's configuration.
  void change(Network network) {
    NetworkSpec spec = network.spec();
    database.durably(
        t -> {
          t.update(
              "UPDATE network SET device = ?, ipv4 = ?, ipv6 = ? WHERE id = ?",
              network.device(),
              spec.ipv4(),
              spec.ipv6(),
              network.id());
          t.update("DELETE FROM network_pool WHERE network_id = ?", network.id());
          t.update("DELETE FROM network_text WHERE network_id = ?", network.id());
          insertParts(t, network);
        });
  }

  /// Ends a network, durably.
  void remove(Network network) {
    database.durably(
        t -> {
          t.update("DELETE FROM network_pool WHERE network_id = ?", network.id());
          t.update("DELETE FROM network_text WHERE network_id = ?", network.id());
          t.update("DELETE FROM network WHERE id = ?", network.id());
        });
  }

  private static void insertParts(Transaction t, Network network) {
    NetworkSpec spec = network.spec();
    insertPools(t, network.id(), true, spec.pools());
    insertPools(t, network.id(), false, network.pools());
    insertTexts(t, network.id(), "option", spec.options());
    insertTexts(t, network.id(), "label", spec.labels());
    insertTexts(t, network.id(), "ipam", spec.ipamOptions());
  }

  private static void insertPools(
      Transaction t, String id, boolean asked, List<NetworkSpec.Pool> pools) {
    for (int i = 0; i < pools.size(); i++) {
      NetworkSpec.Pool pool = pools.get(i);
      t.update(
          "INSERT INTO network_pool (network_id, position, asked, subnet, range, gateway)"
              + " VALUES (?, ?, ?, ?, ?, ?)",
          id,
          i,
          asked,
          pool.subnet(),
          pool.range(),
          pool.gateway());
      Map<String, String> auxiliary = new LinkedHashMap<>();
      pool.auxiliary().forEach((name, address) -> auxiliary.put(name, address.toString()));
      insertTexts(t, id, auxiliary(asked, i), auxiliary);
    }
  }

  private static String auxiliary(boolean asked, int position) {
    return (asked ? "auxiliary:" : "taken:") + position;
  }

  private static void insertTexts(
      Transaction t, String id, String kind, Map<String, String> texts) {
    texts.forEach(
        (name, value) ->
            t.update(
                "INSERT INTO network_text (network_id, kind, name, value) VALUES (?, ?, ?, ?)",
                id,
                kind,
                name,
                value));
  }

  private static List<Network> networks(Transaction t) {
    return t.query(
        "SELECT id, name, driver, created, device, ipv4, ipv6, internal, attachable, config_only,"
            + " config_from, address FROM network ORDER BY created, rowid",
        row -> network(t, row));
  }

  private static Network network(Transaction t, Row row) {
    String id = row.text(1);
    NetworkSpec spec =
        new NetworkSpec(
            row.text(2),
            Network.Driver.valueOf(row.text(3)),
            row.truth(6),
            row.truth(7),
            row.truth(8),
            row.truth(9),
            row.truth(10),
            row.text(11),
            pools(t, id, true),
            texts(t, id, "ipam"),
            texts(t, id, "option"),
            texts(t, id, "label"));
    List<NetworkSpec.Pool> pools = pools(t, id, false);
    if (pools.isEmpty()) { // written by the first version
      pools = row.optionalText(12).map(NetworkStore::poolOf).map(List::of).orElse(List.of());
    }
    return new Network(id, Instant.ofEpochMilli(row.number(4)), spec, pools, row.text(5));
  }

  private static NetworkSpec.Pool poolOf(String address) {
    Subnet.Interface own = Subnet.Interface.parse(address);
    return NetworkSpec.Pool.of(own.subnet()).withGateway(own.address());
  }

  private static List<NetworkSpec.Pool> pools(Transaction t, String id, boolean asked) {
    List<NetworkSpec.Pool> pools = new ArrayList<>();
    for (NetworkSpec.Pool pool :
        t.query(
            "SELECT subnet, range, gateway FROM network_pool"
                + " WHERE network_id = ? AND asked = ? ORDER BY position",
            row ->
                new NetworkSpec.Pool(
                    Subnet.parse(row.text(1)),
                    row.optionalText(2).map(Subnet::parse),
                    row.optionalText(3).map(IpAddress::parse),
                    Map.of()),
            id,
            asked)) {
      Map<String, IpAddress> auxiliary = new LinkedHashMap<>();
      texts(t, id, auxiliary(asked, pools.size()))
          .forEach((name, value) -> auxiliary.put(name, IpAddress.parse(value)));
      pools.add(new NetworkSpec.Pool(pool.subnet(), pool.range(), pool.gateway(), auxiliary));
    }
    return pools;
  }

  private static Map<String, String> texts(Transaction t, String id, String kind) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, String> text :
        t.query(
            "SELECT name, value FROM network_text WHERE network_id = ? AND kind = ?",
            row -> Map.entry(row.text(1), row.text(2)),
            id,
            kind)) {
      texts.put(text.getKey(), text.getValue());
    }
    return texts;
  }

  // endpoints

  List<Endpoint> endpoints() {
    return database.read(
        t -> t.query("SELECT " + ENDPOINT + " FROM endpoint", NetworkStore::endpoint));
  }

  /// Writes a container's endpoints in one step.
  void add(List<Endpoint> endpoints) {
    database.quickly(t -> endpoints.forEach(endpoint -> insert(t, endpoint)));
  }

  void remove(List<Endpoint> endpoints) {
    database.quickly(
        t ->
            endpoints.forEach(
                endpoint -> t.update("DELETE FROM endpoint WHERE id = ?", endpoint.id())));
  }

  void rename(List<Endpoint> endpoints) {
    database.quickly(
        t ->
            endpoints.forEach(
                endpoint ->
                    t.update(
                        "UPDATE endpoint SET names = ? WHERE id = ?",
                        String.join("\n", endpoint.names()),
                        endpoint.id())));
  }

  private static void insert(Transaction t, Endpoint endpoint) {
    t.update(
        "INSERT INTO endpoint (" + ENDPOINT + ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        endpoint.id(),
        endpoint.networkId(),
        endpoint.containerId(),
        endpoint.ipv4(),
        endpoint.ipv6(),
        String.join("\n", endpoint.linkLocal().stream().map(IpAddress::toString).toList()),
        endpoint.gateway(),
        endpoint.ipv6Gateway(),
        endpoint.mac(),
        endpoint.device(),
        endpoint.hostDevice(),
        String.join("\n", endpoint.names()),
        endpoint.gatewayPriority(),
        endpoint.bound());
  }

  private static Endpoint endpoint(Row row) {
    return new Endpoint(
        row.text(1),
        row.text(2),
        row.text(3),
        row.optionalText(4).map(Subnet.Interface::parse),
        row.optionalText(5).map(Subnet.Interface::parse),
        row.text(6).lines().map(IpAddress::parse).toList(),
        row.optionalText(7).map(IpAddress::parse),
        row.optionalText(8).map(IpAddress::parse),
        MacAddress.parse(row.text(9)),
        row.text(10),
        row.text(11),
        row.text(12).lines().toList(),
        (int) row.number(13),
        row.truth(14));
  }
}
