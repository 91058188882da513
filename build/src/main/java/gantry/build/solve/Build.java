package gantry.build.solve;

import gantry.build.BuildEvent;
import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.Builds.Built;
import gantry.build.ContextSource;
import gantry.build.cache.Inputs;
import gantry.build.cache.StepCache;
import gantry.build.cache.StepRecord;
import gantry.build.context.BuildContext;
import gantry.build.context.IgnoreRules;
import gantry.build.context.SourceTree;
import gantry.build.dockerfile.Dockerfile;
import gantry.build.dockerfile.Lint;
import gantry.build.dockerfile.Warning;
import gantry.image.Image;
import gantry.image.Lease;
import gantry.linux.OwnedFd;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One build: reads the Dockerfile, plans, has the stages built, and writes the image. Owns what it
/// opens, and the request's contexts.
final class Build implements AutoCloseable {
  private static final int DOCKERFILE_MAX = 4 << 20;
  private static final int IGNORE_MAX = 4 << 20;

  private final Builder.Shared shared;
  private final BuildRequest request;
  private final Progress progress;
  private final Lease lease;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();

  /// Archives are read once, whatever they are looked at for.
  private final IdentityHashMap<ContextSource, BuildContext> contexts = new IdentityHashMap<>();

  Build(Builder.Shared shared, BuildRequest request, Progress progress, Lease lease) {
    this.shared = shared;
    this.request = request;
    this.progress = progress;
    this.lease = lease;
    opened.push(request.context());
    request.contexts().values().forEach(opened::push);
  }

  /// A file of the build, by name.
  private record Text(String name, String content) {
    static Text of(String name, byte[] bytes) {
      return new Text(name, new String(bytes, StandardCharsets.UTF_8));
    }
  }

  /// The Dockerfile, and the context as it is with its rules.
  private record Read(Dockerfile file, SourceTree context, IgnoreRules ignored) {}

  Built run() {
    Read read = read();
    warn(read);
    Clock clock = new Clock(request);
    Platform target = platform();
    BuildArguments arguments = new BuildArguments(request, Platform.host(), target);
    Plan plan = new Plan(read.file, request, arguments, target);
    progress.planned(plan.vertices());
    Trees trees = new Trees(shared, request, lease, progress, read.context, named());
    opened.push(trees);
    StepWork work =
        new StepWork(
            shared.steps(),
            shared.running(),
            lease,
            progress,
            request.cache().required(),
            request.explain());
    StageState result = stages(plan, arguments, trees, work, clock);
    tellUnused(arguments, read.file);
    Image image = publish(result, clock);
    shared.steps().used(work.used());
    return new Built(image.id());
  }

  private StageState stages(
      Plan plan, BuildArguments arguments, Trees trees, StepWork work, Clock clock) {
    StageBuild.Rooms[] rooms = new StageBuild.Rooms[1];
    try (Stages stages =
        new Stages(number -> () -> new StageBuild(rooms[0], plan.stage(number)).build())) {
      rooms[0] =
          new StageBuild.Rooms(
              shared, request, arguments, stages, trees, work, lease, progress, clock, plan);
      stages.begin(plan.stages().stream().map(Plan.Stage::number).toList());
      return stages.target(plan.target());
    }
  }

  /// One platform at a time: a machine builds for its own, and for others whose programs it can
  /// run.
  private Platform platform() {
    if (request.platforms().size() > 1) {
      throw BuildException.invalid(
          "cannot build for %d platforms at once: build for each of them with --platform"
              .formatted(request.platforms().size()));
    }
    return request.platforms().isEmpty() ? Platform.host() : request.platforms().getFirst();
  }

  // ---- what it reads

  private Read read() {
    Vertex vertex = Vertices.internal("[internal] load build definition from " + name());
    progress.planned(List.of(vertex));
    progress.started(vertex);
    try {
      Read read = readFiles();
      progress.finished(vertex, new Outcome.Built(vertex.id(), Duration.ZERO));
      return read;
    } catch (RuntimeException e) {
      progress.finished(
          vertex, new Outcome.Failed(String.valueOf(e.getMessage()), Optional.empty()));
      throw e;
    }
  }

  private Read readFiles() {
    SourceTree whole = tree(request.context(), "the build context", IgnoreRules.NONE);
    Text text =
        switch (request.dockerfile()) {
          case BuildRequest.DockerfileSource.InContext(String path) -> dockerfile(whole, path);
          case BuildRequest.DockerfileSource.Text(String name, String content) ->
              new Text(name, content);
        };
    progress.tell(new BuildEvent.DockerfileRead(text.name, text.content));
    Dockerfile file = Dockerfile.parse(text.name, text.content.getBytes(StandardCharsets.UTF_8));
    IgnoreRules ignored = ignored(whole);
    SourceTree context =
        ignored.isEmpty() ? whole : tree(request.context(), "the build context", ignored);
    return new Read(file, context, ignored);
  }

  private String name() {
    return switch (request.dockerfile()) {
      case BuildRequest.DockerfileSource.InContext(String path) -> path;
      case BuildRequest.DockerfileSource.Text(String name, _) -> name;
    };
  }

  private static Text dockerfile(SourceTree tree, String path) {
    return tree.read(path, DOCKERFILE_MAX)
        .map(bytes -> Text.of(path, bytes))
        .orElseThrow(
            () ->
                new BuildException(
                    BuildException.Kind.INVALID,
                    "Cannot locate specified Dockerfile: "
                        + path)); // as the classic builder says it
  }

