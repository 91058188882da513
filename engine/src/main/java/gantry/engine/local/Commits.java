package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.CommitSpec;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Status;
import gantry.image.CommitRequest;
import gantry.image.Image;
import gantry.oci.Digest;
import gantry.oci.Healthcheck;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Makes images of containers.
final class Commits {
  private final Rooms rooms;
  private final Lifecycle lifecycle;

  Commits(Rooms rooms, Lifecycle lifecycle) {
    this.rooms = rooms;
    this.lifecycle = lifecycle;
  }

  Digest commit(Container container, CommitSpec asked) {
    boolean pauses =
        asked.pause()
            && container.view().state().status() == Status.RUNNING
            && container.run != null;
    if (pauses) {
      lifecycle.pause(container);
    }
    try {
      return commit(container.view(), asked);
    } catch (RuntimeException e) {
      throw Failures.of("cannot commit container " + container.name(), e);
    } finally {
      if (pauses && container.view().state().status() == Status.PAUSED) {
        lifecycle.unpause(container);
      }
    }
  }

  private Digest commit(ContainerView view, CommitSpec asked) {
    Image base =
        rooms
            .images()
            .byId(view.imageId())
            .orElseThrow(
                () -> new EngineException(ErrorKind.NOT_FOUND, "No such image: " + view.imageId()));
    Optional<Reference> reference =
        asked
            .reference()
            .filter(text -> !text.isEmpty())
            .map(text -> Reference.parse(text).withDefaultTag());
    String createdBy =
        String.join(" ", Stream.concat(Stream.of(view.path()), view.arguments().stream()).toList());
    Image image =
        rooms
            .images()
            .commit(
                new CommitRequest(
                    view.id(),
                    base,
                    base.config(),
                    defaults(asked.config().orElse(view.spec()), view.spec()),
                    asked.changes(),
                    reference,
                    asked.author(),
                    asked.comment(),
                    createdBy,
                    view.id()));
    rooms
        .events()
        .container(
            view,
            "commit",
            "comment",
            asked.comment(),
            "imageID",
            image.id().toString(),
            "imageRef",
            reference.map(Reference::familiar).orElse(""));
    return image.id();
  }

  /// What the image says of its processes: the container's program, where nothing else was asked.
  private static ProcessDefaults defaults(ContainerSpec spec, ContainerSpec own) {
    ContainerSpec.Program program = spec.program();
    ContainerSpec.Program mine = own.program();
    return ProcessDefaults.none().toBuilder()
        .user(program.user().isEmpty() ? mine.user() : program.user())
        .exposedPorts(union(spec.exposedPorts(), own.exposedPorts()))
        .env(program.environment().isEmpty() ? mine.environment() : program.environment())
        .entrypoint(
            words(program.entrypoint()).or(() -> words(mine.entrypoint())).orElse(List.of()))
        .cmd(words(program.command()).or(() -> words(mine.command())).orElse(List.of()))
        .volumes(union(spec.volumes(), own.volumes()))
        .workingDir(
            program.workingDirectory().isEmpty()
                ? mine.workingDirectory()
                : program.workingDirectory())
        .onBuild(program.onBuild())
        .labels(spec.labels().isEmpty() ? own.labels() : spec.labels())
        .stopSignal(spec.stopSignal().filter(s -> !s.isEmpty()).or(own::stopSignal))
        .healthcheck(
            spec.healthcheck()
                .or(own::healthcheck)
                .map(
                    h ->
                        new Healthcheck(
                            h.test(),
                            h.interval(),
                            h.timeout(),
                            h.startPeriod(),
                            h.startInterval(),
                            h.retries())))
        .shell(program.shell())
        .build();
  }

  /// Empty and unsaid are the same here.
  private static Optional<List<String>> words(Optional<List<String>> asked) {
    return asked.filter(list -> !list.isEmpty());
  }

  private static Set<String> union(List<String> asked, List<String> own) {
    Set<String> all = new LinkedHashSet<>(asked);
    all.addAll(own);
    return all;
  }
}
