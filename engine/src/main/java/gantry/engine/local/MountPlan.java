package gantry.engine.local;

import gantry.build.StepRunner;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.MountSpec;
import gantry.image.Image;
import gantry.image.Snapshots;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.Depth;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.Mounts;
import gantry.linux.mount.Propagation;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import gantry.oci.Digest;
import gantry.oci.runtime.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The mounts that a container gets beside the system's, for one start: those of the user, volumes,
/// and the three files. Owns the descriptors that it opened for them.
final class MountPlan implements AutoCloseable {
  private final Rooms rooms;
  private final ContainerView view;
  private final List<Mount> mounts = new ArrayList<>();
  private final Map<String, OwnedFd> sources = new HashMap<>();

  private final Optional<Snapshots.Mapping> mapping;

  private MountPlan(Rooms rooms, ContainerView view, Optional<Snapshots.Mapping> mapping) {
    this.rooms = rooms;
    this.view = view;
    this.mapping = mapping;
  }

  /// Looks everything up; sources that `-v` names and that are missing are made.
  ///
  /// @param mapping of the container's user namespace. What is the container's own (volumes, the
  ///   three files, images) has the owners of inside on the disk; what is the host's is shown as it
  ///   is, so that a container has no more rights there than the users it stands for
  static MountPlan of(Rooms rooms, ContainerView view, Optional<Snapshots.Mapping> mapping) {
    MountPlan plan = new MountPlan(rooms, view, mapping);
    try {
      view.mounts().forEach(plan::add);
      view.spec().isolation().tmpfs().forEach(plan::addTmpfs);
      plan.addStepMounts();
      plan.addFiles();
      return plan;
    } catch (RuntimeException e) {
      plan.close();
      throw e;
    }
  }

  List<Mount> mounts() {
    return mounts;
  }

  /// Sources by destination, where they are no paths.
  Map<String, Fd> sources() {
    return new HashMap<>(sources);
  }

  private void add(ContainerView.MountPoint point) {
    Optional<MountSpec> spec =
        view.spec().mounts().stream()
            .filter(
                mount -> Path.of(mount.target()).normalize().toString().equals(point.destination()))
            .findFirst();
    switch (point.type()) {
      case "bind" -> addBind(point, spec);
      case "volume" -> addVolume(point, spec);
      case "tmpfs" -> addTmpfs(point, spec);
      default -> addImage(point, spec);
    }
  }

