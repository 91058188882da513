package gantry.runtime.staged;

import gantry.linux.Errno;
import gantry.linux.process.ResourceLimit;
import gantry.linux.security.Capability;
import gantry.oci.runtime.ProcessSpec;
import gantry.oci.runtime.ProcessSpec.Capabilities;
import gantry.oci.runtime.Rlimit;
import gantry.oci.runtime.User;
import gantry.runtime.LaunchException;
import gantry.stage.Arg;
import gantry.stage.LaunchPlan;
import gantry.stage.Notation;
import gantry.stage.Op;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The last steps before the command: limits, user, rights, filter.
///
/// Their order is what makes them work. Dropping from the bounding set needs CAP_SETPCAP, so it
/// comes first. A filter without no_new_privs needs CAP_SYS_ADMIN, so it is kept until then; it
/// does not outlive execve, which gives the process what the bounding, inheritable and ambient sets
/// allow and no more. So nothing but execve is called under the filter, and a filter that denies
/// capset or setuid does not get in our way.
final class PrivilegeSteps {
  private static final int PR_SET_DUMPABLE = 4; // linux/prctl.h
  private static final int PR_SET_KEEPCAPS = 8;
  private static final int PR_CAPBSET_DROP = 24;
  private static final int PR_SET_NO_NEW_PRIVS = 38;
  private static final int PR_CAP_AMBIENT = 47;
  private static final int PR_CAP_AMBIENT_RAISE = 2;
  private static final int PR_CAP_AMBIENT_CLEAR_ALL = 4;
  private static final int DEFAULT_UMASK = 0022;
  private static final Map<String, Integer> RLIMITS = limits();

  private final Steps steps;

  /// What this process itself may do: nobody can be given more.
  private final long available;

  PrivilegeSteps(Steps steps, long available) {
    this.steps = steps;
    this.available = available;
  }

  private static Map<String, Integer> limits() {
    Map<String, Integer> numbers = new HashMap<>();
    for (ResourceLimit limit : ResourceLimit.values()) {
      numbers.put("RLIMIT_" + limit.name(), limit.number());
    }
    return numbers;
  }

  /// What needs no path and is done early: nobody looks into this process from now on.
  void hide() {
    steps.prctl(PR_SET_DUMPABLE, 0, "nobody in the container can look into the stage");
  }

  void limits(ProcessSpec process) {
    for (Rlimit limit : process.rlimits()) {
      Integer number = RLIMITS.get(limit.type());
      if (number == null) {
        throw new LaunchException(
            LaunchException.Kind.CONFIG, "no such limit: '" + limit.type() + "'", Errno.EINVAL);
      }
      steps
          .plan()
          .step(
              Op.PRLIMIT64,
              "a limit of the container's processes",
              Arg.number(0, Notation.HIDDEN),
              Arg.number(number, Notation.RLIMIT),
              Arg.bytes(
                  Structures.limit(limit.soft(), limit.hard()),
                  show(limit.soft()) + ":" + show(limit.hard())));
    }
  }

  private static String show(long limit) {
    return limit == ResourceLimit.UNLIMITED ? "unlimited" : Long.toUnsignedString(limit);
  }

  /// What is written through /proc/self. Comes while the process is still root.
  void attributes(ProcessSpec process) {
    Integer score = process.oomScoreAdj();
    if (score != null) {
      steps.write(
          "/proc/self/oom_score_adj", score.toString(), "whom the kernel kills when memory ends");
    }
    if (!process.apparmorProfile().isEmpty()) {
      steps.write(
          "/proc/self/attr/exec",
          "exec " + process.apparmorProfile(),
          "the AppArmor profile of the command");
    }
    if (!process.selinuxLabel().isEmpty()) {
      steps.write(
          "/proc/self/attr/exec", process.selinuxLabel(), "the SELinux label of the command");
    }
  }

