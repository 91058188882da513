package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Containers;
import gantry.engine.container.LogConfig;
import gantry.engine.container.MountSpec;
import gantry.engine.container.Resources;
import gantry.engine.container.Status;
import gantry.engine.spec.ImageDefaults;
import gantry.engine.spec.RuntimeSpecBuilder;
import gantry.engine.spec.SpecCheck;
import gantry.engine.stdio.ContainerStreams;
import gantry.image.Image;
import gantry.oci.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Makes containers.
///
/// Order of writes: directory and snapshot, neither synced, then the row, synced: it makes the
/// container exist. A crash before leaves what the next opening removes.
final class Creation {
  private final Rooms rooms;
  private final Seeding seeding;
  private final Links links;

  Creation(Rooms rooms) {
    this.rooms = rooms;
    this.seeding = new Seeding(rooms);
    this.links = new Links(rooms.containers());
  }

  Containers.Created create(ContainerSpec asked) {
    String id = Ids.next();
    String name = reserveName(asked, id);
    try {
      return create(asked, id, name);
    } catch (RuntimeException e) {
      rooms.containers().free(name, id);
      throw Failures.of("cannot create container '" + name + "'", e);
    }
  }

  private String reserveName(ContainerSpec asked, String id) {
    Optional<String> given =
        asked.name().map(n -> n.startsWith("/") ? n.substring(1) : n).filter(n -> !n.isEmpty());
    given.ifPresent(name -> rooms.containers().reserve(name, id));
    return given.orElseGet(() -> rooms.containers().reserveAny(id));
  }

