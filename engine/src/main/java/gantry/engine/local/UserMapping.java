package gantry.engine.local;

import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.image.Snapshots;
import gantry.linux.Fd;
import gantry.linux.KernelVersion;
import gantry.linux.OwnedFd;
import gantry.linux.process.IdMap;
import gantry.linux.process.IdMaps;
import gantry.linux.process.Namespace;
import gantry.oci.runtime.LinuxSpec.IdMapping;
import gantry.runtime.staged.UserNamespaces;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Whose ids containers have: the host's, or others, in user namespaces, where an engine is set up
/// so.
final class UserMapping implements AutoCloseable {
  /// Overlayfs on layers with mapped ids, given one by one.
  private static final KernelVersion LEAST = new KernelVersion(6, 5);

  private final ContainerStore containers;
  private final Optional<IdMaps> maps;
  private final Optional<UserNamespaces> maker;

  private UserMapping(ContainerStore containers, Optional<IdMaps> maps) {
    this.containers = containers;
    this.maps = maps;
    this.maker = maps.map(_ -> new UserNamespaces());
  }

  static UserMapping open(EngineConfig config, ContainerStore containers) {
    if (config.usernsRemap().isPresent() && !KernelVersion.current().atLeast(LEAST)) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "userns-remap needs Linux %s or newer, and this is %s"
              .formatted(LEAST, KernelVersion.current()));
    }
    return new UserMapping(
        containers, config.usernsRemap().map(new SubordinateIds(Path.of("/etc"))::maps));
  }

  boolean enabled() {
    return maps.isPresent();
  }

  /// The maps of a container's user namespace; none for one that has the host's.
  Optional<IdMaps> of(ContainerSpec spec) {
    if (maps.isEmpty() || spec.isolation().usernsMode().equals("host")) {
      return Optional.empty();
    }
    return shared(spec.isolation()).map(other -> of(other.spec())).orElse(maps);
  }

  /// The maps of the user namespace that a process is in, whatever this engine is set up for now;
  /// none when it is in ours, or has ended.
  static Optional<IdMaps> ofProcess(int pid) {
    try {
      String uids = Files.readString(Path.of("/proc/" + pid + "/uid_map"));
      if (uids.equals(Files.readString(Path.of("/proc/self/uid_map")))) {
        return Optional.empty();
      }
      String gids = Files.readString(Path.of("/proc/" + pid + "/gid_map"));
      return Optional.of(new IdMaps(IdMap.parse(uids), IdMap.parse(gids)));
    } catch (IOException _) { // it has ended
      return Optional.empty();
    }
  }

  /// The container whose namespaces this one shares: then it has to share the user namespace, to
  /// which they belong.
  private Optional<ContainerView> shared(ContainerSpec.Isolation isolation) {
    return Stream.of(isolation.networkMode(), isolation.pidMode(), isolation.ipcMode())
        .filter(mode -> mode.startsWith("container:"))
        .findFirst()
        .map(mode -> containers.find(mode.substring(10)).view());
  }

  /// As the config of a container has them.
  static List<IdMapping> mappings(IdMap map) {
    return map.ranges().stream()
        .map(range -> new IdMapping(range.inside(), range.outside(), range.size()))
        .toList();
  }

  /// Refuses what cannot be in a user namespace, in Docker's words.
  void check(ContainerSpec spec) {
    if (of(spec).isEmpty()) {
      return;
    }
    ContainerSpec.Isolation isolation = spec.isolation();
    if (isolation.privileged()) {
      throw refused(
          "privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode");
    }
    if (isolation.networkMode().equals("host")) {
      throw refused("cannot share the host's network namespace when user namespaces are enabled");
    }
    if (isolation.pidMode().equals("host")) {
      throw refused("cannot share the host PID namespace when user namespaces are enabled");
    }
    if (isolation.ipcMode().equals("host") || isolation.cgroupMode().equals("host")) {
      throw refused(
          "cannot share the host's IPC or cgroup namespace when user namespaces are enabled; use --userns=host");
    }
    if (spec.runtime().filter(name -> !name.isEmpty() && !name.equals("gantry")).isPresent()) {
      throw refused(
          "user namespaces are made by the built-in runtime only; use --userns=host with --runtime "
              + spec.runtime().get());
    }
  }

  private static EngineException refused(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }

  /// A user namespace for one start.
  ///
  /// @param network one that belongs to it; none where a container's is shared
  record Entered(Optional<Space> space, Optional<OwnedFd> network) implements AutoCloseable {
    /// For mounts.
    Optional<Snapshots.Mapping> mapping() {
      return space.map(own -> new Snapshots.Mapping(own.user, own.maps));
    }

    Optional<IdMaps> maps() {
      return space.map(Space::maps);
    }

    Optional<Fd> user() {
      return space.map(Space::user);
    }

    @Override
    public void close() {
      space.ifPresent(own -> own.user.close());
      network.ifPresent(OwnedFd::close);
    }
  }

  record Space(OwnedFd user, IdMaps maps) {}

  /// Makes or opens the user namespace that a container is to be in.
  Entered enter(ContainerSpec spec) {
    Optional<IdMaps> own = of(spec);
    if (own.isEmpty() || maker.isEmpty()) {
      return new Entered(Optional.empty(), Optional.empty());
    }
    Optional<ContainerView> other = shared(spec.isolation());
    if (other.isPresent() && other.get().state().pid() > 0) {
      OwnedFd user = Namespace.USER.ofProcess(other.get().state().pid());
      return new Entered(Optional.of(new Space(user, own.get())), Optional.empty());
    }
    UserNamespaces.Made made = maker.get().make(own.get());
    return new Entered(Optional.of(new Space(made.user(), own.get())), Optional.of(made.network()));
  }

  @Override
  public void close() {
    maker.ifPresent(UserNamespaces::close);
  }
}
