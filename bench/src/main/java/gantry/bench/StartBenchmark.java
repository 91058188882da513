package gantry.bench;

import gantry.linux.KernelVersion;
import gantry.linux.seccomp.SeccompArch;
import gantry.linux.seccomp.SeccompProfile;
import gantry.linux.security.Capability;
import gantry.oci.Reference;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Op;
import gantry.stage.Slot;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// The parts of a start that are Java's own: their sum is what the plan may cost beside the kernel.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class StartBenchmark {
  private static final List<String> ENVIRONMENT =
      List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root");
  private static final KernelVersion KERNEL = new KernelVersion(6, 1);
  private final Set<Capability> capabilities =
      EnumSet.of(Capability.CHOWN, Capability.KILL, Capability.SETUID);
  private final SeccompProfile profile = SeccompProfile.defaultProfile();
  private final LaunchPlan plan = seventySteps();

  /// The default seccomp profile, compiled to BPF.
  @Benchmark
  public byte[] compileSeccomp() {
    return profile.compile(capabilities, SeccompArch.host(), KERNEL);
  }

  /// A plan of the usual size, built.
  @Benchmark
  public LaunchPlan buildPlan() {
    return seventySteps();
  }

  /// A plan of the usual size, as bytes for the stage.
  @Benchmark
  public byte[] encodePlan() {
    return plan.encode(LaunchPlan.Timing.OFF);
  }

  /// A reference as a user types it.
  @Benchmark
  public Reference parseReference() {
    return Reference.parse("registry.example.org:5000/team/project/app:1.2.3");
  }

  private static LaunchPlan seventySteps() {
    LaunchPlan.Builder builder = LaunchPlan.builder();
    Slot root = builder.inherit("root");
    builder.clone(0, Optional.empty(), "a process in namespaces of its own");
    IntStream.range(0, 70)
        .forEach(
            i ->
                builder.step(
                    Op.MKDIRAT,
                    "a place for mount " + i,
                    Arg.of(root),
                    Arg.text("dev/pts" + i),
                    Arg.number(0755)));
    builder.step(
        Op.EXEC,
        "the program",
        Arg.text("/bin/sh"),
        new Arg.Texts(List.of("sh")),
        new Arg.Texts(ENVIRONMENT));
    builder.parent();
    builder.step(
        Op.MONITOR,
        "wait",
        Arg.number(0),
        Arg.number(-1),
        Arg.number(0),
        Arg.number(0),
        Arg.number(0));
    return builder.build();
  }
}
