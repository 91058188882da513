package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.Depth;
import gantry.linux.mount.FileSystemContext;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.MountFlags;
import gantry.linux.mount.Mounts;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// What a volume of the driver `local` is made of when it is no plain directory: the options
/// `type`, `device` and `o`, with the meaning that mount(8)'s `-t`, its source and `-o` have.
///
/// @param type a file system of this kernel; `none` for binds
/// @param device the source: a directory for binds, `:/export` for NFS
/// @param words the options, split at their commas
record VolumeOptions(String type, String device, List<String> words) {
  private static final Set<String> KNOWN = Set.of("type", "device", "o", "size");
  private static final Set<String> NETWORKED = Set.of("nfs", "nfs4", "cifs", "smb3");

  /// Properties of the mount.
  private static final Map<String, Integer> ATTRIBUTES =
      Map.of(
          "ro", MountFlags.RDONLY,
          "nosuid", MountFlags.NOSUID,
          "nodev", MountFlags.NODEV,
          "noexec", MountFlags.NOEXEC,
          "noatime", MountFlags.NOATIME,
          "nodiratime", MountFlags.NODIRATIME,
          "strictatime", MountFlags.STRICTATIME,
          "nosymfollow", MountFlags.NOSYMFOLLOW);

  /// What a mount is anyway.
  private static final Set<String> ORDINARY =
      Set.of(
          "defaults",
          "rw",
          "suid",
          "dev",
          "exec",
          "atime",
          "diratime",
          "relatime",
          "async",
          "auto",
          "bind",
          "rbind");

  /// Reads a volume's options as they are stored; empty for a plain directory. Says what is wrong
  /// with them in Docker's words.
  static Optional<VolumeOptions> parse(Map<String, String> options) {
    if (options.isEmpty()) {
      return Optional.empty();
    }
    for (String option : options.keySet()) {
      if (!KNOWN.contains(option)) {
        throw invalid("invalid option: \"" + option + "\"");
      }
    }
    if (options.containsKey("size")) {
      throw invalid("quota size requested but no quota support");
    }
    for (String required : List.of("device", "type")) {
      if (!options.containsKey(required)) {
        throw invalid("missing required option: \"" + required + "\"");
      }
    }
    List<String> words = new ArrayList<>(List.of(options.getOrDefault("o", "").split(",", -1)));
    words.removeIf(String::isEmpty);
    return Optional.of(
        new VolumeOptions(
            options.getOrDefault("type", ""), options.getOrDefault("device", ""), words));
  }

  private static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }

  /// A detached mount of it, which the caller owns.
  OwnedFd mount() {
    return words.contains("bind") || words.contains("rbind") ? bind() : fileSystem();
  }

  private OwnedFd bind() {
    try (OwnedFd source = At.open(Fd.CWD, device, OpenFlags.O_PATH)) {
      if (!At.stat(source).directory()) {
        throw new SyscallException("open", Errno.ENOTDIR, device);
      }
      OwnedFd mount = Mounts.copy(source, "", words.contains("rbind") ? Depth.TREE : Depth.ONE);
      try {
        Mounts.change(mount, Depth.ONE, MountChange.setting(attributes()));
        return mount;
      } catch (RuntimeException e) {
        mount.close();
        throw e;
      }
    }
  }

  private int attributes() {
    return words.stream()
        .mapToInt(word -> ATTRIBUTES.getOrDefault(word, 0))
        .reduce(0, (a, b) -> a | b);
  }

  private OwnedFd fileSystem() {
    try (FileSystemContext context = FileSystemContext.open(type)) {
      for (Parameter parameter : parameters()) {
        if (parameter.value.isPresent()) {
          context.set(parameter.key, parameter.value.get());
        } else {
          context.flag(parameter.key);
        }
      }
      return context.mount(attributes());
    }
  }

  /// What the file system itself is told, by fsconfig(2).
  ///
  /// @param value empty for a flag
  record Parameter(String key, Optional<String> value) {}

  /// The source, and the words that are no properties of every mount; the address of a server
  /// instead of its name.
  List<Parameter> parameters() {
    List<Parameter> parameters = new ArrayList<>();
    if (!device.isEmpty()) {
      parameters.add(new Parameter("source", Optional.of(device)));
    }
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals >= 0) {
        String key = word.substring(0, equals);
        String value = word.substring(equals + 1);
        boolean named = key.equals("addr") && NETWORKED.contains(type);
        parameters.add(new Parameter(key, Optional.of(named ? address(value) : value)));
      } else if (word.equals("ro") || !(ATTRIBUTES.containsKey(word) || ORDINARY.contains(word))) {
        parameters.add(new Parameter(word, Optional.empty()));
      }
    }
    return parameters;
  }

  /// The kernel takes addresses and no names; mount(8) has a program for that.
  private static String address(String host) {
    try {
      return InetAddress.getByName(host).getHostAddress();
    } catch (UnknownHostException e) {
      throw new EngineException(
          ErrorKind.UNAVAILABLE,
          "error resolving passed in network volume address: no address of '%s' is known"
              .formatted(host),
          e);
    }
  }

  /// The options as they were given, without what is secret in them.
  String shown() {
    return words.stream()
        .map(word -> word.startsWith("password=") ? "password=********" : word)
        .collect(Collectors.joining(","));
  }
}
