package gantry.build.context;

/// How much a context may be that somebody sends or that comes from the network.
///
/// @param sizeBytes of all its files when unpacked
/// @param files how many files, directories and links
public record ContextLimits(long sizeBytes, long files) {
  /// 64 GiB in four million files.
  public static final ContextLimits DEFAULT = new ContextLimits(64L << 30, 4_000_000);

  public ContextLimits {
    if (sizeBytes < 0 || files < 0) {
      throw new IllegalArgumentException("limits are not negative");
    }
  }
}
