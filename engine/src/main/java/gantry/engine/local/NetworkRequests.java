package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.EndpointSpec;
import gantry.engine.network.NetworkCatalogue.NetworkRequest;
import gantry.engine.network.NetworkCatalogue.Pool;
import gantry.linux.rtnetlink.MacAddress;
import gantry.network.IpAddress;
import gantry.network.Network;
import gantry.network.NetworkSpec;
import gantry.network.Subnet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Reads what users ask of networks and of places in them, and finds everything that is wrong with
/// it at once; in Docker's words.
final class NetworkRequests {
  private NetworkRequests() {}

  /// What is asked of a network.
  static NetworkSpec read(NetworkRequest request, LocalNetworks networks) {
    checkName(request.name());
    checkSwarm(request);
    if (!List.of("", "default", "null").contains(request.ipamDriver())) {
      throw new EngineException(
          ErrorKind.NOT_FOUND, "plugin \"%s\" not found".formatted(request.ipamDriver()));
    }
    if (!request.ipv4() && !request.ipv6()) {
      throw invalid("IPv4 or IPv6 must be enabled");
    }
    List<NetworkSpec.Pool> pools = pools(request.pools());
    if (!request.configFrom().isEmpty()) {
      return configured(request, networks);
    }
    return new NetworkSpec(
        request.name(),
        driver(request),
        request.ipv4(),
        request.ipv6(),
        request.internal(),
        request.attachable(),
        request.configOnly(),
        "",
        pools,
        request.ipamOptions(),
        request.options(),
        request.labels());
  }

  private static void checkName(String name) {
    if (name.isBlank()) {
      throw invalid("invalid name: name is empty");
    }
    if (name.equals("bridge") || name.equals("host") || name.equals("none")) {
      throw forbidden("operation is not permitted on predefined %s network ".formatted(name));
    }
    if (name.equals("default") || name.startsWith("container:") || name.indexOf('\0') >= 0) {
      throw invalid("invalid name: '%s' stands for something else".formatted(name));
    }
  }

  private static void checkSwarm(NetworkRequest request) {
    if (request.ingress()) {
      throw forbidden("Ingress network can only be global scope network");
    }
    if (request.scope().equals("swarm") || request.scope().equals("global")) {
      throw forbidden("cannot create a swarm scoped network when swarm is not active");
    }
    if (request.driver().equals("overlay")) {
      throw forbidden(
          "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.");
    }
    if (request.configOnly() && (request.internal() || request.attachable())) {
      throw forbidden(
          "configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.");
    }
  }

  private static Network.Driver driver(NetworkRequest request) {
    if (request.configOnly()) {
      return Network.Driver.NONE;
    }
    String name = request.driver().isEmpty() ? "bridge" : request.driver();
    Network.Driver driver =
        Network.Driver.named(name)
            .orElseThrow(
                () ->
                    new EngineException(
                        ErrorKind.NOT_FOUND, "plugin \"%s\" not found".formatted(name)));
    if (driver == Network.Driver.HOST || driver == Network.Driver.NONE) {
      throw forbidden("only one instance of \"%s\" network is allowed".formatted(name));
    }
    return driver;
  }

  /// A network with the settings of another.
  private static NetworkSpec configured(NetworkRequest request, LocalNetworks networks) {
    NetworkSpec source =
        networks
            .find(request.configFrom())
            .map(Network::spec)
            .filter(NetworkSpec::configOnly)
            .orElseThrow(
                () ->
                    new EngineException(
                        ErrorKind.NOT_FOUND,
                        "configuration network \"%s\" does not exist"
                            .formatted(request.configFrom())));
    if (!request.pools().isEmpty() || !request.options().isEmpty()) {
      throw forbidden(
          "user specified configurations are not supported if the network depends on a configuration network");
    }
    return new NetworkSpec(
        request.name(),
        driver(request),
        source.ipv4(),
        source.ipv6(),
        request.internal(),
        request.attachable(),
        false,
        source.name(),
        source.pools(),
        source.ipamOptions(),
        source.options(),
        request.labels());
  }

  private static List<NetworkSpec.Pool> pools(List<Pool> asked) {
    List<String> problems = new ArrayList<>();
    List<NetworkSpec.Pool> pools = new ArrayList<>();
    for (Pool pool : asked) {
      pool(pool, problems).ifPresent(pools::add);
    }
    report("invalid network config:", problems);
    return pools;
  }

