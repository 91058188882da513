package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.Attachment;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.ExecSpec;
import gantry.engine.container.ExecView;
import gantry.engine.container.OutputSink;
import gantry.engine.container.Status;
import gantry.engine.container.TerminalSize;
import gantry.engine.spec.RuntimeSpecBuilder;
import gantry.engine.stdio.ContainerStreams;
import gantry.engine.stdio.DetachKeys;
import gantry.engine.stdio.StdioPump;
import gantry.image.Accounts;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.RuntimeSpec;
import gantry.oci.runtime.User;
import gantry.runtime.ContainerProcess;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Exit;
import gantry.runtime.LaunchException;
import gantry.runtime.StdioSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Further programs in running containers. Kept in memory only: clients of an exec do not outlive
/// this process.
///
/// An exec's exit code is known before its stream ends, and for five minutes after.
final class ExecService {
  private static final Duration REMEMBERED = Duration.ofMinutes(5);
  private static final Duration SWEEP_EVERY = Duration.ofSeconds(10);
  private static final Duration OUTPUT_GRACE = Duration.ofSeconds(2);
  private static final Duration RESIZE_PATIENCE = Duration.ofSeconds(10);

  private final Rooms rooms;
  private volatile Instant nextSweep = Instant.EPOCH;
  private final Map<String, Exec> byId = new ConcurrentHashMap<>();

  ExecService(Rooms rooms) {
    this.rooms = rooms;
  }

  String create(Container container, ExecSpec spec) {
    if (spec.command().isEmpty()) {
      throw new EngineException(ErrorKind.INVALID_ARGUMENT, "No exec command specified");
    }
    ActiveRun _ = executable(container);
    DetachKeys _ = DetachKeys.parse(spec.detachKeys());
    forgetOld();
    String id = Ids.next();
    ContainerStreams streams =
        new ContainerStreams(
            "exec-" + Ids.abbreviate(id),
            rooms.loop(),
            new ContainerStreams.Rules(spec.terminal(), spec.attachStdin(), true));
    Exec exec = new Exec(id, container, spec, streams);
    byId.put(id, exec);
    container.execs.add(exec);
    showIds(container);
    tell(exec, "exec_create: " + words(spec));
    return id;
  }

  /// Docker has a blank behind a command without arguments.
  private static String words(ExecSpec spec) {
    return spec.command().getFirst()
        + " "
        + String.join(" ", spec.command().subList(1, spec.command().size()));
  }

  private static void showIds(Container container) {
    container.show(v -> Views.execIds(v, container.execs.liveIds()));
  }

  private void tell(Exec exec, String action, String... more) {
    String[] all = new String[more.length + 2];
    all[0] = "execID";
    all[1] = exec.id;
    System.arraycopy(more, 0, all, 2, more.length);
    rooms.events().container(exec.container.view(), action, all);
  }

