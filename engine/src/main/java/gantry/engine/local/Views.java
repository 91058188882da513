package gantry.engine.local;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.PortBinding;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Pictures of a container that differ from another one in one thing.
final class Views {
  private Views() {}

  static ContainerView state(ContainerView v, ContainerView.State state) {
    return of(
        v,
        v.name(),
        v.spec(),
        state,
        v.restartCount(),
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        v.execIds());
  }

  static ContainerView health(ContainerView v, ContainerView.Health health) {
    ContainerView.State old = v.state();
    return state(
        v,
        new ContainerView.State(
            old.status(),
            old.pid(),
            old.exitCode(),
            old.oomKilled(),
            old.error(),
            old.startedAt(),
            old.finishedAt(),
            Optional.of(health)));
  }

  static ContainerView name(ContainerView v, String name) {
    return of(
        v,
        name,
        v.spec(),
        v.state(),
        v.restartCount(),
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        v.execIds());
  }

  static ContainerView spec(ContainerView v, ContainerSpec spec) {
    return of(
        v,
        v.name(),
        spec,
        v.state(),
        v.restartCount(),
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        v.execIds());
  }

  static ContainerView restartCount(ContainerView v, int restartCount) {
    return of(
        v,
        v.name(),
        v.spec(),
        v.state(),
        restartCount,
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        v.execIds());
  }

  static ContainerView manuallyStopped(ContainerView v, boolean manuallyStopped) {
    return of(
        v,
        v.name(),
        v.spec(),
        v.state(),
        v.restartCount(),
        manuallyStopped,
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        v.execIds());
  }

  static ContainerView networks(
      ContainerView v,
      Map<String, ContainerView.EndpointView> networks,
      Optional<String> networkNamespacePath) {
    return of(
        v,
        v.name(),
        v.spec(),
        v.state(),
        v.restartCount(),
        v.manuallyStopped(),
        networks,
        networkNamespacePath,
        networkNamespacePath.isPresent() ? v.publishedPorts() : List.of(),
        v.execIds());
  }

  static ContainerView publishedPorts(ContainerView v, List<PortBinding> ports) {
    return of(
        v,
        v.name(),
        v.spec(),
        v.state(),
        v.restartCount(),
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        ports,
        v.execIds());
  }

  static ContainerView execIds(ContainerView v, List<String> execIds) {
    return of(
        v,
        v.name(),
        v.spec(),
        v.state(),
        v.restartCount(),
        v.manuallyStopped(),
        v.networks(),
        v.networkNamespacePath(),
        v.publishedPorts(),
        execIds);
  }

  private static ContainerView of(
      ContainerView v,
      String name,
      ContainerSpec spec,
      ContainerView.State state,
      int restartCount,
      boolean manuallyStopped,
      Map<String, ContainerView.EndpointView> networks,
      Optional<String> networkNamespacePath,
      List<PortBinding> publishedPorts,
      List<String> execIds) {
    return new ContainerView(
        v.id(),
        name,
        v.created(),
        v.imageId(),
        spec,
        v.path(),
        v.arguments(),
        state,
        restartCount,
        manuallyStopped,
        v.mounts(),
        networks,
        networkNamespacePath,
        publishedPorts,
        v.hostnamePath(),
        v.hostsPath(),
        v.resolvConfPath(),
        v.logPath(),
        v.mountLabel(),
        v.processLabel(),
        v.appArmorProfile(),
        execIds,
        v.graphDriverData(),
        v.platformOs());
  }
}
