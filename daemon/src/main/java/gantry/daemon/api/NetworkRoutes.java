package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.network.NetworkCatalogue.NetworkView;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/// Networks: looked at; the three that are always there.
final class NetworkRoutes {
  private static final Set<String> PREDEFINED = Set.of("bridge", "host", "none");

  private NetworkRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("GET", "/networks", NetworkRoutes::list)
        .add("GET", "/networks/", NetworkRoutes::list)
        .add("GET", "/networks/{id}", NetworkRoutes::inspect)
        .add("POST", "/networks/create", NetworkRoutes::create)
        .add("POST", "/networks/prune", 25, NetworkRoutes::prune)
        .add("POST", "/networks/{id}/connect", NetworkRoutes::connect)
        .add("POST", "/networks/{id}/disconnect", NetworkRoutes::connect)
        .add("DELETE", "/networks/{id}", NetworkRoutes::remove);
  }

  private static void list(Call call) {
    Filters filters =
        call.filters("dangling", "driver", "id", "label", "name", "scope", "type", "idOrName");
    filters.checkWords("type", "type", "builtin", "custom");
    Optional<Boolean> dangling = filters.flag("dangling");
    JsonWriter json = new JsonWriter();
    json.addEach(
        call.engine().networks().list().stream()
            .filter(network -> matches(network, filters))
            .filter(network -> dangling.map(wanted -> wanted == isDangling(network)).orElse(true))
            .toList(),
        network -> network(json, network, false));
    call.reply(json);
  }

  private static boolean isDangling(NetworkView network) {
    return !PREDEFINED.contains(network.name()) && network.members().isEmpty();
  }

  private static boolean matches(NetworkView network, Filters filters) {
    String type = PREDEFINED.contains(network.name()) ? "builtin" : "custom";
    return filters.matches("name", network.name())
        && filters.matches("id", network.id())
        && filters.any("driver", network.driver()::equals)
        && filters.any("scope", "local"::equals)
        && filters.any("type", type::equals)
        && filters.any(
            "idOrName", value -> network.name().equals(value) || network.id().equals(value))
        && filters.labels(network.labels());
  }

  private static void network(JsonWriter json, NetworkView network, boolean members) {
    json.object().put("Name", network.name()).put("Id", network.id());
    json.put("Created", GoTime.nano(network.created())).put("Scope", "local");
    json.put("Driver", network.driver()).put("EnableIPv4", true).put("EnableIPv6", network.ipv6());
    json.object("IPAM").put("Driver", "default").putNull("Options");
    if (network.pools().isEmpty()) {
      json.putNull("Config");
    } else {
      json.putEach(
          "Config",
          network.pools(),
          pool ->
              json.object()
                  .putSome("Subnet", pool.subnet())
                  .putSome("IPRange", pool.range())
                  .putSome("Gateway", pool.gateway())
                  .end());
    }
    json.end().put("Internal", network.internal()).put("Attachable", network.attachable());
    json.put("Ingress", false).object("ConfigFrom").put("Network", "").end();
    json.put("ConfigOnly", false).object("Containers");
    if (members) {
      JsonWriter.sorted(network.members())
          .forEach(
              (id, member) ->
                  json.object(id)
                      .put("Name", member.containerName())
                      .put("EndpointID", member.endpointId())
                      .put("MacAddress", member.macAddress())
                      .put("IPv4Address", member.ipv4Address())
                      .put("IPv6Address", member.ipv6Address())
                      .end());
    }
    json.end().put("Options", network.options()).put("Labels", network.labels()).end();
  }

  private static void inspect(Call call) {
    String scope = call.text("scope");
    if (!scope.isEmpty() && !scope.equals("local")) {
      throw Call.notFound("network " + call.variable("id") + " not found");
    }
    JsonWriter json = new JsonWriter();
    network(json, call.engine().networks().find(call.variable("id")), true);
    call.reply(json);
  }

  private static void create(Call call) throws IOException {
    String name = call.requiredJson().map(json -> json.text("Name")).orElse("");
    if (PREDEFINED.contains(name)) {
      throw new EngineException(
          ErrorKind.FORBIDDEN, "operation is not permitted on predefined " + name + " network");
    }
    throw notYet("create network '" + name + "'");
  }

  private static void connect(Call call) throws IOException {
    call.requiredJson();
    NetworkView network = call.engine().networks().find(call.variable("id"));
    throw notYet("change who is in network '" + network.name() + "'");
  }

  private static void remove(Call call) {
    NetworkView network = call.engine().networks().find(call.variable("id"));
    throw new EngineException(
        ErrorKind.FORBIDDEN, network.name() + " is a pre-defined network and cannot be removed");
  }

  private static void prune(Call call) {
    call.filters("label", "label!", "until");
    call.reply(new JsonWriter().object().putNull("NetworksDeleted").end());
  }

  private static EngineException notYet(String what) {
    return Call.notImplemented(
        "cannot " + what + ": gantry has no networks but bridge, host and none yet");
  }
}
