package gantry.engine.local;

import gantry.engine.container.ContainerView;
import gantry.engine.event.Event;
import gantry.engine.event.Events;
import gantry.network.Network;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/// Tells what happens to containers, networks, volumes and images, with Docker's attributes.
final class EventNames {
  private final Events events;

  EventNames(Events events) {
    this.events = events;
  }

  /// Something happened to a container; attributes are its labels, image and name, and `more`.
  void container(ContainerView container, String action, String... more) {
    Map<String, String> attributes = new LinkedHashMap<>(container.spec().labels());
    attributes.put("image", container.spec().image());
    attributes.put("name", container.name());
    publish("container", action, container.id(), attributes, more);
  }

  void network(String action, Network network) {
    publish(
        "network",
        action,
        network.id(),
        new LinkedHashMap<>(),
        "name",
        network.name(),
        "type",
        network.driver().dockerName());
  }

  /// A container came into a network, or left it.
  void network(String action, Network network, String containerId) {
    publish(
        "network",
        action,
        network.id(),
        new LinkedHashMap<>(),
        "container",
        containerId,
        "name",
        network.name(),
        "type",
        network.driver().dockerName());
  }

  void volume(String action, String name, String... more) {
    publish("volume", action, name, new LinkedHashMap<>(Map.of("driver", "local")), more);
  }

  /// A container that starts has its volumes mounted.
  void volumesMounted(ContainerView container) {
    for (ContainerView.MountPoint mount : container.mounts()) {
      if (mount.type().equals("volume")) {
        volume(
            "mount",
            mount.name(),
            "container",
            container.id(),
            "destination",
            mount.destination(),
            "propagation",
            mount.propagation(),
            "read/write",
            Boolean.toString(mount.writable()));
      }
    }
  }

  /// A container ended, and has its volumes no longer mounted.
  void volumesUnmounted(ContainerView container) {
    container.volumeNames().forEach(name -> volume("unmount", name, "container", container.id()));
  }

  void image(String action, String id, String name, Map<String, String> labels) {
    Map<String, String> attributes = new LinkedHashMap<>(labels);
    attributes.put("name", name);
    publish("image", action, id, attributes);
  }

  /// A prune of `type` ended.
  void pruned(String type, long reclaimedBytes) {
    publish(type, "prune", "", new LinkedHashMap<>(), "reclaimed", Long.toString(reclaimedBytes));
  }

  private void publish(
      String type, String action, String id, Map<String, String> attributes, String... more) {
    for (int i = 0; i < more.length; i += 2) {
      attributes.put(more[i], more[i + 1]);
    }
    events.publish(new Event(type, action, id, attributes, Instant.now()));
  }
}
