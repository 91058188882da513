package gantry.build;

import gantry.oci.Digest;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Something that happened in a build. The steps are *vertices* of a graph, as BuildKit calls them.
public sealed interface BuildEvent {
  /// The Dockerfile, as it was read; told once, before the vertices: whoever shows a failing step
  /// or a warning quotes it.
  ///
  /// @param file its name, as in messages
  record DockerfileRead(String file, String text) implements BuildEvent {}

  /// Vertices that the build now knows it needs, in the order of the Dockerfile. Each is told once,
  /// before anything else of it.
  record Planned(List<Vertex> vertices) implements BuildEvent {}

  /// Work on a vertex began: it is looked up in the cache, then run.
  record Started(Digest vertex, Instant at) implements BuildEvent {}

  /// What the command of a vertex wrote; the buffer is the listener's.
  record Output(Digest vertex, boolean error, ByteBuffer bytes) implements BuildEvent {}

  /// How far a part of a vertex is.
  ///
  /// @param part what it is, `transferring context` say
  /// @param total 0 where it is not known
  record Progressed(Digest vertex, String part, long current, long total, Instant at)
      implements BuildEvent {}

  /// Why a vertex was, or was not, in the cache: whole sentences, the most important first. Only
  /// where the request asked for it.
  record Explained(Digest vertex, boolean hit, List<String> reasons) implements BuildEvent {}

  /// A vertex is done.
  record Finished(Digest vertex, Instant at, Outcome outcome) implements BuildEvent {}

  /// What the linter found.
  ///
  /// @param rule Docker's name of the rule
  /// @param line of the Dockerfile, from 1; 0 for none
  record Warned(String rule, String message, String file, int line, List<String> source)
      implements BuildEvent {}

  /// A step of a build.
  ///
  /// @param id digest of what it is made of; the same step in another build has the same
  /// @param name as it is shown: `[build 2/5] RUN make`
  /// @param stage name or number of its stage; empty for the builder's own work
  /// @param step its number in the Dockerfile, from 1, of `steps`; 0 for the builder's own work
  /// @param instruction the text of the Dockerfile, without what is before `[…]` in the name
  /// @param line first line in the Dockerfile, from 1; 0 for none
  /// @param work what kind of work it is
  /// @param inputs the vertices that must be finished before
  record Vertex(
      Digest id,
      String name,
      String stage,
      int step,
      int steps,
      String instruction,
      int line,
      Work work,
      List<Digest> inputs) {}

  /// What a vertex does.
  enum Work {
    /// The builder's own: reads the Dockerfile or the context, asks a registry, writes the image.
    BUILDER,
    /// Takes files from elsewhere: `FROM`, `COPY`, `ADD`, `WORKDIR`.
    FILES,
    /// Runs a command: `RUN`.
    COMMAND,
    /// Says something about the image only (`ENV`, `CMD`, `LABEL`…) and takes no time. The classic
    /// text shows it as a step, other displays leave it out.
    CONFIGURATION
  }

  /// How a vertex ended.
  sealed interface Outcome {
    /// It was done in an earlier build.
    ///
    /// @param result what it made, as the classic builder's `---> id` shows it
    record Cached(Digest result) implements Outcome {}

    /// It was done now.
    record Built(Digest result, Duration took) implements Outcome {}

    /// It failed.
    ///
    /// @param exit of its command, if it was that
    record Failed(String message, Optional<Exit> exit) implements Outcome {}

    /// How a command ended.
    ///
    /// @param command as it was run: `/bin/sh`, `-c`, `make`
    /// @param code never 0
    record Exit(List<String> command, int code) {}

    /// The build was given up before.
    record Cancelled() implements Outcome {}
  }
}
