package gantry.build.solve;

import gantry.build.BuildException;
import gantry.build.Secret;
import gantry.build.cache.CacheDirectories;
import gantry.build.context.Selection;
import gantry.build.context.SourceTree;
import gantry.build.context.Sources;
import gantry.build.dockerfile.Command;
import gantry.build.dockerfile.Mount;
import gantry.build.dockerfile.Run;
import gantry.image.Image;
import gantry.linux.Fd;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Makes a command of a `RUN`: what it is, what it sees of variables, files and secrets.
final class RunStep {
  private static final String AGENT_SOCKET = "/run/buildkit/ssh_agent.";
  private static final String DEFAULT_SECRETS = "/run/secrets/";

  private final StageBuild.Rooms rooms;
  private final Plan.Stage stage;
  private final Plan.Step step;
  private final StageState state;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private final Map<String, Secret> secretVariables = new LinkedHashMap<>();
  private final List<RunMounts.Ready> mounts = new ArrayList<>();
  private int agents;

  RunStep(StageBuild.Rooms rooms, Plan.Stage stage, Plan.Step step, StageState state) {
    this.rooms = rooms;
    this.stage = stage;
    this.step = step;
    this.state = state;
  }

  RunCommand prepare(Run run) throws InterruptedException {
    environment.putAll(rooms.arguments().proxies());
    environment.putAll(state.arguments());
    environment.putAll(state.environment());
    environment.putIfAbsent("PATH", StageBuild.DEFAULT_PATH);
    for (Mount mount : run.mounts()) {
      add(mount);
    }
    if (run.command() instanceof Command.Script(String name, String content)) {
      mounts.add(script(name, content));
    }
    Set<String> hidden = new HashSet<>(BuildArguments.PROXIES);
    hidden.removeAll(state.environment().keySet());
    return new RunCommand(
        Configuration.words(state.config(), run.command()),
        environment,
        secretVariables,
        hidden,
        state.config().workingDir(),
        state.config().user(),
        List.copyOf(mounts),
        network(run),
        insecure(run));
  }

  private String network(Run run) {
    return switch (run.network()) {
      case DEFAULT -> "default";
      case NONE -> "none";
      case HOST -> {
        if (!rooms.request().steps().hostNetworkAllowed()) {
          throw run.origin()
              .problem(
                  "network.host is not allowed: allow it with --allow=network.host", "--network");
        }
        yield "host";
      }
    };
  }

  private boolean insecure(Run run) {
    boolean insecure = run.security() == Run.Security.INSECURE;
    if (insecure && !rooms.request().steps().insecureAllowed()) {
      throw run.origin()
          .problem(
              "security.insecure is not allowed: allow it with --allow=security.insecure",
              "--security");
    }
    return insecure;
  }

  /// A heredoc that names its own interpreter: a file that the command is.
  private static RunMounts.Script script(String name, String content) {
    return new RunMounts.Script(
        "/dev/pipes/" + name, new Secret(content.getBytes(StandardCharsets.UTF_8)));
  }

  private void add(Mount mount) throws InterruptedException {
    switch (mount) {
      case Mount.Bind bind -> mounts.add(files(bind));
      case Mount.Cache cache -> mounts.add(cache(cache));
      case Mount.Tmpfs tmpfs ->
          mounts.add(new RunMounts.Memory(absolute(tmpfs.target()), tmpfs.sizeBytes().orElse(0)));
      case Mount.Secret secret -> add(secret);
      case Mount.Ssh ssh -> add(ssh);
    }
  }

  private String absolute(String target) {
    return Paths.resolve(state.config().workingDir(), target);
  }

