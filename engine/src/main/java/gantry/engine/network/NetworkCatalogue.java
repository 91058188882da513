package gantry.engine.network;

import gantry.engine.container.EndpointSpec;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// The networks that containers can be in; three are always there.
public interface NetworkCatalogue {
  /// A network; endpoints of running containers by container id.
  ///
  /// @param pools those asked for as they were, then those that were chosen
  /// @param configFrom name of the network that its settings are from; empty for its own
  record NetworkView(
      String id,
      String name,
      String driver,
      Instant created,
      boolean ipv4,
      boolean ipv6,
      boolean internal,
      boolean attachable,
      boolean configOnly,
      String configFrom,
      Map<String, String> ipamOptions,
      List<Pool> pools,
      Map<String, String> options,
      Map<String, String> labels,
      Map<String, Member> members) {
    public record Member(
        String containerName,
        String endpointId,
        String macAddress,
        String ipv4Address,
        String ipv6Address) {}

    /// Whether it is always there.
    public boolean predefined() {
      return name.equals("bridge") || name.equals("host") || name.equals("none");
    }
  }

  /// Where addresses are from, as text; empty for what is not said.
  ///
  /// @param auxiliary addresses that nobody gets, by name
  record Pool(String subnet, String gateway, String range, Map<String, String> auxiliary) {}

  /// What is asked of a network, as text: see Docker's API.
  ///
  /// @param scope empty or `local`
  record NetworkRequest(
      String name,
      String driver,
      String scope,
      boolean ipv4,
      boolean ipv6,
      boolean internal,
      boolean attachable,
      boolean ingress,
      boolean configOnly,
      String configFrom,
      String ipamDriver,
      Map<String, String> ipamOptions,
      List<Pool> pools,
      Map<String, String> options,
      Map<String, String> labels) {}

  List<NetworkView> list();

  /// By full id, name, or beginning of an id.
  NetworkView find(String network);

  /// Makes a network; returns its id.
  String create(NetworkRequest request);

  /// Removes a network that no running container is in.
  void remove(String network);

  /// Puts a container into a network: at once when it runs, else with its next start.
  void connect(String network, String container, EndpointSpec asked);

  /// Takes a container out of a network.
  ///
  /// @param force also when there is no such container any more
  void disconnect(String network, String container, boolean force);

  /// Removes the networks that are not always there and that no running container is in; returns
  /// their names.
  List<String> prune(Predicate<NetworkView> filter);
}
