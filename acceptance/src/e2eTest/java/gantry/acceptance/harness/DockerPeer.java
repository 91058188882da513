package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// Docker itself, the reference, started apart from everything else on the machine by `peer.sh`.
public final class DockerPeer implements Engine {
  private final Path folder = Checkout.peerFolder();

  private DockerPeer() {}

  /// Its docker client, 28.5. Fetches the peer when it is not there, once for all classes that ask
  /// at the same time.
  public static synchronized Path client() {
    script("fetch");
    return Checkout.peerFolder().resolve("root/usr/bin/docker");
  }

  /// Starts it, fetching it first when it is not there, with the bundled images loaded.
  public static DockerPeer start() {
    client();
    DockerPeer peer = new DockerPeer();
    script("start");
    Cli docker = new Cli(peer, "peer");
    docker.ok("load", "-q", "-i", Checkout.image("busybox").toString());
    docker.ok("load", "-q", "-i", Checkout.image("hello-world").toString());
    return peer;
  }

  @Override
  public boolean docker() {
    return true;
  }

  @Override
  public Path socket() {
    return folder.resolve("docker.sock");
  }

  @Override
  public long pid() {
    return Long.parseLong(read("pid").strip());
  }

  @Override
  public String log() {
    return read("log");
  }

  @Override
  public void close() {
    Cli docker = new Cli(this, "peer");
    String ids = docker.run("ps", "-aq").text();
    if (!ids.isEmpty()) {
      docker.run(("rm -f -v " + ids.replaceAll("\\s+", " ")).split(" "));
    }
    script("stop");
  }

  private static void script(String verb) {
    Path script =
        Checkout.peer()
            .orElseThrow(() -> new IllegalStateException("no peer.sh: set GANTRY_PEER to it"));
    Subprocess.run(
            List.of("bash", script.toString(), verb, Checkout.peerFolder().toString()),
            Map.of(),
            new byte[0],
            Duration.ofMinutes(5))
        .expect(0);
  }

  private String read(String file) {
    try {
      return Files.readString(folder.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the peer's " + file, e);
    }
  }
}
