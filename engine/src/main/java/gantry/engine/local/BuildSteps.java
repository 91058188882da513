package gantry.engine.local;

import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.Secret;
import gantry.build.StepRunner;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerSpecBuilder;
import gantry.engine.container.Containers;
import gantry.engine.container.ExitStatus;
import gantry.engine.container.LogConfig;
import gantry.engine.container.OutputSink;
import gantry.engine.container.Resources;
import gantry.engine.container.Ulimit;
import gantry.engine.container.WaitCondition;
import gantry.image.Image;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the commands of builds as containers like any other, each with the label
/// `dev.gantry.build.step`. One that an engine left behind which was killed is removed at the next
/// opening: its build is gone.
final class BuildSteps implements StepRunner {
  /// The label of a step's container; its value is nothing.
  static final String LABEL = "dev.gantry.build.step";

  private static final Logger LOG = LoggerFactory.getLogger(BuildSteps.class);

  /// Where an engine mounts something into every container.
  private static final List<String> SYSTEM_MOUNTS =
      List.of("/proc", "/sys", "/dev", "/etc/resolv.conf", "/etc/hostname", "/etc/hosts");

  private final Rooms rooms;
  private final LocalContainers containers;

  BuildSteps(Rooms rooms, LocalContainers containers) {
    this.rooms = rooms;
    this.containers = containers;
  }

  /// Removes the containers of builds that ended with an earlier process. A container that somebody
  /// gave the label by hand has an image that is there.
  void removeLeftovers() {
    for (Container container : rooms.containers().all()) {
      boolean ours = container.view().spec().labels().containsKey(LABEL);
      if (ours && rooms.images().byId(container.view().imageId()).isEmpty()) {
        LOG.info("removing container {} of a build that was cut off", Ids.abbreviate(container.id));
        containers.remove(container.id, true, true);
      }
    }
  }

  @Override
  public Finished run(Command command, Output output) {
    try {
      return started(command, output);
    } catch (EngineException e) {
      throw new BuildException(kind(e.kind()), String.valueOf(e.getMessage()), e);
    }
  }

  private static BuildException.Kind kind(ErrorKind kind) {
    return switch (kind) {
      case INVALID_ARGUMENT, CONFLICT, FORBIDDEN, NOT_IMPLEMENTED -> BuildException.Kind.INVALID;
      case NOT_FOUND -> BuildException.Kind.NOT_FOUND;
      case UNCHANGED, UNAUTHORIZED, UNAVAILABLE, INTERNAL -> BuildException.Kind.INTERNAL;
    };
  }

  private Finished started(Command command, Output output) {
    Containers.Created created = containers.create(spec(command));
    Ended ended = new Ended(created.id(), command.mounts());
    try {
      prepareMounts(created.id(), command.mounts(), command.secretEnvironment());
      runToEnd(ended, output);
      return ended;
    } catch (RuntimeException | Error e) {
      ended.close();
      throw e;
    } catch (InterruptedException e) {
      ended.close(); // kills it
      Thread.currentThread().interrupt();
      throw new BuildException(BuildException.Kind.CANCELLED, "the build was cancelled", e);
    }
  }

  private void prepareMounts(String id, List<Mount> mounts, Map<String, Secret> secrets) {
    for (int i = 0; i < mounts.size(); i++) {
      if (mounts.get(i) instanceof Mount.Files(_, Image image, _, boolean writable) && writable) {
        rooms.images().snapshots().prepare(StepMounts.key(id, i), image);
      }
    }
    rooms.steps().put(id, new StepMounts.Seen(mounts, secrets));
  }

  private void runToEnd(Ended ended, Output output) throws InterruptedException {
    OutputSink sink =
        (stream, bytes, offset, length) ->
            output.write(
                stream == OutputSink.Stream.STDERR,
                Arrays.copyOfRange(bytes, offset, offset + length));
    AttachOptions all = new AttachOptions(false, true, true, false, true, Optional.empty());
    CompletableFuture<ExitStatus> exit = containers.await(ended.id, WaitCondition.NEXT_EXIT);
    try (Attachment attachment = containers.attach(ended.id, all, sink)) {
      containers.start(ended.id, Optional.empty());
      ended.exitCode = exit.get().code();
      attachment.awaitEnd();
    } catch (ExecutionException e) {
      throw new BuildException(BuildException.Kind.INTERNAL, "cannot wait for the command", e);
    }
    Container container = rooms.containers().find(ended.id);
    container.cleanup.join(); // its files are not mounted any more
    ended.outOfMemory = container.view().state().oomKilled();
  }

