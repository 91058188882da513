package gantry.build.solve;

import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.dockerfile.Add;
import gantry.build.dockerfile.Copy;
import gantry.build.dockerfile.From;
import gantry.build.dockerfile.Instruction;
import gantry.build.dockerfile.Run;
import gantry.build.dockerfile.Workdir;
import gantry.oci.Digest;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Makes the vertices of a build: what its steps are called, and by what they are known.
final class Vertices {
  private Vertices() {}

  /// A piece of the builder's own work.
  static Vertex internal(String name) {
    return new Vertex(id("internal", name), name, "", 0, 0, name, 0, Work.BUILDER, List.of());
  }

  /// One that belongs to no line of the Dockerfile.
  static Vertex internal(String name, List<Digest> inputs) {
    return new Vertex(id("internal", name), name, "", 0, 0, name, 0, Work.BUILDER, inputs);
  }

  /// Where a step stands.
  ///
  /// @param stage its name or number
  /// @param shownStage empty where the Dockerfile has but one
  /// @param number among the steps of its stage that work with files, from 1; 0 for the others
  /// @param numbers how many there are
  /// @param step among all instructions that the build needs, from 1
  record Place(String stage, String shownStage, int number, int numbers, int step, int steps) {}

  static Vertex of(Instruction instruction, Place place, List<Digest> inputs) {
    String text = instruction.origin().text();
    String brackets =
        place.number() == 0
            ? place.shownStage()
            : (place.shownStage() + " " + place.number() + "/" + place.numbers()).strip();
    return new Vertex(
        id(place.stage(), place.step() + " " + text),
        brackets.isEmpty() ? text : "[" + brackets + "] " + text,
        place.stage(),
        place.step(),
        place.steps(),
        text,
        instruction.origin().span().firstLine(),
        work(instruction),
        inputs);
  }

  static Work work(Instruction instruction) {
    return switch (instruction) {
      case Run _ -> Work.COMMAND;
      case From _, Copy _, Add _, Workdir _ -> Work.FILES;
      default -> Work.CONFIGURATION;
    };
  }

  private static Digest id(String stage, String text) {
    return Digest.sha256((stage + "\0" + text).getBytes(StandardCharsets.UTF_8));
  }
}