  /// The run in which execs can be started.
  private static ActiveRun executable(Container container) {
    ContainerView view = container.view();
    if (view.state().status() == Status.PAUSED) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "container %s is paused, unpause the container before exec".formatted(view.id()));
    }
    return Lifecycle.running(container);
  }

  Exec find(String id) {
    Exec exec = byId.get(id);
    if (exec == null) {
      throw new EngineException(ErrorKind.NOT_FOUND, "No such exec instance: " + id);
    }
    return exec;
  }

  ExecView view(String id) {
    return find(id).view();
  }

  void startDetached(String id) {
    Exec exec = find(id);
    ActiveRun run = claim(exec);
    launch(exec, run, TerminalSize.UNKNOWN);
  }

  Attachment start(String id, TerminalSize size, Runnable ready, OutputSink sink) {
    Exec exec = find(id);
    ActiveRun run = claim(exec);
    boolean output = exec.spec.attachStdout() || exec.spec.attachStderr();
    Attachment attachment =
        exec.streams.attach(
            chosen(exec.spec, sink),
            output,
            exec.spec.attachStdin(),
            DetachKeys.parse(exec.spec.detachKeys()),
            () -> tell(exec, "exec_detach"));
    try {
      ready.run();
      launch(exec, run, size);
      return attachment;
    } catch (RuntimeException e) {
      attachment.close();
      throw e;
    }
  }

  /// Only the streams that the client asked for; a terminal has but one.
  private static OutputSink chosen(ExecSpec spec, OutputSink sink) {
    if (spec.terminal() || (spec.attachStdout() && spec.attachStderr())) {
      return sink;
    }
    OutputSink.Stream wanted =
        spec.attachStdout() ? OutputSink.Stream.STDOUT : OutputSink.Stream.STDERR;
    return (stream, bytes, offset, length) -> {
      if (stream == wanted) {
        sink.accept(stream, bytes, offset, length);
      }
    };
  }

  private static ActiveRun claim(Exec exec) {
    ActiveRun run = executable(exec.container);
    if (!exec.started.compareAndSet(false, true)) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          exec.ended()
              ? "exec command %s has already run".formatted(exec.id)
              : "exec process %s is already running".formatted(exec.id));
    }
    return run;
  }

  private void launch(Exec exec, ActiveRun run, TerminalSize size) {
    Path directory = rooms.paths().exec(exec.id);
    try {
      Files.createDirectories(directory);
      ExecLaunch launch =
          new ExecLaunch(
              exec.id,
              run.spec(),
              process(rooms, exec.container.view(), exec.spec, run),
              stdio(exec.spec, size),
              directory);
      ContainerProcess process = run.runtime().exec(run.process(), launch);
      StdioPump output = exec.streams.connect(process, Optional.empty(), directory);
      exec.process.complete(Optional.of(process));
      tell(exec, "exec_start: " + words(exec.spec));
      watch(exec, process, output, directory);
    } catch (RuntimeException | IOException e) {
      Leftovers.removeDirectory(directory);
      failed(exec, e);
      throw Failures.of("exec failed", e);
    }
  }

  private void failed(Exec exec, Exception failure) {
    int code = 128;
    if (failure instanceof LaunchException launch) {
      code =
          switch (launch.kind()) {
            case COMMAND_NOT_FOUND -> 127;
            case COMMAND_NOT_EXECUTABLE -> 126;
            case CONFIG, NOT_RUNNING, SYSTEM -> 128;
          };
    }
    exec.end(code);
    exec.container.execs.ended(exec);
    exec.process.complete(Optional.empty());
    showIds(exec.container);
  }

  private void watch(Exec exec, ContainerProcess process, StdioPump output, Path directory) {
    CompletableFuture<Void> _ =
        process
            .exited()
            .thenAccept(
                exit -> {
                  CompletableFuture<Void> drained = output.ended();
                  if (!drained.isDone()) {
                    CompletableFuture.delayedExecutor(
                            OUTPUT_GRACE.toMillis(), TimeUnit.MILLISECONDS)
                        .execute(output::finish);
                  }
                  CompletableFuture<Void> _ =
                      drained.thenRun(() -> ended(exec, process, exit, directory));
                });
  }

  /// On the loop's thread: the code first, then the end of the stream, then the rest elsewhere.
  private void ended(Exec exec, ContainerProcess process, Exit exit, Path directory) {
    exec.end(exit.code());
    exec.container.execs.ended(exec);
    showIds(exec.container);
    tell(exec, "exec_die", "exitCode", Integer.toString(exit.code()));
    exec.streams.end();
    rooms
        .cleaner()
        .execute(
            () -> {
              process.close();
              Leftovers.removeDirectory(directory);
            });
  }

  /// What a further program of a container is, with the container's own where `spec` says nothing.
  static ProcessSpec process(Rooms rooms, ContainerView view, ExecSpec spec, ActiveRun run) {
    ContainerSpec container = view.spec();
    RuntimeSpec config = run.spec();
    ProcessSpec first = config.process();
    Accounts.Account account = account(spec, first, view.state().pid());
    List<String> environment = new ArrayList<>(container.program().environment());
    environment.addAll(spec.environment());
    List<String> linked = new Links(rooms.containers()).variables(view);
    ContainerSpec like =
        container.toBuilder().terminal(spec.terminal()).environment(environment).build();
    return first
        .builder()
        .terminal(spec.terminal())
        .args(spec.command())
        .env(RuntimeSpecBuilder.environment(like, config.hostname(), account.home(), linked))
        .cwd(spec.workingDirectory().isEmpty() ? first.cwd() : spec.workingDirectory())
        .user(user(spec, first, account))
        .capabilities(
            spec.privileged()
                ? RuntimeSpecBuilder.allCapabilities(rooms.host())
                : capabilities(first, account.uid()))
        .build();
  }

  private static User user(ExecSpec spec, ProcessSpec first, Accounts.Account account) {
    return spec.user().isEmpty() ? first.user() : RuntimeSpecBuilder.user(account);
  }

  /// The container's own user costs no look-up.
  private static Accounts.Account account(ExecSpec spec, ProcessSpec first, int pid) {
    if (spec.user().isEmpty()) {
      String home =
          first.env().stream()
              .filter(variable -> variable.startsWith("HOME="))
              .map(variable -> variable.substring(5))
              .findFirst()
              .orElse("/");
      return new Accounts.Account(
          first.user().uid(), first.user().gid(), first.user().additionalGids(), home);
    }
    try (OwnedFd root =
        At.open(Fd.CWD, "/proc/" + pid + "/root", OpenFlags.O_PATH | OpenFlags.O_DIRECTORY)) {
      return Launcher.account(root, spec.user(), List.of());
    }
  }

  private static ProcessSpec.Capabilities capabilities(ProcessSpec first, int uid) {
    ProcessSpec.Capabilities own = first.capabilities();
    List<String> bounding = own == null ? List.of() : own.bounding();
    return uid == 0
        ? ProcessSpec.Capabilities.of(bounding)
        : new ProcessSpec.Capabilities(bounding, List.of(), List.of(), List.of(), List.of());
  }

  private static StdioSpec stdio(ExecSpec spec, TerminalSize asked) {
    if (!spec.terminal()) {
      return new StdioSpec.Pipes(spec.attachStdin());
    }
    TerminalSize size = asked.rows() > 0 ? asked : spec.terminalSize();
    return new StdioSpec.Terminal(size.rows(), size.columns());
  }

  void resize(String id, TerminalSize size) {
    Exec exec = find(id);
    try {
      ContainerProcess process =
          exec.process
              .get(RESIZE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .orElseThrow(
                  () ->
                      new EngineException(
                          ErrorKind.CONFLICT, "exec process %s is not running".formatted(id)));
      process.resize(size.rows(), size.columns());
    } catch (TimeoutException e) {
      throw new EngineException(ErrorKind.CONFLICT, "timeout waiting for exec session ready", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EngineException(ErrorKind.UNAVAILABLE, "interrupted while waiting for an exec", e);
    } catch (ExecutionException impossible) { // never completed so
      throw new AssertionError(impossible);
    }
  }

  /// Forgets all execs of a container that is gone.
  void forget(Container container) {
    for (Exec exec : container.execs.all()) {
      byId.remove(exec.id);
      container.execs.remove(exec);
    }
  }

  private void forgetOld() {
    Instant now = Instant.now();
    if (now.isBefore(nextSweep)) {
      return;
    }
    nextSweep = now.plus(SWEEP_EVERY);
    Instant limit = now.minus(REMEMBERED);
    for (Exec exec : List.copyOf(byId.values())) {
      if (exec.endedBefore(limit)) {
        byId.remove(exec.id);
        exec.container.execs.remove(exec);
      }
    }
  }
}
