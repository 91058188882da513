package gantry.acceptance.harness;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// Where the things under test lie: the checkout that Maven runs in, the distribution in it, and
/// the tools beside it.
public final class Checkout {
  private Checkout() {}

  /// The root of the checkout.
  public static Path root() {
    return Path.of(
        Objects.requireNonNull(
            System.getProperty("gantry.root"), "-Dgantry.root is set by the pom"));
  }

  /// The built distribution.
  public static Path distribution() {
    return root().resolve("target/gantry");
  }

  /// A bundled image's archive.
  public static Path image(String name) {
    return distribution().resolve("images").resolve(name + ".tar");
  }

  /// The script that fetches and starts Docker 28.5: `GANTRY_PEER`, or its usual place beside the
  /// checkout.
  public static Optional<Path> peer() {
    return Stream.concat(
            Optional.ofNullable(System.getenv("GANTRY_PEER")).map(Path::of).stream(),
            Stream.of(
                root().resolve("../shared/bench/peer.sh"),
                root().resolve("../../shared/bench/peer.sh")))
        .map(Path::normalize)
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /// Where the peer is unpacked: kept from run to run.
  public static Path peerFolder() {
    return Optional.ofNullable(System.getenv("GANTRY_PEER_DIR"))
        .map(Path::of)
        .orElseGet(() -> root().resolve(".cache/peer"));
  }

  /// The stock docker client: on the `PATH`, or out of the peer's packages.
  public static Path dockerClient() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/local/bin:/usr/bin:/bin");
    return Stream.of(path.split(":"))
        .map(folder -> Path.of(folder, "docker"))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseGet(DockerPeer::client);
  }
}
