package gantry.engine.local;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.PortBinding;
import gantry.network.IpAddress;
import gantry.network.port.PortRange;
import gantry.network.port.PortRequest;
import gantry.network.port.Protocol;
import gantry.network.port.PublishedPort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a container wants published, and what it got, between the user's words and the network's.
final class PortWishes {
  private PortWishes() {}

  /// All wishes; a range inside goes with a range of the same size outside, one by one. With
  /// `--publish-all` each exposed port that nothing is said of gets any.
  static List<PortRequest> of(ContainerSpec spec) {
    List<PortRequest> wishes = new ArrayList<>();
    spec.portBindings().forEach(binding -> add(wishes, binding));
    if (spec.publishAllPorts()) {
      for (String exposed : spec.exposedPorts()) {
        if (spec.portBindings().stream().noneMatch(binding -> binding.port().equals(exposed))) {
          add(wishes, new PortBinding(exposed, "", ""));
        }
      }
    }
    return wishes;
  }

  private static void add(List<PortRequest> wishes, PortBinding binding) {
    int slash = binding.port().indexOf('/');
    String ports = slash < 0 ? binding.port() : binding.port().substring(0, slash);
    Protocol protocol =
        slash < 0 ? Protocol.TCP : Protocol.find(binding.port().substring(slash + 1)).orElseThrow();
    Optional<IpAddress> address =
        binding.hostAddress().isEmpty()
            ? Optional.empty()
            : Optional.of(IpAddress.parse(binding.hostAddress()));
    PortRange inside = PortRange.parse(ports);
    PortRange outside = PortRange.parse(binding.hostPort());
    int size = inside.last() - inside.first();
    boolean pairwise = size > 0 && outside.last() - outside.first() == size;
    for (int i = 0; i <= size; i++) {
      PortRange hostPorts =
          pairwise ? new PortRange(outside.first() + i, outside.first() + i) : outside;
      wishes.add(new PortRequest(protocol, inside.first() + i, address, hostPorts));
    }
  }

  /// What it got.
  static List<PortBinding> shown(List<PublishedPort> published) {
    return published.stream()
        .map(
            port ->
                new PortBinding(
                    port.containerPort() + "/" + port.protocol(),
                    port.hostAddress().toString(),
                    Integer.toString(port.hostPort())))
        .toList();
  }
}