  /// `Dockerfile.dockerignore` beside the Dockerfile counts before `.dockerignore`.
  private IgnoreRules ignored(SourceTree tree) {
    List<String> names =
        request.dockerfile() instanceof BuildRequest.DockerfileSource.InContext(String path)
            ? List.of(path + ".dockerignore", ".dockerignore")
            : List.of(".dockerignore");
    for (String name : names) {
      Optional<byte[]> bytes = tree.read(name, IGNORE_MAX);
      if (bytes.isPresent()) {
        return IgnoreRules.parse(new String(bytes.get(), StandardCharsets.UTF_8), name);
      }
    }
    return IgnoreRules.NONE;
  }

  private SourceTree tree(ContextSource source, String name, IgnoreRules ignored) {
    return switch (source) {
      case ContextSource.Directory(OwnedFd given) -> tree(given, name, ignored);
      case ContextSource.Empty _ -> tree(emptyDirectory(), name, ignored);
      case ContextSource.Tar _, ContextSource.Remote _ ->
          contexts.computeIfAbsent(source, this::fetched).tree(name, ignored);
      case ContextSource.Image _ ->
          throw new IllegalArgumentException("an image is no context of files");
    };
  }

  private SourceTree tree(OwnedFd directory, String name, IgnoreRules ignored) {
    return SourceTree.of(
        new SourceTree.Origin(directory, name, SourceTree.Owners.ROOT, ignored), shared.digests());
  }

  private BuildContext fetched(ContextSource source) {
    BuildContext context =
        switch (source) {
          case ContextSource.Tar(InputStream stream) -> shared.contexts().ofTar(stream);
          case ContextSource.Remote(String url) -> shared.contexts().ofRemote(url);
          default -> throw new IllegalArgumentException("nothing to fetch: " + source);
        };
    opened.push(context);
    return context;
  }

  private OwnedFd emptyDirectory() {
    OwnedFd view =
        shared
            .images()
            .snapshots()
            .view(
                lease.draft(
                    ImageConfig.of(
                        Platform.host(),
                        Instant.EPOCH,
                        ProcessDefaults.none(),
                        List.of(),
                        List.of()),
                    List.of()));
    opened.push(view);
    return view;
  }

  private Map<String, SourceTree> named() {
    Map<String, SourceTree> named = new HashMap<>();
    request
        .contexts()
        .forEach(
            (name, source) -> {
              if (!(source instanceof ContextSource.Image)) {
                named.put(name, tree(source, "the build context '" + name + "'", IgnoreRules.NONE));
              }
            });
    return named;
  }

  // ---- warnings

  List<BuildEvent.Warned> check() {
    return warnings(readFiles()).stream().map(Build::warned).toList();
  }

  private List<Warning> warnings(Read read) {
    Map<String, String> arguments = new HashMap<>();
    request.arguments().forEach((name, value) -> value.ifPresent(v -> arguments.put(name, v)));
    return Lint.check(
        read.file,
        new Lint.Options(
            arguments, read.ignored::excludes, _ -> Optional.empty(), Optional.empty()));
  }

  private void warn(Read read) {
    List<Warning> warnings = warnings(read);
    warnings.forEach(warning -> progress.tell(warned(warning)));
    Lint.enforce(warnings, read.file.directives().check());
  }

  private static BuildEvent.Warned warned(Warning warning) {
    return new BuildEvent.Warned(
        warning.rule().title(),
        warning.message(),
        warning.source().name(),
        warning.span().firstLine(),
        List.of(warning.source().line(warning.span().firstLine())));
  }

  private void tellUnused(BuildArguments arguments, Dockerfile file) {
    if (!arguments.unused().isEmpty()) {
      progress.tell(
          new BuildEvent.Warned(
              "UnusedBuildArg",
              "[Warning] One or more build-args %s were not consumed".formatted(arguments.unused()),
              file.source().name(),
              0,
              List.of()));
    }
  }

  // ---- what it makes

  private Image publish(StageState result, Clock clock) {
    Vertex vertex = Vertices.internal("exporting to image");
    progress.planned(List.of(vertex));
    progress.started(vertex);
    if (!request.labels().isEmpty()) {
      result.labelled(Configuration.withLabels(result.config(), request.labels()));
    }
    Instant begun = Instant.now();
    Instant created = clock.of(created(result));
    Image image = lease.publish(result.image(created), result.layers(), request.tags());
    Digest id = image.id();
    progress.finished(vertex, new Outcome.Built(id, Duration.between(begun, Instant.now())));
    return image;
  }

  /// When an image of the very same content was made first: so a build that is all in the cache
  /// comes to the same image.
  private Instant created(StageState result) {
    Inputs inputs = new Inputs().add("image", result.image(Instant.EPOCH));
    Digest key = inputs.key();
    Optional<StepRecord> before =
        request.cache().none() ? Optional.empty() : shared.steps().find(key);
    if (before.isPresent()) {
      return before.get().created();
    }
    Instant now = Instant.now();
    result.chainId().ifPresent(chain -> shared.images().retain(StepCache.retainedAs(key), chain));
    shared
        .steps()
        .add(
            new StepRecord(
                key, result.chainId(), result.lastStep(), "image", "image", 0, now, now, 1),
            inputs);
    return now;
  }

  @Override
  public void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) { // the others must be closed too
        progress.tell(
            new BuildEvent.Warned(
                "Cleanup", "cannot close: " + e.getMessage(), name(), 0, List.of()));
      }
    }
  }
}
