package gantry.engine.local;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.network.HostsFile;
import gantry.network.IpAddress;
import gantry.network.Networks;
import gantry.network.ResolvConf;
import gantry.network.dns.NameService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The files `/etc/hosts`, `/etc/hostname` and `/etc/resolv.conf` of a container, kept on the host
/// and mounted into it. They are written in place: another container that shares our network may
/// have them mounted.
final class ContainerFiles {
  private record Resolvers(FileTime written, ResolvConf content) {}

  private static final Logger LOG = LoggerFactory.getLogger(ContainerFiles.class);
  private static final int HOSTS_MAX = 1 << 20;

  private final Rooms rooms;
  private final Links links;
  private volatile Resolvers resolvers =
      new Resolvers(FileTime.fromMillis(0), new ResolvConf(List.of(), List.of(), List.of()));

  ContainerFiles(Rooms rooms) {
    this.rooms = rooms;
    this.links = new Links(rooms.containers());
  }

  /// Writes the three files for a start; the container has its place in the network already.
  void write(ContainerView view) throws IOException {
    String mode = view.spec().isolation().networkMode();
    if (mode.startsWith("container:")) {
      return; // it gets that container's files
    }
    Files.writeString(Path.of(view.hostnamePath()), view.spec().identity().hostname() + "\n");
    Files.writeString(Path.of(view.hostsPath()), hosts(view, mode.equals("host")));
    Files.writeString(Path.of(view.resolvConfPath()), resolvers(view, mode.equals("host")));
  }

  private String hosts(ContainerView view, boolean host) throws IOException {
    ContainerSpec.Identity identity = view.spec().identity();
    List<HostsFile.Entry> added = new ArrayList<>(rooms.networks().hostEntries(view.spec()));
    added.addAll(links.entries(view));
    if (host) {
      StringBuilder text = new StringBuilder(Files.readString(Path.of("/etc/hosts")));
      added.forEach(
          entry -> text.append(entry.address()).append('\t').append(entry.names()).append('\n'));
      return text.toString();
    }
    return HostsFile.text(
        rooms.networks().addresses(view.id()), identity.hostname(), identity.domainname(), added);
  }

  /// A container has started: those that are linked to it learn its address.
  void started(ContainerView view) {
    for (Container other : rooms.containers().all()) {
      ContainerView linking = other.view();
      if (linking.state().running() && Links.any(linking)) {
        links
            .entriesFor(linking, view)
            .forEach(entry -> edit(linking, text -> HostsFile.with(text, entry)));
      }
    }
  }

  /// A running container came into a network: it has one more address.
  void joined(ContainerView view, String network) {
    ContainerView.EndpointView place = view.networks().get(network);
    if (place != null) {
      ContainerSpec.Identity identity = view.spec().identity();
      edit(
          view,
          text ->
              text + HostsFile.own(addresses(place), identity.hostname(), identity.domainname()));
      resolve(view);
    }
  }

  /// A running container came into its first network that resolves names.
  private void resolve(ContainerView view) {
    Path file = Path.of(view.resolvConfPath());
    try {
      if (rooms.networks().resolvesNames(view.id())
          && !Files.readString(file).contains("nameserver " + NameService.ADDRESS)) {
        Files.writeString(file, resolvers(view, false));
      }
    } catch (IOException e) {
      LOG.warn("{} does not follow the networks of {}: {}", file, view.name(), e.getMessage());
    }
  }

  /// A running container left a network.
  void left(ContainerView view, ContainerView.EndpointView place) {
    left(view, addresses(place));
  }

  void left(ContainerView view, List<IpAddress> addresses) {
    edit(view, text -> HostsFile.without(text, addresses));
  }

  private static List<IpAddress> addresses(ContainerView.EndpointView place) {
    return Stream.of(place.ipAddress(), place.ipv6Address())
        .flatMap(text -> IpAddress.find(text).stream())
        .toList();
  }

  /// Changes the hosts file of a running container, which may have lines of its own in it by now.
  private static void edit(ContainerView view, UnaryOperator<String> change) {
    Path file = Path.of(view.hostsPath());
    try {
      if (Files.size(file) <= HOSTS_MAX) {
        Files.writeString(file, change.apply(Files.readString(file)));
      }
    } catch (IOException e) {
      LOG.warn("{} does not follow the networks of {}: {}", file, view.name(), e.getMessage());
    }
  }

  /// With the host's network the host's resolvers are in reach as they are.
  private String resolvers(ContainerView view, boolean host) {
    ContainerSpec.Identity identity = view.spec().identity();
    List<String> servers = either(identity.dns(), rooms.config().dns());
    List<String> search = either(identity.dnsSearch(), rooms.config().dnsSearch());
    List<String> options = either(identity.dnsOptions(), rooms.config().dnsOptions());
    ResolvConf resolvers = hostResolvers();
    if (rooms.networks().resolvesNames(view.id())) {
      return resolvers.forNames(search, options).text();
    }
    List<String> asked = host && servers.isEmpty() ? resolvers.servers() : servers;
    return resolvers.forContainer(asked, search, options).text();
  }

  /// The host's resolvers, read again when their file is another than before.
  private ResolvConf hostResolvers() {
    FileTime written = written();
    Resolvers known = resolvers;
    if (!known.written.equals(written)) {
      known = new Resolvers(written, Networks.hostResolvers());
      resolvers = known;
    }
    return known.content;
  }

  private static FileTime written() {
    try {
      return Files.getLastModifiedTime(Path.of("/etc/resolv.conf"));
    } catch (IOException _) { // a host without the file: read as an empty one, each time
      return FileTime.from(Instant.now());
    }
  }

  private static List<String> either(List<String> own, List<String> standard) {
    return own.isEmpty() ? standard : own;
  }
}
