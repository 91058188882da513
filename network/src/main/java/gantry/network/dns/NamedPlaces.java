package gantry.network.dns;

import gantry.network.Endpoint;
import gantry.network.EndpointListener;
import gantry.network.IpAddress;
import gantry.network.Network;
import gantry.network.Networks;
import java.util.List;
import java.util.Optional;

/// Tells the name service which containers are in which networks. A container that was in none that
/// resolves names is not told of.
public final class NamedPlaces implements EndpointListener {
  private final NameService service;
  private final Networks networks;

  public NamedPlaces(NameService service, Networks networks) {
    this.service = service;
    this.networks = networks;
  }

  @Override
  public void changed(String containerId, List<Endpoint> endpoints) {
    boolean named = endpoints.stream().anyMatch(endpoint -> !endpoint.names().isEmpty());
    if (!named && !service.serves(containerId)) {
      return;
    }
    service.place(
        containerId, endpoints.stream().flatMap(endpoint -> place(endpoint).stream()).toList());
  }

  private Optional<NameService.Place> place(Endpoint endpoint) {
    return networks
        .find(endpoint.networkId())
        .map(
            network ->
                new NameService.Place(
                    network.id(),
                    network.name(),
                    leadsOut(network),
                    endpoint.names(),
                    endpoint.addresses().stream().map(IpAddress::inet).toList()));
  }

  private static boolean leadsOut(Network network) {
    return !network.spec().internal();
  }

  @Override
  public void left(String containerId) {
    service.remove(containerId);
  }
}
