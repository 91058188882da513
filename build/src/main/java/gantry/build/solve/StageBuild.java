package gantry.build.solve;

import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildEvent.Work;
import gantry.build.BuildException;
import gantry.build.StepRunner;
import gantry.build.cache.Inputs;
import gantry.build.dockerfile.Add;
import gantry.build.dockerfile.Arg;
import gantry.build.dockerfile.Cmd;
import gantry.build.dockerfile.Copy;
import gantry.build.dockerfile.Entrypoint;
import gantry.build.dockerfile.Env;
import gantry.build.dockerfile.Expose;
import gantry.build.dockerfile.From;
import gantry.build.dockerfile.Healthcheck;
import gantry.build.dockerfile.Instruction;
import gantry.build.dockerfile.Label;
import gantry.build.dockerfile.Maintainer;
import gantry.build.dockerfile.OnBuild;
import gantry.build.dockerfile.Run;
import gantry.build.dockerfile.Shell;
import gantry.build.dockerfile.StopSignal;
import gantry.build.dockerfile.User;
import gantry.build.dockerfile.Volume;
import gantry.build.dockerfile.Workdir;
import gantry.image.Image;
import gantry.image.Layer;
import gantry.image.LayerRules;
import gantry.linux.OwnedFd;
import gantry.oci.Digest;
import gantry.oci.ProcessDefaults;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// Builds one stage, instruction by instruction, on the thread that calls [#build].
final class StageBuild {
  static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  private final Rooms rooms;
  private final Plan.Stage stage;

  /// What the stages of one build share.
  record Rooms(
      Builder.Shared shared,
      gantry.build.BuildRequest request,
      BuildArguments arguments,
      Stages stages,
      Trees trees,
      StepWork work,
      gantry.image.Lease lease,
      Progress progress,
      Clock clock,
      Plan plan) {
    /// What `--from` means in a step: a stage above it, a named context or an image.
    Trees.Found files(String name, Plan.Stage stage, Plan.Step step, gantry.oci.Platform platform)
        throws InterruptedException {
      Optional<Integer> above = plan.stageNamed(name, stage.number(), step.instruction());
      if (above.isEmpty()) {
        return trees.named(name, platform, step.vertex());
      }
      StageState state = stages.needed(above.get());
      Image draft = trees.draft(state.platform(), state.layers());
      return new Trees.Found(
          trees.files(state.layers(), "stage '" + name + "'"), Optional.of(draft));
    }
  }

  StageBuild(Rooms rooms, Plan.Stage stage) {
    this.rooms = rooms;
    this.stage = stage;
  }

  StageState build() throws InterruptedException {
    StageState state = base();
    for (Plan.Step step : triggers(state)) {
      perform(step, state);
    }
    for (Plan.Step step : stage.steps()) {
      perform(step, state);
    }
    return state;
  }

  // ---- the base

  private StageState base() throws InterruptedException {
    Vertex vertex = stage.from();
    rooms.progress().started(vertex);
    StageState state =
        switch (stage.base()) {
          case Plan.Base.Scratch _ -> StageState.empty(stage.platform(), DEFAULT_PATH);
          case Plan.Base.Stage(int number) -> rooms.stages().needed(number).next();
          case Plan.Base.Image image ->
              StageState.of(rooms.trees().image(image.reference(), stage.platform(), vertex));
        };
    state.chainId().ifPresent(chain -> rooms.lease().keep(chain));
    rooms.progress().finished(vertex, new Outcome.Cached(state.id()));
    return state;
  }

  /// The `ONBUILD` instructions of the base, which end with it.
  private List<Plan.Step> triggers(StageState state) {
    List<String> triggers = state.config().onBuild();
    if (triggers.isEmpty()) {
      return List.of();
    }
    state.forgetTriggers();
    List<Plan.Step> steps = stage.triggers(triggers);
    rooms.progress().planned(steps.stream().map(Plan.Step::vertex).toList());
    return steps;
  }

  // ---- the steps

