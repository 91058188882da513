package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.file.At;
import gantry.linux.file.FileType;
import gantry.oci.Json;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.Root;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.Launch;
import gantry.runtime.Rootfs;
import gantry.runtime.StdioSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A bundle for another runtime: `config.json` in the container's own directory, and places for the
/// root and the sources that are given as descriptors.
///
/// @param placed the mounts that the command is to find at those places
record Bundle(Path directory, List<RunnerPlan.Placed> placed) {

  static Bundle write(Launch launch, String cgroupPath) {
    Path directory = launch.directory();
    List<RunnerPlan.Placed> placed = new ArrayList<>();
    RuntimeSpec spec = launch.spec();
    spec =
        spec.withProcess(process(spec.process(), launch.stdio()))
            .withRoot(new Root(root(launch, placed), spec.root().readonly()))
            .withMounts(mounts(launch, placed))
            .withLinux(spec.linux().withNamespaces(namespaces(launch)).withCgroupsPath(cgroupPath));
    write(directory.resolve("config.json"), Json.write(spec));
    return new Bundle(directory, placed);
  }

  /// The process with the terminal that it is to have.
  static ProcessSpec process(ProcessSpec process, StdioSpec stdio) {
    ProcessSpec.Builder builder = process.builder().terminal(stdio instanceof StdioSpec.Terminal);
    if (stdio instanceof StdioSpec.Terminal(int rows, int columns) && rows > 0 && columns > 0) {
      builder.consoleSize(new ProcessSpec.ConsoleSize(rows, columns));
    }
    return builder.build();
  }

  private static String root(Launch launch, List<RunnerPlan.Placed> placed) {
    return switch (launch.root()) {
      case Rootfs.Directory(Path path) -> path.toString();
      case Rootfs.Mounted(Fd mount) -> {
        Path place = launch.directory().resolve("rootfs");
        makeDirectory(place);
        placed.add(new RunnerPlan.Placed(mount, place));
        yield place.toString();
      }
    };
  }

  private static List<Mount> mounts(Launch launch, List<RunnerPlan.Placed> placed) {
    List<Mount> mounts = new ArrayList<>();
    for (Mount mount : launch.spec().mounts()) {
      Fd source = launch.sources().get(mount.destination());
      if (source == null) {
        mounts.add(mount);
        continue;
      }
      Path place = launch.directory().resolve("source-" + placed.size());
      if (At.stat(source).type() == FileType.DIRECTORY) {
        makeDirectory(place);
      } else {
        write(place, new byte[0]);
      }
      placed.add(new RunnerPlan.Placed(source, place));
      mounts.add(new Mount(mount.destination(), mount.type(), place.toString(), mount.options()));
    }
    return mounts;
  }

  /// A namespace that is open here is found by others through this process's descriptors.
  private static List<Namespace> namespaces(Launch launch) {
    List<Namespace> namespaces = new ArrayList<>();
    for (Namespace namespace : launch.spec().linux().namespaces()) {
      if (!launch.namespaces().containsKey(namespace.type())) {
        namespaces.add(namespace);
      }
    }
    launch
        .namespaces()
        .forEach(
            (type, fd) ->
                namespaces.add(
                    new Namespace(
                        type, "/proc/" + ProcessHandle.current().pid() + "/fd/" + fd.value())));
    return namespaces;
  }

  static void write(Path file, byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  static void makeDirectory(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + directory, e);
    }
  }

  /// Removes a directory and the files in it.
  static void removeDirectory(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + directory, e);
    }
  }
}
