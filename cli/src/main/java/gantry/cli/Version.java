package gantry.cli;

/// Which Gantry this is; the build writes it into the jar's manifest.
public final class Version {

  private Version() {}

  /// The version, e.g. `0.1.0`.
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-dev" : version;
  }

  /// The commit it was built from.
  public static String build() {
    return System.getProperty("gantry.build", "unknown");
  }
}