  private static Optional<NetworkSpec.Pool> pool(Pool asked, List<String> problems) {
    Optional<Subnet> subnet = block("subnet", asked.subnet(), problems);
    Optional<Subnet> range =
        asked.range().isEmpty()
            ? Optional.empty()
            : block("ip-range", asked.range(), problems)
                .filter(block -> within(block, subnet, asked, problems));
    Optional<IpAddress> gateway =
        asked.gateway().isEmpty()
            ? Optional.empty()
            : address("gateway " + asked.gateway(), asked.gateway(), subnet, problems);
    Map<String, IpAddress> auxiliary = new LinkedHashMap<>();
    asked
        .auxiliary()
        .forEach(
            (name, text) ->
                address("auxiliary address " + name, text, subnet, problems)
                    .ifPresent(address -> auxiliary.put(name, address)));
    return subnet.map(block -> new NetworkSpec.Pool(block, range, gateway, auxiliary));
  }

  private static boolean within(
      Subnet range, Optional<Subnet> subnet, Pool asked, List<String> problems) {
    if (subnet.isPresent() && !subnet.get().contains(range)) {
      problems.add(
          "invalid ip-range %s: parent subnet %s doesn't contain ip-range"
              .formatted(asked.range(), subnet.get()));
      return false;
    }
    return true;
  }

  private static Optional<Subnet> block(String what, String text, List<String> problems) {
    try {
      Subnet.Interface read = Subnet.Interface.parse(text);
      if (!read.address().equals(read.subnet().base())) {
        problems.add("invalid %s %s: it should be %s".formatted(what, text, read.subnet()));
        return Optional.empty();
      }
      return Optional.of(read.subnet());
    } catch (IllegalArgumentException _) {
      problems.add("invalid %s %s: invalid CIDR block notation".formatted(what, text));
      return Optional.empty();
    }
  }

  private static Optional<IpAddress> address(
      String what, String text, Optional<Subnet> subnet, List<String> problems) {
    Optional<IpAddress> address = IpAddress.find(text);
    if (address.isEmpty()) {
      problems.add("invalid %s: invalid address".formatted(what));
    } else if (subnet.isPresent() && !subnet.get().contains(address.get())) {
      problems.add(
          "invalid %s: parent subnet %s doesn't contain this address"
              .formatted(what, subnet.get()));
      return Optional.empty();
    }
    return address;
  }

  /// What is wrong with a place in a network that is there.
  static void check(EndpointSpec asked, Network network) {
    List<String> problems = new ArrayList<>();
    address("IPv4", asked.ipv4Address(), network, problems);
    address("IPv6", asked.ipv6Address(), network, problems);
    for (String text : asked.linkLocalAddresses()) {
      if (IpAddress.find(text).isEmpty()) {
        problems.add("invalid link-local IP address: " + text);
      }
    }
    if (!asked.aliases().isEmpty() && !network.resolvesNames()) {
      problems.add(
          "network-scoped alias is supported only for containers in user defined networks");
    }
    asked
        .macAddress()
        .filter(mac -> !mac.isEmpty())
        .ifPresent(
            mac -> {
              try {
                MacAddress _ = MacAddress.parse(mac);
              } catch (IllegalArgumentException _) {
                problems.add("invalid MAC address: " + mac);
              }
            });
    report("invalid endpoint settings:", problems);
  }

  private static void address(
      String family, Optional<String> asked, Network network, List<String> problems) {
    if (asked.isEmpty()) {
      return;
    }
    String text = asked.get();
    boolean ipv6 = family.equals("IPv6");
    Optional<IpAddress> address = IpAddress.find(text).filter(a -> a.ipv6() == ipv6);
    if (address.isEmpty()) {
      problems.add("invalid %s address: %s".formatted(family, text));
    }
    if (network.predefined()) {
      problems.add("user specified IP address is supported on user defined networks only");
    }
    Optional<Subnet> subnet =
        network.spec().pools().stream()
            .map(NetworkSpec.Pool::subnet)
            .filter(block -> block.ipv6() == ipv6)
            .findFirst();
    if (subnet.isEmpty() || network.predefined()) {
      problems.add(
          "user specified IP address is supported only when connecting to networks with user configured subnets");
    } else if (address.isEmpty() || !subnet.get().contains(address.get())) {
      problems.add("no configured subnet or ip-range contain the IP address " + text);
    }
  }

  /// As Docker joins errors: one stands alone, several are a list.
  private static void report(String title, List<String> problems) {
    if (problems.size() == 1) {
      throw invalid(title + "\n" + problems.getFirst());
    }
    if (!problems.isEmpty()) {
      throw invalid(title + "\n* " + String.join("\n* ", problems));
    }
  }

  private static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }

  private static EngineException forbidden(String message) {
    return new EngineException(ErrorKind.FORBIDDEN, message);
  }
}
