package gantry.daemon.api;

import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonWriter;
import gantry.engine.network.NetworkCatalogue.NetworkRequest;
import gantry.engine.network.NetworkCatalogue.NetworkView;
import gantry.engine.network.NetworkCatalogue.Pool;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Networks: made, looked at, joined, left and removed.
final class NetworkRoutes {
  private NetworkRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("GET", "/networks", NetworkRoutes::list)
        .add("GET", "/networks/", NetworkRoutes::list)
        .add("GET", "/networks/{id}", NetworkRoutes::inspect)
        .add("POST", "/networks/create", NetworkRoutes::create)
        .add("POST", "/networks/prune", 25, NetworkRoutes::prune)
        .add("POST", "/networks/{id}/connect", NetworkRoutes::connect)
        .add("POST", "/networks/{id}/disconnect", NetworkRoutes::disconnect)
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
    return !network.predefined() && network.members().isEmpty();
  }

  private static boolean matches(NetworkView network, Filters filters) {
    String type = network.predefined() ? "builtin" : "custom";
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
    json.put("Driver", network.driver())
        .put("EnableIPv4", network.ipv4())
        .put("EnableIPv6", network.ipv6());
    json.object("IPAM").put("Driver", "default");
    if (network.predefined()) {
      json.putNull("Options");
    } else {
      json.put("Options", network.ipamOptions());
    }
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
                  .putSome("AuxiliaryAddresses", pool.auxiliary())
                  .end());
    }
    json.end().put("Internal", network.internal()).put("Attachable", network.attachable());
    json.put("Ingress", false).object("ConfigFrom").put("Network", network.configFrom()).end();
    json.put("ConfigOnly", network.configOnly()).object("Containers");
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
    JsonObject json = call.requiredJson().orElseGet(JsonObject::empty);
    JsonObject addresses = json.object("IPAM");
    String id =
        call.engine()
            .networks()
            .create(
                new NetworkRequest(
                    json.text("Name"),
                    json.text("Driver"),
                    json.text("Scope"),
                    json.optionalFlag("EnableIPv4").orElse(true),
                    json.flag("EnableIPv6"),
                    json.flag("Internal"),
                    json.flag("Attachable"),
                    json.flag("Ingress"),
                    json.flag("ConfigOnly"),
                    json.object("ConfigFrom").text("Network"),
                    addresses.text("Driver"),
                    addresses.stringMap("Options"),
                    addresses.objects("Config").stream().map(NetworkRoutes::pool).toList(),
                    json.stringMap("Options"),
                    json.stringMap("Labels")));
    call.reply(201, new JsonWriter().object().put("Id", id).put("Warning", "").end());
  }

  private static Pool pool(JsonObject json) {
    return new Pool(
        json.text("Subnet"),
        json.text("Gateway"),
        json.text("IPRange"),
        json.stringMap("AuxiliaryAddresses"));
  }

  private static void connect(Call call) throws IOException {
    JsonObject json = call.requiredJson().orElseGet(JsonObject::empty);
    call.engine()
        .networks()
        .connect(
            call.variable("id"),
            container(json),
            ContainerDecoder.endpoint(json.object("EndpointConfig")));
    call.reply(200);
  }

  private static void disconnect(Call call) throws IOException {
    JsonObject json = call.requiredJson().orElseGet(JsonObject::empty);
    call.engine().networks().disconnect(call.variable("id"), container(json), json.flag("Force"));
    call.reply(200);
  }

  private static String container(JsonObject json) {
    String container = json.text("Container");
    if (container.isEmpty()) {
      throw Call.invalid("invalid name or ID supplied: \"\"");
    }
    return container;
  }

  private static void remove(Call call) {
    call.engine().networks().remove(call.variable("id"));
    call.reply(204);
  }

  private static void prune(Call call) {
    Filters filters = call.filters("label", "label!", "until");
    Instant now = Instant.now();
    Optional<Instant> until = filters.only("until").map(text -> GoTime.moment(text, now));
    List<String> removed =
        call.engine()
            .networks()
            .prune(
                network ->
                    filters.labels(network.labels())
                        && until.map(network.created()::isBefore).orElse(true));
    call.reply(new JsonWriter().object().putOrNull("NetworksDeleted", removed).end());
  }
}
