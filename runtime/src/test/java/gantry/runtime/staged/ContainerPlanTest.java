package gantry.runtime.staged;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.oci.runtime.LinuxSpec;
import gantry.oci.runtime.Mount;
import gantry.oci.runtime.Namespace;
import gantry.oci.runtime.Rlimit;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.DefaultSpec;
import gantry.runtime.Launch;
import gantry.runtime.LaunchException;
import gantry.runtime.Rootfs;
import gantry.runtime.StdioSpec;
import gantry.stage.Explain;
import gantry.stage.LaunchPlan;
import gantry.stage.Op;
import gantry.stage.Outcome;
import gantry.stage.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContainerPlanTest {
  private static final Machine MACHINE =
      new Machine(
          -1L >>> 23, // the 41 capabilities that there are
          new CgroupMounts(true, List.of()),
          new SeccompFilters(),
          true);
  private static final CgroupPlace CGROUP =
      new CgroupPlace("/gantry/web", List.of("/cg/pids/gantry/web/tasks"), Optional.empty());

  /// Nothing may be mounted, made or written by path between the opening of the host's files and
  /// the change of the root.
  @Test
  void compile_hostIsOutOfReach_beforeTheContainerIsFurnished() {
    List<Op> ops = ops(container());
    int pivot = ops.indexOf(Op.PIVOT_ROOT);
    assertThat(ops.indexOf(Op.MKDIRAT)).isGreaterThan(pivot);
    assertThat(ops.indexOf(Op.UMOUNT2)).isEqualTo(pivot + 1);
    assertThat(ops.lastIndexOf(Op.OPEN_TREE)).isLessThan(pivot);
  }

  @Test
  void compile_rightsAreGivenUp_whenNothingNeedsThemAnyMore() {
    List<Op> ops = ops(container());
    assertThat(ops.indexOf(Op.SETRESUID)).isGreaterThan(ops.lastIndexOf(Op.MOUNT));
    assertThat(ops.indexOf(Op.CAPSET)).isGreaterThan(ops.indexOf(Op.SETRESUID));
    assertThat(ops.indexOf(Op.EXEC)).isGreaterThan(ops.indexOf(Op.CAPSET));
  }

  @Test
  void compile_hostNamespaces_areNotMade() {
    LinuxSpec linux =
        LinuxSpec.EMPTY.withNamespaces(List.of(Namespace.fresh(Namespace.Type.MOUNT)));
    assertThat(explained(container().withLinux(linux))).contains("clone3(NEWNS|FILES)");
  }

  @Test
  void compile_pidNamespaceOfAnother_isJoinedByTheParent() {
    LinuxSpec linux =
        LinuxSpec.EMPTY.withNamespaces(
            List.of(
                Namespace.fresh(Namespace.Type.MOUNT),
                new Namespace(Namespace.Type.PID, "/proc/77/ns/pid")));
    List<Op> ops = ops(container().withLinux(linux));
    assertThat(ops.indexOf(Op.SETNS)).isLessThan(ops.indexOf(Op.CLONE));
  }

  @Test
  void compile_userNamespace_isRefused() {
    LinuxSpec linux = LinuxSpec.EMPTY.withNamespaces(List.of(Namespace.fresh(Namespace.Type.USER)));
    assertThatThrownBy(() -> plan(container().withLinux(linux)))
        .isInstanceOf(LaunchException.class)
        .hasMessage("the built-in runtime makes no user namespaces; use --runtime crun");
  }

  @Test
  void compile_mountInsideProc_isRefused() {
    List<Mount> mounts = new ArrayList<>(container().mounts());
    mounts.add(Mount.of("/proc/../proc/sys/kernel", "bind", "/tmp", "rbind"));
    assertThatThrownBy(() -> plan(container().withMounts(mounts)))
        .hasMessageContaining("cannot mount '/tmp' at '/proc/sys/kernel'");
  }

  @Test
  void compile_noCommand_isRefused() {
    RuntimeSpec spec = container();
    assertThatThrownBy(() -> plan(spec.withProcess(spec.process().withArgs(List.of()))))
        .hasMessage("args must not be empty");
  }

  @Test
  void compile_unknownLimit_isRefused() {
    RuntimeSpec spec = container();
    assertThatThrownBy(
            () ->
                plan(
                    spec.withProcess(
                        spec.process().withRlimits(List.of(new Rlimit("RLIMIT_X", 1, 1))))))
        .hasMessage("no such limit: 'RLIMIT_X'");
  }

  @Test
  void explain_defaultContainer_readsAsSentences() {
    assertThat(explained(container()))
        .contains("move_mount(rootfs fd")
        .contains("the container's root, over ours")
        .contains("mount(proc → /proc, proc, nosuid|nodev|noexec)")
        .contains("write_file(/cg/pids/gantry/web/tasks, \"0\")");
  }

  @Test
  void compile_kernelWithoutCore_hasNoLinkToIt() {
    Machine without =
        new Machine(MACHINE.capabilities(), MACHINE.cgroups(), MACHINE.filters(), false);
    assertThat(explained(container())).contains("/dev/core → /proc/kcore");
    assertThat(Explain.plan(plan(container(), without)))
        .doesNotContain("/dev/core")
        .contains("/dev/stderr");
  }

  @Test
  void failure_stepThatIsKnown_hasAHint() {
    RuntimeSpec spec = container();
    LaunchPlan plan =
        plan(
            spec.withProcess(
                spec.process().withRlimits(List.of(new Rlimit("RLIMIT_NOFILE", -1, -1)))));
    int step = plan.steps().stream().map(Step::op).toList().indexOf(Op.PRLIMIT64);
    Outcome outcome =
        new Outcome(Outcome.State.FAILED, 5, step, Errno.EPERM, Collections.nCopies(192, -1));
    assertThat(Failure.of(plan, outcome, spec.process()))
        .hasMessageStartingWith("unable to start container process: step " + step)
        .hasMessageContaining("prlimit64(RLIMIT_NOFILE, unlimited:unlimited)")
        .hasMessageContaining("operation not permitted (EPERM)")
        .hasMessageContaining("needs CAP_SYS_RESOURCE");
  }

  private static RuntimeSpec container() {
    RuntimeSpec spec = DefaultSpec.container();
    return spec.withProcess(
        spec.process().withArgs(List.of("true")).withEnv(List.of("PATH=/usr/bin:/bin")));
  }

  private static LaunchPlan plan(RuntimeSpec spec) {
    return plan(spec, MACHINE);
  }

  private static LaunchPlan plan(RuntimeSpec spec, Machine machine) {
    Launch launch =
        new Launch(
            "web",
            spec,
            new Rootfs.Directory(Path.of("/images/web")),
            new StdioSpec.Pipes(false),
            Path.of("/run"));
    return ContainerPlan.compile(launch, CGROUP, machine).plan();
  }

  private static List<Op> ops(RuntimeSpec spec) {
    return plan(spec).steps().stream().map(Step::op).toList();
  }

  private static String explained(RuntimeSpec spec) {
    return Explain.plan(plan(spec));
  }
}
