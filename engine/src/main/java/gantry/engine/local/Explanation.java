package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.spec.SpecCheck;
import gantry.image.Image;
import gantry.linux.OwnedFd;
import java.util.List;

/// Tells what a start would do, without starting or making anything.
final class Explanation {
  private final Rooms rooms;
  private final Creation creation;
  private final Launcher launcher;

  Explanation(Rooms rooms, Creation creation, Launcher launcher) {
    this.rooms = rooms;
    this.creation = creation;
    this.launcher = launcher;
  }

  String explain(ContainerSpec asked) {
    String id = Ids.next();
    try {
      Image image = creation.image(asked);
      ContainerSpec spec = creation.complete(asked, image, id);
      SpecCheck.Findings findings = SpecCheck.of(spec, rooms.machine().specMachine());
      if (!findings.problems().isEmpty()) {
        throw new EngineException(
            ErrorKind.INVALID_ARGUMENT, String.join("; ", findings.problems()));
      }
      ContainerView view = creation.view(id, "explained", image, spec, List.of());
      try (OwnedFd root = rooms.images().snapshots().view(image)) {
        return launcher.explain(view, root);
      }
    } catch (RuntimeException e) {
      throw Failures.of("cannot explain a container of '" + asked.image() + "'", e);
    }
  }
}
