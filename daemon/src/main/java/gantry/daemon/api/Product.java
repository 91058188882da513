package gantry.daemon.api;

/// What this program says of itself.
final class Product {
  /// The Docker whose behaviour is offered: tools compare it with the versions that brought a
  /// feature. What follows the plus sign is Gantry's own.
  static final String VERSION = "28.5.2+gantry.0.1.0";

  static final String NAME = "Gantry";
  static final String GANTRY_VERSION = "0.1.0";
  static final String GIT_COMMIT = "";
  static final String BUILD_TIME = "";

  private Product() {}

  /// The architecture in Go's words.
  static String goArchitecture() {
    return switch (System.getProperty("os.arch", "")) {
      case "amd64", "x86_64" -> "amd64";
      case "aarch64" -> "arm64";
      case String other -> other;
    };
  }
}
