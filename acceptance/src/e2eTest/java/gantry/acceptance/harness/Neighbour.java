package gantry.acceptance.harness;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Another machine on a daemon's network: a network namespace with a cable to the daemon's, where
/// what a test asks of published ports comes from outside.
public final class Neighbour implements AutoCloseable {
  /// The daemon's machine, as the neighbour reaches it.
  public static final String HOST = "192.0.2.1";

  /// The same over IPv6.
  public static final String HOST6 = "2001:db8:2::1";

  private final GantryDaemon daemon;
  private final String name;

  private Neighbour(GantryDaemon daemon) {
    this.daemon = daemon;
    name = daemon.id() + "-out";
  }

  /// Lays the cable.
  public static Neighbour of(GantryDaemon daemon) {
    Neighbour neighbour = new Neighbour(daemon);
    ip("netns", "add", neighbour.name);
    ip(
        "-n",
        daemon.id(),
        "link",
        "add",
        "cable",
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        neighbour.name);
    for (List<String> end :
        List.of(List.of(daemon.id(), "cable", "1"), List.of(neighbour.name, "eth0", "2"))) {
      ip("-n", end.get(0), "addr", "add", "192.0.2." + end.get(2) + "/24", "dev", end.get(1));
      ip(
          "-n",
          end.get(0),
          "addr",
          "add",
          "2001:db8:2::" + end.get(2) + "/64",
          "dev",
          end.get(1),
          "nodad");
      ip("-n", end.get(0), "link", "set", end.get(1), "up");
    }
    ip("-n", neighbour.name, "link", "set", "lo", "up");
    return neighbour;
  }

  private static void ip(String... arguments) {
    List<String> line = new ArrayList<>(List.of("ip"));
    line.addAll(List.of(arguments));
    Subprocess.run(line).expect(0);
  }

  /// Runs a line of bash at the neighbour's, with `/dev/tcp` for a client.
  public Result run(String line) {
    return Subprocess.run(command(line));
  }

  /// The same beside the test.
  public Background start(String line) {
    return new Background(command(line), Map.of());
  }

  /// Runs a line of bash on the daemon's own machine.
  public Result onHost(String line) {
    return Subprocess.run(
        List.of("nsenter", "--net=/run/netns/" + daemon.id(), "bash", "-c", line));
  }

  /// Its network namespace, as a path.
  public String namespace() {
    return "/run/netns/" + name;
  }

  private List<String> command(String line) {
    return List.of("nsenter", "--net=/run/netns/" + name, "bash", "-c", line);
  }

  @Override
  public void close() {
    Subprocess.run(List.of("ip", "netns", "del", name)); // and the cable with it
  }
}