  private static ContainerSpec spec(Command command) {
    BuildRequest.StepOptions options = command.options();
    ContainerSpecBuilder spec =
        ContainerSpec.builder(command.base().id().toString())
            .entrypoint(Optional.of(List.of()))
            .command(Optional.of(command.arguments()))
            .environment(command.environment())
            .workingDirectory(command.workingDirectory())
            .user(command.user())
            .attachStdout(true)
            .attachStderr(true)
            .label(LABEL, "")
            .log(new LogConfig("none", Map.of()))
            .networkMode(command.network())
            .extraHosts(options.extraHosts())
            .cgroupParent(options.cgroupParent())
            .securityOptions(options.securityOptions())
            .privileged(command.insecure())
            .resources(resources(options));
    if (options.sharedMemoryBytes() > 0) {
      spec.shmSizeBytes(options.sharedMemoryBytes());
    }
    return spec.build();
  }

  private static Resources resources(BuildRequest.StepOptions options) {
    Resources none = Resources.NONE;
    return new Resources(
        options.cpuShares(),
        options.memoryBytes(),
        0,
        options.memorySwapBytes(),
        0,
        Optional.empty(),
        Optional.empty(),
        0,
        options.cpuPeriod(),
        options.cpuQuota(),
        0,
        0,
        options.cpusetCpus(),
        options.cpusetMems(),
        none.pids(),
        0,
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        List.of(),
        options.ulimits().stream().map(BuildSteps::ulimit).toList());
  }

  /// `name=soft:hard`, or `name=both`.
  private static Ulimit ulimit(String text) {
    int equals = text.indexOf('=');
    int colon = text.indexOf(':', equals + 1);
    try {
      String name = text.substring(0, equals);
      long soft = Long.parseLong(text.substring(equals + 1, colon < 0 ? text.length() : colon));
      return new Ulimit(name, soft, colon < 0 ? soft : Long.parseLong(text.substring(colon + 1)));
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw new BuildException(
          BuildException.Kind.INVALID,
          "invalid ulimit '" + text + "': expected name=soft:hard, nofile=1024:2048 say",
          e);
    }
  }

  /// A command's container, ended or about to be removed.
  private final class Ended implements Finished {
    private final String id;
    private final List<Mount> mounts;
    private int exitCode;
    private boolean outOfMemory;

    Ended(String id, List<Mount> mounts) {
      this.id = id;
      this.mounts = mounts;
    }

    @Override
    public int exitCode() {
      return exitCode;
    }

    @Override
    public String snapshot() {
      return id;
    }

    @Override
    public List<String> mountPoints() {
      List<String> all = new ArrayList<>(SYSTEM_MOUNTS);
      mounts.forEach(mount -> all.add(Path.of(mount.target()).normalize().toString()));
      return all;
    }

    @Override
    public Optional<String> remark() {
      return outOfMemory ? Optional.of("killed: out of memory") : Optional.empty();
    }

    /// On a thread that nobody interrupts: what is removed must be gone.
    @Override
    public void close() {
      CompletableFuture.runAsync(this::remove, Thread::startVirtualThread).join();
    }

    private void remove() {
      try {
        containers.remove(id, true, true);
      } catch (EngineException e) {
        if (e.kind() != ErrorKind.NOT_FOUND) { // somebody else removed it
          LOG.warn("container {} of a build stays: {}", Ids.abbreviate(id), e.getMessage());
        }
      } finally {
        removeMounts();
      }
    }

    private void removeMounts() {
      rooms.steps().remove(id);
      for (int i = 0; i < mounts.size(); i++) {
        if (rooms.images().snapshots().exists(StepMounts.key(id, i))) {
          rooms.images().snapshots().remove(StepMounts.key(id, i));
        }
      }
    }
  }
}
