package gantry.engine.network;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// The networks that containers can be in; for now the three that are always there.
public interface NetworkCatalogue {
  /// A network; endpoints of running containers by container id.
  record NetworkView(
      String id,
      String name,
      String driver,
      Instant created,
      boolean ipv6,
      boolean internal,
      boolean attachable,
      List<Pool> pools,
      Map<String, String> options,
      Map<String, String> labels,
      Map<String, Member> members) {
    public record Pool(String subnet, String gateway, String range) {}

    public record Member(
        String containerName,
        String endpointId,
        String macAddress,
        String ipv4Address,
        String ipv6Address) {}
  }

  List<NetworkView> list();

  /// By full id, name, or beginning of an id.
  NetworkView find(String network);
}
