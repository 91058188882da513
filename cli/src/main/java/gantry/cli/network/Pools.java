package gantry.cli.network;

import gantry.cli.command.CliException;
import gantry.cli.json.JsonObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The subnets of a network to be made, each with the range, the gateway and the addresses that
/// were given for it: they stand in flags of their own and find their subnet by what they are.
final class Pools {

  private final Map<String, JsonObject> bySubnet = new LinkedHashMap<>();

  /// @param auxiliary addresses that are not given to containers, by name
  /// @throws CliException in Docker's words when something fits no subnet, or two fit one
  static List<Object> of(
      List<String> subnets, List<String> ranges, List<String> gateways, JsonObject auxiliary) {
    if (subnets.size() < ranges.size() || subnets.size() < gateways.size()) {
      throw new CliException("every ip-range or gateway must have a corresponding subnet");
    }
    Pools pools = new Pools();
    subnets.forEach(pools::add);
    ranges.forEach(range -> pools.give("IPRange", range));
    gateways.forEach(gateway -> pools.give("Gateway", gateway));
    auxiliary.members().forEach((name, address) -> pools.setAside(name, address.toString()));
    return new ArrayList<>(pools.bySubnet.values());
  }

  private void add(String subnet) {
    for (String other : bySubnet.keySet()) {
      if (lies(other, subnet) || lies(subnet, other)) {
        throw new CliException("multiple overlapping subnet configuration is not supported");
      }
    }
    bySubnet.put(subnet, JsonObject.create().put("Subnet", subnet));
  }

  /// Sets what there is one of in each subnet.
  private void give(String member, String value) {
    boolean range = member.equals("IPRange");
    List<JsonObject> fitting = around(value);
    if (fitting.isEmpty()) {
      throw new CliException("no matching subnet for " + (range ? "range " : "gateway ") + value);
    }
    for (JsonObject pool : fitting) {
      if (pool.has(member)) {
        throw new CliException(
            "cannot configure multiple %s (%s, %s) %s the same subnet (%s)"
                .formatted(
                    range ? "ranges" : "gateways",
                    value,
                    pool.text(member),
                    range ? "on" : "for",
                    pool.text("Subnet")));
      }
      pool.put(member, value);
    }
  }

  private void setAside(String name, String address) {
    List<JsonObject> fitting = around(address);
    if (fitting.isEmpty()) {
      throw new CliException("no matching subnet for aux-address " + address);
    }
    for (JsonObject pool : fitting) {
      JsonObject addresses =
          pool.has("AuxiliaryAddresses") ? pool.object("AuxiliaryAddresses") : JsonObject.create();
      pool.put("AuxiliaryAddresses", addresses.put(name, address));
    }
  }

  private List<JsonObject> around(String value) {
    return bySubnet.entrySet().stream()
        .filter(pool -> lies(pool.getKey(), value))
        .map(Map.Entry::getValue)
        .toList();
  }

  private static boolean lies(String subnet, String value) {
    Cidr outer;
    try {
      outer = Cidr.parse(subnet);
    } catch (IllegalArgumentException e) {
      throw new CliException("invalid subnet: " + e.getMessage());
    }
    try {
      return outer.contains(value);
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }
}
