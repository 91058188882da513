package gantry.network.port;

import gantry.network.IpAddress;
import gantry.state.Database;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Published ports in the database: a random one stays what it is while its container runs,
/// whatever becomes of the daemon.
final class PortStore {
  private static final List<String> MIGRATIONS =
      List.of(
          """
          CREATE TABLE published_port (
            container_id TEXT NOT NULL,
            protocol TEXT NOT NULL,
            container_port INTEGER NOT NULL,
            host_address TEXT NOT NULL,
            host_port INTEGER NOT NULL,
            PRIMARY KEY (protocol, host_address, host_port)
          );
          CREATE INDEX published_port_container ON published_port (container_id);
          """);

  private final Database database;

  private PortStore(Database database) {
    this.database = database;
  }

  static PortStore open(Database database) {
    database.migrate("port", MIGRATIONS);
    return new PortStore(database);
  }

  private record Row(String containerId, PublishedPort port) {}

  /// By container id, in the order in which they were added.
  Map<String, List<PublishedPort>> all() {
    Map<String, List<PublishedPort>> all = new LinkedHashMap<>();
    List<Row> rows =
        database.read(
            t ->
                t.query(
                    "SELECT container_id, protocol, container_port, host_address, host_port"
                        + " FROM published_port ORDER BY rowid",
                    row ->
                        new Row(
                            row.text(1),
                            new PublishedPort(
                                Protocol.valueOf(row.text(2)),
                                (int) row.number(3),
                                IpAddress.parse(row.text(4)),
                                (int) row.number(5)))));
    rows.forEach(row -> all.computeIfAbsent(row.containerId, _ -> new ArrayList<>()).add(row.port));
    return all;
  }

  void add(String containerId, List<PublishedPort> ports) {
    database.quickly(
        t ->
            ports.forEach(
                port ->
                    t.update(
                        "INSERT INTO published_port"
                            + " (container_id, protocol, container_port, host_address, host_port)"
                            + " VALUES (?, ?, ?, ?, ?)",
                        containerId,
                        port.protocol().name(),
                        port.containerPort(),
                        port.hostAddress().toString(),
                        port.hostPort())));
  }

  void remove(String containerId) {
    database.quickly(
        t -> t.update("DELETE FROM published_port WHERE container_id = ?", containerId));
  }
}
