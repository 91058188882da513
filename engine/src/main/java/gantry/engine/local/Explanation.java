package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.spec.SpecCheck;
import gantry.image.Image;
import gantry.linux.OwnedFd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
      return explain(creation.view(id, "explained", image, spec, List.of()), image);
    } catch (RuntimeException e) {
      throw Failures.of("cannot explain a container of '" + asked.image() + "'", e);
    }
  }

  /// With files for the mounts to be of, which go again.
  private String explain(ContainerView view, Image image) {
    Path directory = rooms.paths().container(view.id());
    try (OwnedFd root = rooms.images().snapshots().view(image)) {
      Files.createDirectory(directory);
      for (String file : List.of(view.hostnamePath(), view.hostsPath(), view.resolvConfPath())) {
        Files.createFile(Path.of(file));
      }
      return launcher.explain(view, root);
    } catch (IOException e) {
      throw Failures.of("cannot make files in " + directory, e);
    } finally {
      Leftovers.removeDirectory(directory);
    }
  }
}