  private void perform(Plan.Step step, StageState state) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    rooms.progress().started(step.vertex());
    try {
      Instruction instruction =
          step.instruction() instanceof Arg arg // each of its names sees those before it
              ? arg
              : step.instruction().expand(state::variable);
      if (step.vertex().work() == Work.CONFIGURATION) {
        configure(instruction, state);
        rooms.progress().finished(step.vertex(), configured(state));
      } else {
        change(step, instruction, state);
      }
    } catch (RunCommand.StepFailure e) {
      throw failed(step, state, e);
    } catch (RuntimeException failure) {
      RuntimeException e = named(step, failure);
      rooms
          .progress()
          .finished(
              step.vertex(), new Outcome.Failed(String.valueOf(e.getMessage()), Optional.empty()));
      throw e;
    }
  }

  /// What a copy does not find, in the classic builder's words.
  private static RuntimeException named(Plan.Step step, RuntimeException failure) {
    boolean copies = step.instruction() instanceof Copy || step.instruction() instanceof Add;
    return copies
            && failure instanceof BuildException missing
            && missing.kind() == BuildException.Kind.NOT_FOUND
        ? new BuildException(
            missing.kind(),
            "%s failed: %s"
                .formatted(
                    step.instruction().origin().keyword().toUpperCase(Locale.ROOT),
                    missing.getMessage()),
            missing)
        : failure;
  }

  private static Outcome configured(StageState state) {
    return state.allCached()
        ? new Outcome.Cached(state.id())
        : new Outcome.Built(state.id(), Duration.ZERO);
  }

  private BuildException failed(Plan.Step step, StageState state, RunCommand.StepFailure failure) {
    List<String> words = List.of();
    if (step.instruction() instanceof Run run) {
      words = Configuration.words(state.config(), run.command());
    }
    String message =
        "process \"%s\" did not complete successfully: %s"
            .formatted(String.join(" ", words), failure.getMessage());
    rooms
        .progress()
        .finished(
            step.vertex(),
            new Outcome.Failed(message, Optional.of(new Outcome.Exit(words, failure.exitCode()))));
    return new BuildException(BuildException.Kind.STEP_FAILED, message, failure);
  }

  // ---- steps without files

  private void configure(Instruction instruction, StageState state) {
    ProcessDefaults config = state.config();
    switch (instruction) {
      case Arg arg -> declare(arg, state);
      case Maintainer maintainer -> state.author(maintainer.name());
      case Env env -> config = Configuration.with(config, env);
      case Label label -> config = Configuration.with(config, label);
      case Volume volume -> config = Configuration.with(config, volume);
      case Expose expose -> config = Configuration.with(config, expose);
      case User user -> config = config.toBuilder().user(user.user()).build();
      case Cmd cmd -> {
        config = Configuration.with(config, cmd);
        state.setsCommand();
      }
      case Entrypoint entrypoint ->
          config = Configuration.with(config, entrypoint, state.commandSet());
      case Shell shell -> config = config.toBuilder().shell(shell.command()).build();
      case StopSignal signal ->
          config = config.toBuilder().stopSignal(Optional.of(signal.signal())).build();
      case Healthcheck check ->
          config = config.toBuilder().healthcheck(Optional.of(check.config())).build();
      case OnBuild trigger -> config = withTrigger(config, trigger);
      case Run _, Copy _, Add _, Workdir _, From _ ->
          throw new IllegalStateException("not a step without files: " + instruction);
    }
    state.configured(config, createdBy(instruction, config));
  }

  private static ProcessDefaults withTrigger(ProcessDefaults config, OnBuild trigger) {
    List<String> triggers = new ArrayList<>(config.onBuild());
    triggers.add(trigger.expression());
    return config.toBuilder().onBuild(List.copyOf(triggers)).build();
  }

  private void declare(Arg arg, StageState state) {
    for (Arg.Argument raw : arg.arguments()) {
      Arg.Argument argument = arg.expand(raw, state::variable);
      state.argument(
          argument.name(), rooms.arguments().declared(argument.name(), argument.defaultValue()));
    }
  }

  // ---- steps with files

  private void change(Plan.Step step, Instruction instruction, StageState state)
      throws InterruptedException {
    Inputs inputs = new Inputs();
    inputs.add("the files before it", state.chainId().map(Digest::toString).orElse("none"));
    StepWork.Work work =
        switch (instruction) {
          case Run run -> run(step, run, state, inputs);
          case Copy copy ->
              copying(state, new CopyStep(rooms, stage, step, state).prepare(copy, inputs));
          case Add add ->
              copying(state, new CopyStep(rooms, stage, step, state).prepare(add, inputs));
          case Workdir workdir -> workdir(workdir, state, inputs);
          default -> throw new IllegalStateException("not a step with files: " + instruction);
        };
    rooms.clock().latest().ifPresent(time -> inputs.add("the latest time of a file", time));
    StepWork.Result result =
        rooms
            .work()
            .perform(
                new StepWork.Step(
                    step.vertex(),
                    inputs,
                    stage.name() + " " + step.vertex().step(),
                    state.layers().size(),
                    state.lastStep(),
                    stage.cached()),
                work);
    if (!result.hit()) {
      state.worked();
    }
    state.changed(
        result.layers(),
        createdBy(instruction, state.config()),
        rooms.clock().of(result.created()),
        Optional.of(result.key()));
  }

  /// As other builders write it into an image's history.
  private static String createdBy(Instruction instruction, ProcessDefaults config) {
    return switch (instruction) {
      case Run run -> "RUN " + String.join(" ", Configuration.words(config, run.command()));
      case Cmd _ -> "CMD " + quoted(config.cmd());
      case Entrypoint _ -> "ENTRYPOINT " + quoted(config.entrypoint());
      default -> instruction.origin().text();
    };
  }

  private static String quoted(List<String> words) {
    return words.stream()
        .map(word -> '"' + word.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
        .collect(Collectors.joining(" ", "[", "]"));
  }

  private StepWork.Work run(Plan.Step step, Run run, StageState state, Inputs inputs)
      throws InterruptedException {
    RunCommand command = new RunStep(rooms, stage, step, state).prepare(run);
    command.addTo(inputs);
    return retainAs -> {
      StepRunner.Output output =
          (error, bytes) -> rooms.progress().output(step.vertex(), error, bytes);
      RunCommand.Workplace place =
          new RunCommand.Workplace(
              rooms.shared().runner(),
              rooms.lease(),
              rooms.shared().commands(),
              rooms.request().steps(),
              rooms.clock().latest());
      return command.run(place, draft(state), output, retainAs);
    };
  }

  /// The stage's files as an image that containers can be made of; nothing else of it is set, so
  /// that a command sees no volume and has no health check.
  private Image draft(StageState state) {
    return rooms.trees().draft(state.platform(), state.layers());
  }

  private StepWork.Work workdir(Workdir workdir, StageState state, Inputs inputs) {
    String path = Paths.resolve(state.config().workingDir(), workdir.path());
    state.workingDirectory(path);
    inputs.add("the directory", path);
    inputs.add("its owner", state.config().user());
    return copying(
        state,
        root -> Paths.makeDirectories(root, path, Owners.ofUser(state.config().user(), root)));
  }

  /// Changes files of a stage, and makes a layer of that.
  @FunctionalInterface
  interface Change {
    /// @param root the stage's files, writable
    void make(OwnedFd root) throws InterruptedException;
  }

  private StepWork.Work copying(StageState state, Change change) {
    return retainAs -> {
      String key = "build-" + java.util.UUID.randomUUID();
      rooms.shared().images().snapshots().prepare(key, draft(state));
      try {
        try (OwnedFd root = rooms.shared().images().snapshots().mountBriefly(key)) {
          change.make(root);
        }
        List<Layer> layers =
            rooms
                .lease()
                .commit(
                    key, new LayerRules(List.of(), rooms.clock().latest(), Optional.of(retainAs)));
        return layers;
      } finally {
        rooms.shared().images().snapshots().remove(key);
      }
    };
  }
}