  private RunMounts.Ready files(Mount.Bind bind) throws InterruptedException {
    Sources whole = Sources.of(bind.source());
    if (bind.from().isEmpty()) {
      return contextFiles(bind, rooms.trees().context(), whole);
    }
    From from = from(bind.from().get());
    Optional<Image> image = from.image();
    if (image.isEmpty()) {
      return contextFiles(bind, from.tree(), whole);
    }
    String subpath = Paths.resolve("/", bind.source());
    return new RunMounts.Files(
        absolute(bind.target()),
        image.get(),
        subpath.equals("/") ? Optional.empty() : Optional.of(subpath),
        !bind.readOnly(),
        subpath.equals("/")
            ? image.get().chainId().map(Object::toString).orElse("none")
            : from.tree().select(whole).digest().toString());
  }

  /// Files of a context become a layer of their own, so that the command sees what the context was
  /// when it was read, and nothing that is left out of it.
  private RunMounts.Ready contextFiles(Mount.Bind bind, SourceTree tree, Sources sources)
      throws InterruptedException {
    Selection selection = tree.select(sources);
    ContextLayer.Made made = new ContextLayer(rooms, step).of(selection);
    return new RunMounts.Files(
        absolute(bind.target()),
        made.image(),
        made.file(),
        !bind.readOnly(),
        selection.digest().toString());
  }

  /// @param image the stage or image that has the files; empty for a context
  private record From(SourceTree tree, Optional<Image> image) {}

  private From from(String name) throws InterruptedException {
    Trees.Found found = rooms.files(name, stage, step, state.platform());
    return new From(found.tree(), found.image());
  }

  private RunMounts.Ready cache(Mount.Cache cache) throws InterruptedException {
    Consumer<Fd> seed = _ -> {};
    if (cache.from().isPresent()) {
      Selection selection = from(cache.from().get()).tree().select(Sources.of(cache.source()));
      seed = directory -> ContextLayer.copy(selection, directory);
    }
    return new RunMounts.Cache(
        absolute(cache.target()),
        rooms.shared().directories(),
        new CacheDirectories.Wanted(
            cache.id(), sharing(cache.sharing()), cache.mode(), cache.uid(), cache.gid(), seed),
        cache.readOnly());
  }

  private static CacheDirectories.Sharing sharing(Mount.Sharing sharing) {
    return switch (sharing) {
      case SHARED -> CacheDirectories.Sharing.SHARED;
      case PRIVATE -> CacheDirectories.Sharing.PRIVATE;
      case LOCKED -> CacheDirectories.Sharing.LOCKED;
    };
  }

  private void add(Mount.Secret wanted) {
    Optional<Secret> secret = Optional.ofNullable(rooms.request().secrets().get(wanted.id()));
    if (secret.isEmpty()) {
      if (wanted.required()) {
        throw new BuildException(
            BuildException.Kind.INVALID,
            "secret %s: not found: pass it with --secret id=%s,src=FILE"
                .formatted(wanted.id(), wanted.id()));
      }
      return;
    }
    wanted.environment().ifPresent(variable -> secretVariables.put(variable, secret.get()));
    Optional<String> target = wanted.target().or(() -> defaultTarget(wanted)).map(this::absolute);
    target.ifPresent(
        path ->
            mounts.add(
                new RunMounts.SecretFile(
                    path, secret.get(), wanted.mode(), wanted.uid(), wanted.gid())));
  }

  private static Optional<String> defaultTarget(Mount.Secret wanted) {
    return wanted.environment().isPresent()
        ? Optional.empty()
        : Optional.of(DEFAULT_SECRETS + wanted.id());
  }

  private void add(Mount.Ssh wanted) {
    Optional<String> agent = Optional.ofNullable(rooms.request().agents().get(wanted.id()));
    if (agent.isEmpty()) {
      if (wanted.required()) {
        throw new BuildException(
            BuildException.Kind.INVALID,
            "unset ssh forward key %s: pass it with --ssh %s".formatted(wanted.id(), wanted.id()));
      }
      return;
    }
    String target = wanted.target().map(this::absolute).orElse(AGENT_SOCKET + agents++);
    environment.putIfAbsent("SSH_AUTH_SOCK", target);
    mounts.add(new RunMounts.Agent(target, agent.get(), wanted.mode(), wanted.uid(), wanted.gid()));
  }
}