  private void addBind(ContainerView.MountPoint point, Optional<MountSpec> spec) {
    boolean recursive = true;
    if (spec.isPresent() && spec.get() instanceof MountSpec.Bind bind) {
      recursive = bind.recursive();
      if (bind.legacy() || bind.createSource()) {
        makeSource(point.source());
      }
    }
    if (!Files.exists(Path.of(point.source()))) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "invalid mount config for type \"bind\": bind source path does not exist: "
              + point.source());
    }
    addBound(
        point,
        recursive ? "rbind" : "bind",
        point.propagation().isEmpty() ? "rprivate" : point.propagation());
  }

  /// What is read-only where it comes from stays so: a mount that may be written is given no
  /// option, since `rw` would take that away.
  private void addBound(ContainerView.MountPoint point, String... options) {
    List<String> all = new ArrayList<>(List.of(options));
    if (!point.writable()) {
      all.add("ro");
    }
    mounts.add(new Mount(point.destination(), "bind", point.source(), all));
  }

  /// Directories that were not there are the container's root's.
  private void makeSource(String source) {
    try {
      Deque<Path> missing = new ArrayDeque<>();
      for (Path path = Path.of(source); path != null && !Files.exists(path); ) {
        missing.push(path);
        path = path.getParent();
      }
      for (Path path : missing) {
        Files.createDirectories(path);
        mapping.ifPresent(
            own -> At.chown(Fd.CWD, path.toString(), own.maps().rootUid(), own.maps().rootGid()));
      }
    } catch (IOException e) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "error while creating mount source path '%s': %s".formatted(source, e.getMessage()),
          e);
    }
  }

  private void addVolume(ContainerView.MountPoint point, Optional<MountSpec> spec) {
    if (!rooms.volumes().exists(point.name())) {
      Object _ = rooms.volumes().obtain(point.name(), Map.of()); // removed by force, or lost
    }
    if (spec.isPresent()
        && spec.get() instanceof MountSpec.Volume volume
        && !volume.subpath().isEmpty()) {
      try (OwnedFd root = At.openDirectory(Fd.CWD, point.source())) {
        sources.put(
            point.destination(),
            mapped(beneath(root, volume.subpath(), point.source()), Depth.TREE, point.source()));
      }
    } else {
      map(point.destination(), point.source(), Depth.TREE);
    }
    addBound(point, "rbind", "rprivate");
  }

  /// Gives what is at a path of the host mapped ids in the container.
  private void map(String destination, String source, Depth depth) {
    if (mapping.isPresent()) {
      try (OwnedFd file = At.open(Fd.CWD, source, OpenFlags.O_PATH)) {
        sources.put(destination, mapped(Mounts.copy(file, "", depth), depth, source));
      }
    }
  }

  /// A detached mount with mapped ids, where that is wanted; `shown` names it in messages.
  private OwnedFd mapped(OwnedFd mount, Depth depth, String shown) {
    if (mapping.isPresent()) {
      try {
        Mounts.change(mount, depth, MountChange.mapping(mapping.get().namespace()));
      } catch (SyscallException e) {
        mount.close();
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT,
            "cannot show '%s' with the ids of the container's user namespace: %s; its file system may not know how: use --userns=host"
                .formatted(shown, e.errno()),
            e);
      }
    }
    return mount;
  }

  /// A detached mount of what is at `subpath` of a tree, which is called `shown` in messages.
  private static OwnedFd beneath(OwnedFd root, String subpath, String shown) {
    try (OwnedFd part =
        At.openInRootIfExists(root, subpath, OpenFlags.O_PATH)
            .orElseThrow(
                () ->
                    new EngineException(
                        ErrorKind.INVALID_ARGUMENT,
                        "cannot access path %s/%s: no such file or directory"
                            .formatted(shown, subpath)))) {
      return Mounts.copy(part, "", Depth.TREE);
    }
  }

  private void addTmpfs(ContainerView.MountPoint point, Optional<MountSpec> spec) {
    Map<String, String> options = tmpfsDefaults();
    if (spec.isPresent() && spec.get() instanceof MountSpec.Tmpfs tmpfs) {
      tmpfs.options().forEach(option -> merge(options, option));
      tmpfs.sizeBytes().filter(size -> size > 0).ifPresent(size -> merge(options, "size=" + size));
      tmpfs.mode().ifPresent(mode -> merge(options, "mode=" + Integer.toOctalString(mode)));
    }
    if (!point.writable()) {
      merge(options, "ro");
    }
    mounts.add(new Mount(point.destination(), "tmpfs", "tmpfs", List.copyOf(options.values())));
  }

  private void addTmpfs(String target, String given) {
    Map<String, String> options = tmpfsDefaults();
    for (String option : given.split(",", -1)) {
      if (!option.isEmpty()) {
        merge(options, option);
      }
    }
    String destination = Path.of(target).normalize().toString();
    mounts.add(new Mount(destination, "tmpfs", "tmpfs", List.copyOf(options.values())));
  }

  private static Map<String, String> tmpfsDefaults() {
    Map<String, String> options = new LinkedHashMap<>();
    List.of("noexec", "nosuid", "nodev").forEach(option -> merge(options, option));
    return options;
  }

  /// Of opposite options, and of those with a value, the last counts.
  private static void merge(Map<String, String> options, String option) {
    int equals = option.indexOf('=');
    String key =
        switch (option) {
          case "exec", "noexec" -> "exec";
          case "suid", "nosuid" -> "suid";
          case "dev", "nodev" -> "dev";
          case "rw", "ro" -> "ro";
          default -> equals < 0 ? option : option.substring(0, equals);
        };
    options.put(key, option);
  }

  private void addImage(ContainerView.MountPoint point, Optional<MountSpec> spec) {
    Image image =
        rooms
            .images()
            .byId(Digest.parse(point.source()))
            .orElseThrow(
                () -> new EngineException(ErrorKind.NOT_FOUND, "No such image: " + point.source()));
    OwnedFd files =
        mapping
            .map(own -> rooms.images().snapshots().view(image, own))
            .orElseGet(() -> rooms.images().snapshots().view(image));
    String subpath =
        spec.isPresent() && spec.get() instanceof MountSpec.Image of ? of.subpath() : "";
    addSource(point.destination(), files, subpath, image.id().toString());
    mounts.add(Mount.of(point.destination(), "bind", point.source(), "rbind", "ro", "rprivate"));
  }

  /// Kernels before 6.15 copy mounts that are in a table alone: so in the table of a namespace that
  /// nobody else is in.
  private OwnedFd imagePart(OwnedFd files, String subpath, String shown) {
    String place = rooms.paths().containers().toString();
    return NamespaceThread.unshared(
        Set.of(Namespace.MOUNT),
        () -> {
          Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
          Mounts.attach(files, Fd.CWD, place);
          try (OwnedFd root = At.openDirectory(Fd.CWD, place)) {
            return beneath(root, subpath, shown);
          }
        });
  }

  /// What a build's command has besides; none of it is on record.
  private void addStepMounts() {
    List<StepRunner.Mount> of = rooms.steps().of(view.id()).mounts();
    for (int i = 0; i < of.size(); i++) {
      switch (of.get(i)) {
        case StepRunner.Mount.Files files -> addStepFiles(files, StepMounts.key(view.id(), i));
        case StepRunner.Mount.Directory directory -> {
          map(directory.target(), directory.source(), Depth.TREE);
          addStepMount(directory.target(), directory.source(), !directory.readOnly());
        }
        case StepRunner.Mount.Memory memory ->
            addTmpfs(memory.target(), memory.sizeBytes() > 0 ? "size=" + memory.sizeBytes() : "");
        case StepRunner.Mount.SecretFile secret -> {
          String place = rooms.paths().containers().toString();
          sources.put(secret.target(), StepMounts.file(secret, place, mapping));
          addStepMount(secret.target(), "secret", false);
        }
        case StepRunner.Mount.Socket socket -> addStepMount(socket.target(), socket.source(), true);
      }
    }
  }

  private void addStepMount(String target, String source, boolean writable) {
    mounts.add(
        new Mount(
            target,
            "bind",
            source,
            writable ? List.of("rbind", "rprivate") : List.of("rbind", "ro", "rprivate")));
  }

  /// @param key of the snapshot that takes what is written there
  private void addStepFiles(StepRunner.Mount.Files mount, String key) {
    Snapshots snapshots = rooms.images().snapshots();
    OwnedFd files =
        mount.writable()
            ? mapping.map(own -> snapshots.mount(key, own)).orElseGet(() -> snapshots.mount(key))
            : mapping
                .map(own -> snapshots.view(mount.image(), own))
                .orElseGet(() -> snapshots.view(mount.image()));
    addSource(mount.target(), files, mount.subpath().orElse(""), mount.image().id().toString());
    addStepMount(mount.target(), mount.image().id().toString(), mount.writable());
  }

  /// A mount, or what is at a path in it, as a source.
  private void addSource(String target, OwnedFd files, String subpath, String shown) {
    if (subpath.isEmpty()) {
      sources.put(target, files);
    } else {
      try (files) {
        sources.put(target, imagePart(files, subpath, shown));
      }
    }
  }

  private void addFiles() {
    ContainerSpec.Isolation isolation = view.spec().isolation();
    ContainerView files =
        isolation.networkMode().startsWith("container:")
            ? rooms.containers().find(isolation.networkMode().substring(10)).view()
            : view;
    addFile("/etc/resolv.conf", files.resolvConfPath());
    addFile("/etc/hostname", files.hostnamePath());
    addFile("/etc/hosts", files.hostsPath());
  }

  private void addFile(String target, String source) {
    boolean taken = mounts.stream().anyMatch(mount -> mount.destination().equals(target));
    if (!taken) {
      map(target, source, Depth.ONE);
      mounts.add(
          Mount.of(
              target,
              "bind",
              source,
              "rbind",
              "rprivate",
              view.spec().isolation().readOnlyRootfs() ? "ro" : "rw"));
    }
  }

  @Override
  public void close() {
    sources.values().forEach(OwnedFd::close);
  }
}
