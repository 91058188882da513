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
  private final Path script;
  private final Path folder;

  private DockerPeer(Path script, Path folder) {
    this.script = script;
    this.folder = folder;
  }

  /// Starts it, fetching it first when it is not there, with the bundled images loaded.
  public static DockerPeer start() {
    Path script =
        Checkout.peer()
            .orElseThrow(() -> new IllegalStateException("no peer.sh: set GANTRY_PEER to it"));
    DockerPeer peer = new DockerPeer(script, Checkout.peerFolder());
    // setsid: the daemon must not keep the pipes of this program open.
    peer.script("start");
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

  private void script(String verb) {
    Subprocess.run(
            List.of("bash", script.toString(), verb, folder.toString()),
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
