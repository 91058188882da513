package gantry.cli.command;

/// Which Gantry this is; the build writes it into the jar's manifest.
public final class Versions {

  private Versions() {}

  /// The version, e.g. `0.1.0`.
  public static String current() {
    String version = Versions.class.getPackage().getImplementationVersion();
    return version == null ? "0.1.0-dev" : version;
  }

  /// The commit it was built from.
  public static String build() {
    return System.getProperty("gantry.build", "unknown");
  }

  /// Go's name of this machine's architecture, e.g. `amd64`.
  public static String architecture() {
    String name = System.getProperty("os.arch", "");
    return name.equals("aarch64") ? "arm64" : name;
  }
}
