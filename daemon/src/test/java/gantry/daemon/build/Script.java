package gantry.daemon.build;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.oci.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Events, written down quickly.
public final class Script {
  public static final Instant START = Instant.ofEpochSecond(1_700_000_000);

  private Script() {}

  public static Digest digest(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.UTF_8));
  }

  public static Vertex vertex(int step, int steps, Work work, String instruction) {
    return new Vertex(
        digest(instruction),
        "[%d/%d] %s".formatted(step, steps, instruction),
        "0",
        step,
        steps,
        instruction,
        step,
        work,
        List.of());
  }

  public static BuildEvent planned(Vertex... vertices) {
    return new BuildEvent.Planned(List.of(vertices));
  }

  public static BuildEvent started(Vertex vertex) {
    return new BuildEvent.Started(vertex.id(), START);
  }

  public static BuildEvent output(Vertex vertex, boolean error, byte... bytes) {
    return new BuildEvent.Output(vertex.id(), error, ByteBuffer.wrap(bytes));
  }

  public static BuildEvent output(Vertex vertex, String text) {
    return output(vertex, false, text.getBytes(StandardCharsets.UTF_8));
  }

  public static BuildEvent built(Vertex vertex, String result) {
    return finished(vertex, new Outcome.Built(digest(result), Duration.ofSeconds(1)));
  }

  public static BuildEvent cached(Vertex vertex, String result) {
    return finished(vertex, new Outcome.Cached(digest(result)));
  }

  public static BuildEvent failed(Vertex vertex, int code, String... command) {
    return finished(
        vertex,
        new Outcome.Failed(
            "process did not complete", Optional.of(new Outcome.Exit(List.of(command), code))));
  }

  public static BuildEvent finished(Vertex vertex, Outcome outcome) {
    return new BuildEvent.Finished(vertex.id(), START.plusSeconds(1), outcome);
  }
}
