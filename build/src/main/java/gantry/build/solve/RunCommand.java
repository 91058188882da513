package gantry.build.solve;

import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.Secret;
import gantry.build.StepRunner;
import gantry.build.cache.Inputs;
import gantry.image.Image;
import gantry.image.Layer;
import gantry.image.LayerRules;
import gantry.image.Lease;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;

/// A `RUN`: a command in a container on the stage's files, whose changes become a layer.
///
/// @param words the program and its arguments
/// @param environment variables of the stage, with build arguments and proxies
/// @param secrets variables that are secrets
/// @param hidden names of variables that are part of no cache key
/// @param mounts what it sees besides, ready to be mounted
/// @param network `default`, `none`, `host`
record RunCommand(
    List<String> words,
    Map<String, String> environment,
    Map<String, Secret> secrets,
    Set<String> hidden,
    String workingDirectory,
    String user,
    List<RunMounts.Ready> mounts,
    String network,
    boolean insecure) {

  /// What its result depends on, besides the files that it is run on.
  void addTo(Inputs inputs) {
    inputs.add("the command", String.join("\0", words));
    environment.forEach(
        (name, value) -> {
          if (!hidden.contains(name)) {
            inputs.add("variable " + name, value);
          }
        });
    inputs.add("the working directory", workingDirectory);
    inputs.add("the user", user);
    inputs.add("the network", network);
    inputs.add("its rights", insecure ? "all" : "usual");
    mounts.forEach(mount -> inputs.add("the mount on " + mount.target(), mount.identity()));
  }

  /// What a command needs to be run.
  record Workplace(
      StepRunner runner,
      Lease lease,
      Semaphore places,
      BuildRequest.StepOptions options,
      Optional<Instant> latest) {}

  /// Runs it, and makes a layer of what it changed.
  ///
  /// @param base a draft of the stage
  /// @throws BuildException `STEP_FAILED` if it ends with another code than 0
  List<Layer> run(Workplace at, Image base, StepRunner.Output output, String retainAs)
      throws InterruptedException {
    at.places().acquire();
    try (RunMounts.Held held = RunMounts.hold(mounts)) {
      StepRunner.Command command =
          new StepRunner.Command(
              base,
              words,
              variables(),
              secrets,
              workingDirectory.isEmpty() ? "/" : workingDirectory,
              user,
              held.mounts(),
              network.equals("default") ? at.options().network() : network,
              insecure,
              at.options());
      try (StepRunner.Finished finished = at.runner().run(command, output)) {
        check(finished);
        return at.lease()
            .commit(
                finished.snapshot(),
                new LayerRules(finished.mountPoints(), at.latest(), Optional.of(retainAs)));
      }
    } finally {
      at.places().release();
    }
  }

  private List<String> variables() {
    List<String> variables = new ArrayList<>();
    environment.forEach((name, value) -> variables.add(name + "=" + value));
    return variables;
  }

  private void check(StepRunner.Finished finished) {
    if (finished.exitCode() != 0) {
      throw new StepFailure(finished.exitCode(), finished.remark());
    }
  }

  /// A command that ended with another code than 0; who knows the step makes a message of it.
  static final class StepFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    StepFailure(int exitCode, Optional<String> remark) {
      super("exit code: " + exitCode + remark.map(text -> ", " + text).orElse(""));
      this.exitCode = exitCode;
    }

    int exitCode() {
      return exitCode;
    }
  }
}
