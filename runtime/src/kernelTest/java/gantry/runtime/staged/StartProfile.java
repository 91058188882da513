package gantry.runtime.staged;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.mount.Depth;
import gantry.linux.mount.Mounts;
import gantry.linux.process.Namespace;
import gantry.oci.runtime.Resources;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.DefaultSpec;
import gantry.runtime.ExecLaunch;
import gantry.runtime.Launch;
import gantry.runtime.Rootfs;
import gantry.runtime.StdioSpec;
import gantry.stage.LaunchPlan;
import gantry.stage.LaunchPlan.Timing;
import gantry.stage.Op;
import gantry.stage.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Where the time of a start and of an exec goes: `StartProfile ROOTFS [ROUNDS]` prints tables for
/// docs/profile-of-a-start.md, in microseconds. Lower quartiles, since the machine is shared.
final class StartProfile {
  private static final StdioSpec PIPES = new StdioSpec.Pipes(false);
  private final Map<String, long[]> figures = new LinkedHashMap<>();
  private final Path rootfs;
  private final Path directory;
  private final int rounds;
  private int round;

  private StartProfile(Path rootfs, Path directory, int rounds) {
    this.rootfs = rootfs;
    this.directory = directory;
    this.rounds = rounds;
  }

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 500;
    Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "gantry-profile");
    new StartProfile(Path.of(args[0]), directory, rounds).run();
    Files.deleteIfExists(directory.resolve("exit"));
    Files.delete(directory);
  }

  private void run() throws Exception {
    try (EventLoop loop = EventLoop.start("profile", Throwable::printStackTrace);
        StageRuntime runtime = StageRuntime.open(loop, Cgroups.detect(), "/gantry-profile")) {
      for (round = -rounds; round < rounds; round++) { // the first half warms up
        start(runtime, false, Optional.empty(), "start, to running", "start, to exited", "delete");
        start(
            runtime,
            true,
            Optional.empty(),
            "start with a network namespace made ahead, to running",
            "start with a network namespace made ahead, to exited",
            "");
      }
      for (round = 0; round < rounds; round++) {
        start(
            runtime, true, Optional.of(this::steps), "(timed) to running", "(timed) to exited", "");
        parts();
      }
      exec(runtime);
    }
    Cgroups.detect().parent("/gantry-profile").remove();
    figures.forEach(
        (name, values) -> {
          Arrays.sort(values);
          if (values[rounds / 4] >= 1000) {
            System.out.printf(
                "| %-60s | %6.0f | %6.0f |%n",
                name, values[0] / 1000.0, values[rounds / 4] / 1000.0);
          }
        });
  }

  private RuntimeSpec spec(String... command) {
    RuntimeSpec spec = DefaultSpec.container();
    return spec.withHostname("box")
        .withProcess(spec.process().withArgs(List.of(command)).withEnv(List.of("PATH=/bin")));
  }

  private Launch launch(OwnedFd root, String... command) {
    return new Launch("p" + round, spec(command), new Rootfs.Mounted(root), PIPES, directory);
  }

  private void start(
      StageRuntime runtime,
      boolean network,
      Optional<Launcher.Profile> profile,
      String running,
      String exited,
      String deleted)
      throws Exception {
    try (OwnedFd root = Mounts.copy(Fd.CWD, rootfs.toString(), Depth.ONE);
        OwnedFd namespace = Namespace.newNetwork()) {
      Launch plain = launch(root, "/bin/true");
      Launch launch =
          new Launch(
              plain.id(),
              plain.spec(),
              plain.root(),
              PIPES,
              network ? Map.of(gantry.oci.runtime.Namespace.Type.NETWORK, namespace) : Map.of(),
              Map.of(),
              directory);
      long begin = System.nanoTime();
      ContainerProcess process = runtime.start(launch, profile);
      note(running, System.nanoTime() - begin);
      process.exited().get();
      note(exited, System.nanoTime() - begin);
      process.close();
      begin = System.nanoTime();
      runtime.delete(process.record());
      note(deleted, System.nanoTime() - begin);
    }
  }

  private void exec(StageRuntime runtime) throws Exception {
    try (OwnedFd root = Mounts.copy(Fd.CWD, rootfs.toString(), Depth.ONE)) {
      Path own = Files.createDirectory(directory.resolve("exec"));
      ContainerProcess container = runtime.start(launch(root, "/bin/sleep", "1000"));
      RuntimeSpec spec = spec("/bin/true");
      for (round = -rounds; round < rounds; round++) {
        long begin = System.nanoTime();
        ContainerProcess exec =
            runtime.exec(container, new ExecLaunch("e", spec, spec.process(), PIPES, own));
        note("exec, to running", System.nanoTime() - begin);
        exec.exited().get();
        note("exec, to exited", System.nanoTime() - begin);
        exec.close();
      }
      runtime.delete(container.record());
      container.close();
      Files.deleteIfExists(own.resolve("exit"));
      Files.delete(own);
    }
  }

  /// What Java does by itself.
  private void parts() {
    Cgroups detected = Cgroups.detect();
    Machine machine = Machines.current(detected);
    try (OwnedFd root = Mounts.copy(Fd.CWD, rootfs.toString(), Depth.ONE);
        ContainerCgroups cgroups = new ContainerCgroups(detected)) {
      cgroups.group("/gantry-profile/x");
      long begin = System.nanoTime();
      cgroups.create("/gantry-profile/x", Resources.NONE).close();
      note("java: make the cgroups", System.nanoTime() - begin);
      cgroups.remove("/gantry-profile/x");
      begin = System.nanoTime();
      cgroups
          .create("/gantry-profile/x", Resources.NONE.withDevices(DefaultSpec.deviceRules()))
          .close();
      note("java: make the cgroups, with device rules", System.nanoTime() - begin);
      cgroups.remove("/gantry-profile/x");
      begin = System.nanoTime();
      CgroupPlace place = new CgroupPlace("/x", cgroups.taskFiles("/x"), Optional.empty());
      LaunchPlan plan = ContainerPlan.compile(launch(root, "/bin/true"), place, machine).plan();
      note("java: compile the plan", System.nanoTime() - begin);
      begin = System.nanoTime();
      plan.encode(Timing.OFF);
      note("java: encode the plan", System.nanoTime() - begin);
    }
  }

  private void steps(LaunchPlan plan, List<Long> times) {
    Map<String, Long> sums = new LinkedHashMap<>();
    int last = -1;
    for (int i = 0; i < times.size(); i++) {
      if (times.get(i) == 0) {
        continue;
      }
      if (last >= 0) {
        sums.merge(
            "stage: " + name(plan.steps().get(last)), times.get(i) - times.get(last), Long::sum);
      }
      last = i;
    }
    sums.forEach(this::note);
  }

  private static String name(Step step) {
    return switch (step.op()) {
      case MOUNT, MOUNT_SETATTR -> {
        String call = step.call();
        yield call.length() > 48 ? call.substring(0, 48) + "…" : call;
      }
      case EXEC -> "execve, until the monitor says so";
      case CLONE, PIVOT_ROOT, UMOUNT2, MOVE_MOUNT, UNSHARE, OPEN_TREE -> step.call();
      case WRITE_FILE -> "write_file (" + step.why() + ")";
      default -> step.op() == Op.PRCTL ? "prctl, all" : step.op().call() + ", all";
    };
  }

  private void note(String name, long nanos) {
    if (round >= 0 && !name.isEmpty()) {
      figures.computeIfAbsent(name, _ -> new long[rounds])[round] += nanos;
    }
  }
}
