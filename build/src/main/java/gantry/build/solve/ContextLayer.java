package gantry.build.solve;

import gantry.build.BuildEvent.Vertex;
import gantry.build.cache.Inputs;
import gantry.build.context.Copier;
import gantry.build.context.CopyOptions;
import gantry.build.context.Selection;
import gantry.image.Image;
import gantry.image.Layer;
import gantry.image.LayerRules;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.oci.Platform;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Files of a context as a layer of their own, for a command to see them.
final class ContextLayer {
  private static final String PLACE = "/files";

  private final StageBuild.Rooms rooms;
  private final Plan.Step step;

  ContextLayer(StageBuild.Rooms rooms, Plan.Step step) {
    this.rooms = rooms;
    this.step = step;
  }

  /// An image that has the files, and where in it they are.
  record Made(Image image, Optional<String> file) {}

  Made of(Selection selection) throws InterruptedException {
    Inputs inputs = new Inputs().add("files of a context", selection.digest());
    Vertex vertex = Vertices.internal("[internal] files for " + step.vertex().name());
    StepWork.Result result =
        rooms
            .work()
            .perform(
                new StepWork.Step(vertex, inputs, vertex.name(), 0, Optional.empty(), true),
                retainAs -> layers(selection, retainAs));
    return new Made(rooms.trees().draft(Platform.host(), result.layers()), Optional.of(PLACE));
  }

  private List<Layer> layers(Selection selection, String retainAs) {
    String key = "build-" + UUID.randomUUID();
    rooms
        .shared()
        .images()
        .snapshots()
        .prepare(key, rooms.trees().draft(Platform.host(), List.of()));
    try {
      try (OwnedFd root = rooms.shared().images().snapshots().mountBriefly(key)) {
        new Copier(root, CopyOptions.PLAIN).copy(selection, PLACE);
      }
      return rooms
          .lease()
          .commit(key, new LayerRules(List.of(), Optional.empty(), Optional.of(retainAs)));
    } finally {
      rooms.shared().images().snapshots().remove(key);
    }
  }

  /// Fills a directory of a cache mount that was just made.
  static void copy(Selection selection, Fd directory) {
    new Copier(directory, CopyOptions.PLAIN).copy(selection, "/");
  }
}