  private Containers.Created create(ContainerSpec asked, String id, String name) {
    Image image = image(asked);
    ContainerSpec spec = complete(asked, image, id).toBuilder().name(name).build();
    if (asked.isolation().utsMode().equals("host") && !asked.identity().hostname().isEmpty()) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT, "conflicting options: hostname and the UTS mode");
    }
    SpecCheck.Findings findings = SpecCheck.of(spec, rooms.machine().specMachine());
    if (!findings.problems().isEmpty()) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, String.join("; ", findings.problems()));
    }
    rooms.users().check(spec);
    rooms.networks().check(spec);
    links.check(spec);
    List<String> warnings = new ArrayList<>(findings.warnings());
    if (!spec.portBindings().isEmpty() && spec.isolation().networkMode().equals("host")) {
      warnings.add("Published ports are discarded when using host network mode");
    }
    List<String> made = new ArrayList<>(); // anonymous volumes
    List<ContainerView.MountPoint> mounts = mountPoints(spec, id, made);
    try {
      ContainerView view = view(id, name, image, spec, mounts);
      prepare(view, image);
      rooms.records().insert(view, newRun(view));
      Container container = new Container(view, streams(id, spec), ContainerLog.of(view, rooms));
      rooms.containers().add(container);
      rooms.events().container(view, "create");
      return new Containers.Created(id, warnings);
    } catch (RuntimeException e) {
      rooms.images().snapshots().remove(id);
      made.forEach(rooms.volumes()::removeUnused);
      throw e;
    } finally {
      mounts.forEach(mount -> rooms.volumes().letGo(mount.name(), id));
    }
  }

  ContainerStreams streams(String id, ContainerSpec spec) {
    ContainerSpec.Program program = spec.program();
    return new ContainerStreams(
        Ids.abbreviate(id),
        rooms.loop(),
        new ContainerStreams.Rules(program.terminal(), program.openStdin(), program.stdinOnce()));
  }

  /// The image, if it is for the platform that was asked for.
  Image image(ContainerSpec asked) {
    Image image = rooms.images().find(asked.image());
    asked
        .platform()
        .filter(text -> !text.isEmpty())
        .ifPresent(
            text -> {
              Platform wanted = Platform.parse(text);
              if (!wanted.runs(image.config().platform())) {
                throw new EngineException(
                    ErrorKind.NOT_FOUND,
                    "image with reference %s was found but its platform (%s) does not match the specified platform (%s)"
                        .formatted(asked.image(), image.config().platform(), wanted));
              }
            });
    return image;
  }

  /// The spec with the image's and the engine's defaults.
  ContainerSpec complete(ContainerSpec asked, Image image, String id) {
    ContainerSpec merged = ImageDefaults.merge(asked, image.config().config());
    ContainerSpec.Isolation isolation = merged.isolation();
    ContainerSpecBuilder builder = merged.toBuilder();
    String network = isolation.networkMode();
    builder.networkMode(
        network.isEmpty() || network.equals("default") ? "bridge" : joined(network));
    builder.pidMode(joined(isolation.pidMode()));
    String ipc = isolation.ipcMode();
    builder.ipcMode(ipc.isEmpty() ? "private" : joined(ipc));
    if (isolation.cgroupMode().isEmpty()) {
      builder.cgroupMode("private");
    }
    if (isolation.shmSizeBytes().filter(size -> size != 0).isEmpty()) {
      builder.shmSizeBytes(rooms.config().defaultShmSizeBytes());
    }
    if (merged.log().driver().isEmpty()) {
      LogConfig standard = rooms.config().defaultLog();
      Map<String, String> options = new LinkedHashMap<>(standard.options());
      options.putAll(merged.log().options());
      builder.log(new LogConfig(standard.driver(), options));
    }
    if (merged.runtime().filter(runtime -> !runtime.isEmpty()).isEmpty()) {
      builder.runtime(rooms.runtimes().defaultName());
    }
    if (merged.identity().hostname().isEmpty() && !network.startsWith("container:")) {
      boolean hostName = network.equals("host") || isolation.utsMode().equals("host");
      builder.hostname(hostName ? rooms.machine().hostname() : Ids.abbreviate(id));
    }
    builder.resources(resources(merged.resources()));
    return builder.build();
  }

  /// `container:` with a name becomes `container:` with the id.
  private String joined(String mode) {
    return mode.startsWith("container:") && mode.length() > 10
        ? "container:" + rooms.containers().find(mode.substring(10)).id
        : mode;
  }

  private Resources resources(Resources r) {
    long swap =
        r.memoryBytes() > 0 && r.memorySwapBytes() == 0 && rooms.host().swapLimit()
            ? 2 * r.memoryBytes()
            : r.memorySwapBytes();
    return ResourceEdits.with(
        r, swap, RuntimeSpecBuilder.ulimits(rooms.config().defaultUlimits(), r.ulimits()));
  }

  private void prepare(ContainerView view, Image image) {
    rooms.images().snapshots().prepare(view.id(), image);
    try {
      Files.createDirectory(rooms.paths().container(view.id()));
    } catch (IOException e) {
      throw Failures.of("cannot make the directory of container " + view.id(), e);
    }
    seeding.seed(view);
  }

  static ContainerRecords.Run newRun(ContainerView view) {
    return new ContainerRecords.Run(
        view.state(), 0, false, false, Optional.empty(), view.networks());
  }

  ContainerView view(
      String id,
      String name,
      Image image,
      ContainerSpec spec,
      List<ContainerView.MountPoint> mounts) {
    List<String> words = new ArrayList<>(spec.program().entrypoint().orElse(List.of()));
    words.addAll(spec.program().command().orElse(List.of()));
    EnginePaths paths = rooms.paths();
    boolean logged = spec.log().driver().equals("json-file");
    return new ContainerView(
        id,
        name,
        Instant.now(),
        image.id(),
        spec,
        words.getFirst(),
        List.copyOf(words.subList(1, words.size())),
        new ContainerView.State(
            Status.CREATED, 0, 0, false, "", Optional.empty(), Optional.empty(), Optional.empty()),
        0,
        false,
        mounts,
        rooms.networks().created(spec),
        Optional.empty(),
        List.of(),
        paths.hostname(id).toString(),
        paths.hosts(id).toString(),
        paths.resolvConf(id).toString(),
        logged ? Optional.of(paths.log(id).toString()) : Optional.empty(),
        "",
        "",
        spec.isolation().privileged() ? "" : rooms.host().appArmor().orElse(""),
        List.of(),
        Map.of(),
        "linux");
  }

  /// Everything that will be mounted for the user, volumes made or found.
  private List<ContainerView.MountPoint> mountPoints(
      ContainerSpec spec, String id, List<String> made) {
    Map<String, ContainerView.MountPoint> mounts = new LinkedHashMap<>();
    for (String from : spec.volumesFrom()) {
      for (ContainerView.MountPoint mount : mountsOf(from)) {
        mounts.put(mount.destination(), mount);
      }
    }
    for (MountSpec mount : spec.mounts()) {
      ContainerView.MountPoint point = mountPoint(mount, made);
      mounts.put(point.destination(), point);
    }
    for (String target : spec.volumes()) {
      String destination = Path.of(target).normalize().toString();
      boolean tmpfs = spec.isolation().tmpfs().containsKey(destination);
      if (!mounts.containsKey(destination) && !tmpfs) {
        mounts.put(
            destination,
            anonymous(
                destination,
                new MountSpec.Volume(
                    Optional.empty(),
                    destination,
                    false,
                    true,
                    "",
                    Map.of(),
                    Optional.empty(),
                    Map.of(),
                    true,
                    ""),
                made));
      }
    }
    mounts.values().forEach(mount -> rooms.volumes().hold(mount.name(), id));
    return List.copyOf(mounts.values());
  }

  private List<ContainerView.MountPoint> mountsOf(String from) {
    int colon = from.indexOf(':');
    String container = colon < 0 ? from : from.substring(0, colon);
    boolean readOnly = colon >= 0 && from.substring(colon + 1).contains("ro");
    return rooms.containers().find(container).view().mounts().stream()
        .map(
            m ->
                new ContainerView.MountPoint(
                    m.type(),
                    m.name(),
                    m.source(),
                    m.destination(),
                    m.driver(),
                    m.mode(),
                    m.writable() && !readOnly,
                    m.propagation()))
        .toList();
  }

  private ContainerView.MountPoint mountPoint(MountSpec mount, List<String> made) {
    String destination = Path.of(mount.target()).normalize().toString();
    return switch (mount) {
      case MountSpec.Bind bind ->
          new ContainerView.MountPoint(
              "bind",
              "",
              Path.of(bind.source()).normalize().toString(),
              destination,
              "",
              bind.mode(),
              !bind.readOnly(),
              bind.propagation().isEmpty() ? "rprivate" : bind.propagation());
      case MountSpec.Tmpfs tmpfs ->
          new ContainerView.MountPoint("tmpfs", "", "", destination, "", "", !tmpfs.readOnly(), "");
      case MountSpec.Image image ->
          new ContainerView.MountPoint(
              "image",
              "",
              rooms.images().find(image.image()).id().toString(),
              destination,
              "",
              "",
              false,
              "");
      case MountSpec.Volume volume when volume.name().filter(n -> !n.isEmpty()).isEmpty() ->
          anonymous(destination, volume, made);
      case MountSpec.Volume volume ->
          volume(
              obtain(volume.name().orElseThrow(), volume, volume.labels()),
              destination,
              !volume.readOnly(),
              volume.mode());
    };
  }

  private ContainerView.MountPoint anonymous(
      String destination, MountSpec.Volume volume, List<String> made) {
    Map<String, String> all = new LinkedHashMap<>(volume.labels());
    all.put(LocalVolumes.ANONYMOUS, "");
    String name = Ids.next();
    made.add(name);
    return volume(obtain(name, volume, all), destination, !volume.readOnly(), volume.mode());
  }

  private LocalVolumes.Definition obtain(
      String name, MountSpec.Volume volume, Map<String, String> labels) {
    return rooms.volumes().obtain(name, volume.driver().orElse(""), volume.driverOptions(), labels);
  }

  private ContainerView.MountPoint volume(
      LocalVolumes.Definition volume, String destination, boolean writable, String mode) {
    return new ContainerView.MountPoint(
        "volume",
        volume.name(),
        rooms.paths().volumeData(volume.name()).toString(),
        destination,
        "local",
        mode,
        writable,
        "");
  }
}
