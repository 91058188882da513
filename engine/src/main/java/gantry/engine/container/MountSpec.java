package gantry.engine.container;

import java.util.Map;
import java.util.Optional;

/// One mount that a user asked for.
public sealed interface MountSpec {
  /// Absolute path in the container.
  String target();

  boolean readOnly();

  /// A path of the host.
  ///
  /// @param legacy asked for with `-v` (the API's `Binds`): a missing source is made as a directory
  /// @param propagation empty for the default (`rprivate`)
  /// @param mode the option words of `-v` as given, for `inspect`
  record Bind(
      String source,
      String target,
      boolean readOnly,
      String propagation,
      boolean recursive,
      boolean createSource,
      boolean legacy,
      String mode,
      String consistency)
      implements MountSpec {}

  /// A volume; no name: an anonymous one.
  record Volume(
      Optional<String> name,
      String target,
      boolean readOnly,
      boolean copy,
      String subpath,
      Map<String, String> labels,
      Optional<String> driver,
      Map<String, String> driverOptions,
      boolean legacy,
      String mode)
      implements MountSpec {}

  /// A file system in memory.
  ///
  /// @param options further mount options, as `--mount type=tmpfs,tmpfs-…` and `--tmpfs` give them
  record Tmpfs(
      String target,
      boolean readOnly,
      Optional<Long> sizeBytes,
      Optional<Integer> mode,
      java.util.List<String> options)
      implements MountSpec {}

  /// An image's content, read-only.
  record Image(String image, String target, String subpath) implements MountSpec {
    @Override
    public boolean readOnly() {
      return true;
    }
  }
}
