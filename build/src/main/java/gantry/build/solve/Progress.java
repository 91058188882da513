package gantry.build.solve;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildListener;
import gantry.oci.Digest;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Tells the listener of one build what goes on, one event at a time. Thread-safe.
final class Progress {
  private final BuildListener listener;
  private final Set<Digest> open = new HashSet<>(); // guarded by this

  Progress(BuildListener listener) {
    this.listener = listener;
  }

  synchronized void tell(BuildEvent event) {
    listener.on(event);
  }

  void planned(List<Vertex> vertices) {
    tell(new BuildEvent.Planned(List.copyOf(vertices)));
  }

  synchronized void started(Vertex vertex) {
    open.add(vertex.id());
    tell(new BuildEvent.Started(vertex.id(), Instant.now()));
  }

  void output(Vertex vertex, boolean error, byte[] bytes) {
    tell(new BuildEvent.Output(vertex.id(), error, ByteBuffer.wrap(bytes)));
  }

  void progressed(Vertex vertex, String part, long current, long total) {
    tell(new BuildEvent.Progressed(vertex.id(), part, current, total, Instant.now()));
  }

  void explained(Vertex vertex, boolean hit, List<String> reasons) {
    tell(new BuildEvent.Explained(vertex.id(), hit, List.copyOf(reasons)));
  }

  synchronized void finished(Vertex vertex, Outcome outcome) {
    if (open.remove(vertex.id())) {
      tell(new BuildEvent.Finished(vertex.id(), Instant.now(), outcome));
    }
  }

  /// The build is over: what was begun and not finished was given up.
  synchronized void closed() {
    for (Digest vertex : Set.copyOf(open)) {
      open.remove(vertex);
      tell(new BuildEvent.Finished(vertex, Instant.now(), new Outcome.Cancelled()));
    }
  }
}