  /// Becomes the user, with no more rights than the config gives.
  void become(ProcessSpec process, boolean keepAdmin) {
    LaunchPlan.Builder plan = steps.plan();
    User user = process.user();
    Integer umask = user.umask();
    plan.step(
        Op.UMASK,
        "rights that new files do not get",
        Arg.number(umask == null ? DEFAULT_UMASK : umask, Notation.MODE));
    Capabilities capabilities = process.capabilities();
    if (capabilities != null) {
      bounding(mask(capabilities.bounding()));
    }
    plan.step(
        Op.SETGROUPS,
        "additional groups",
        Arg.bytes(Structures.groups(user.additionalGids()), user.additionalGids().toString()));
    identity(Op.SETRESGID, user.gid(), "the group");
    if (user.uid() != 0) {
      steps.prctl(PR_SET_KEEPCAPS, 1, "rights are taken away one by one below");
    }
    identity(Op.SETRESUID, user.uid(), "the user");
    if (capabilities != null) {
      capabilities(capabilities, keepAdmin);
    }
  }

  /// Becomes somebody in the user namespace that it is in.
  void becomeRoot() {
    steps
        .plan()
        .step(Op.SETGROUPS, "no groups of the host", Arg.bytes(Structures.groups(List.of()), "[]"));
    identity(Op.SETRESGID, 0, "root's group in the user namespace");
    identity(Op.SETRESUID, 0, "root of the user namespace: rights in it, and none outside");
  }

  private void identity(Op op, int id, String why) {
    Arg arg = Arg.number(id, Notation.ID);
    steps.plan().step(op, why, arg, arg, arg);
  }

  private void bounding(long kept) {
    for (Capability capability : Capability.values()) {
      if ((kept & capability.mask()) == 0 && (available & capability.mask()) != 0) {
        steps.prctl(
            PR_CAPBSET_DROP,
            capability.number(),
            "never again " + capability.linuxName().toLowerCase(Locale.ROOT));
      }
    }
  }

  private void capabilities(Capabilities wanted, boolean keepAdmin) {
    long inheritable = mask(wanted.inheritable());
    long permitted = mask(wanted.permitted()) | mask(wanted.effective()) | inheritable;
    long filter = keepAdmin ? Capability.SYS_ADMIN.mask() & available : 0;
    steps
        .plan()
        .step(
            Op.CAPSET,
            "the rights of the config" + (filter == 0 ? "" : ", and to install the filter"),
            Arg.bytes(Structures.capabilityHeader(), ""),
            Arg.bytes(
                Structures.capabilities(
                    mask(wanted.effective()) | filter, permitted | filter, inheritable),
                "0x" + Long.toHexString(permitted)));
    steps.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, "no ambient rights");
    long ambient = mask(wanted.ambient()) & permitted & inheritable;
    for (Capability capability : Capability.ofMask(ambient)) {
      steps.prctl(
          PR_CAP_AMBIENT,
          PR_CAP_AMBIENT_RAISE,
          capability.number(),
          "kept by programs without rights of their own");
    }
  }

  /// Capabilities that this machine does not have, or does not know, are left out, as others do.
  private long mask(List<String> names) {
    long mask = 0;
    for (String name : names) {
      try {
        mask |= Capability.parse(name).mask();
      } catch (IllegalArgumentException unknown) {
        throw new LaunchException(
            LaunchException.Kind.CONFIG, "no such capability: '" + name + "'", unknown);
      }
    }
    return mask & available;
  }

  void noNewPrivileges() {
    steps.prctl(PR_SET_NO_NEW_PRIVS, 1, "no program gives rights any more");
  }

  void filter(SeccompFilters.Filter filter) {
    steps
        .plan()
        .step(
            Op.SECCOMP,
            "the system calls that the container may make",
            Arg.number(filter.flags(), Notation.HIDDEN),
            Arg.bytes(
                filter.program(), filter.program().length / 8 + " instructions of the filter"));
  }
}
