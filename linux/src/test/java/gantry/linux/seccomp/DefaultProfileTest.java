package gantry.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.KernelVersion;
import gantry.linux.bpf.ClassicInterpreter;
import gantry.linux.security.Capability;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// The default filter, run call by call, against tables of what Docker 28.5 does.
class DefaultProfileTest {
  private static final int ALLOW = 0x7fff0000;
  private static final int EPERM = 0x00050001;
  private static final int ENOSYS = 0x00050026;
  private static final int KILL = 0;
  private static final int I386 = 0x40000003;
  private static final int AMD64 = 0xc000003e;
  private static final int ARM64 = 0xc00000b7;
  private static final int ARM = 0x40000028;
  private static final int X32 = 0x40000000;
  private static final KernelVersion KERNEL = new KernelVersion(6, 1);

  /// The calls of x86-64 that a container without any capability may not make, whatever their
  /// arguments.
  private static final Set<String> REFUSED =
      words(
          """
          _sysctl acct add_key afs_syscall bpf chroot clock_settime clone3 create_module
          delete_module fanotify_init file_getattr file_setattr finit_module fsconfig fsmount
          fsopen fspick get_kernel_syms get_mempolicy getpmsg init_module io_uring_enter
          io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
          listns lookup_dcookie lsm_get_self_attr lsm_list_modules lsm_set_self_attr mbind
          migrate_pages mount mount_setattr move_mount move_pages nfsservctl open_by_handle_at
          open_tree open_tree_attr perf_event_open pidfd_getfd pivot_root process_madvise putpmsg
          query_module quotactl quotactl_fd reboot request_key rseq_slice_yield security
          set_mempolicy set_mempolicy_home_node setdomainname sethostname setns settimeofday
          swapoff swapon syslog sysfs tuxcall umount2 unshare uprobe uselib userfaultfd ustat vhangup
          vserver
          """);

  /// What each capability adds on x86-64.
  private static final Map<Capability, Set<String>> ADDED =
      Map.ofEntries(
          Map.entry(Capability.DAC_READ_SEARCH, words("open_by_handle_at")),
          Map.entry(
              Capability.SYS_ADMIN,
              words(
                  """
                  bpf clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie
                  lsm_get_self_attr lsm_list_modules lsm_set_self_attr mount mount_setattr
                  move_mount open_tree perf_event_open quotactl quotactl_fd setdomainname
                  sethostname setns syslog umount2 unshare
                  """)),
          Map.entry(Capability.SYS_BOOT, words("reboot")),
          Map.entry(Capability.SYS_CHROOT, words("chroot")),
          Map.entry(Capability.SYS_MODULE, words("delete_module finit_module init_module")),
          Map.entry(Capability.SYS_PACCT, words("acct")),
          Map.entry(Capability.SYS_PTRACE, words("kcmp pidfd_getfd process_madvise")),
          Map.entry(Capability.SYS_RAWIO, words("ioperm iopl")),
          Map.entry(Capability.SYS_TIME, words("clock_settime settimeofday")),
          Map.entry(Capability.SYS_TTY_CONFIG, words("vhangup")),
          Map.entry(
              Capability.SYS_NICE,
              words("get_mempolicy mbind set_mempolicy set_mempolicy_home_node")),
          Map.entry(Capability.SYSLOG, words("syslog")),
          Map.entry(Capability.BPF, words("bpf")),
          Map.entry(Capability.PERFMON, words("perf_event_open")));

  @Test
  void noCapabilities_refusesTheTable() {
    ClassicInterpreter filter = filter(Set.of(), SeccompArch.X86_64, KERNEL);
    assertThat(refused(filter, SeccompArch.X86_64)).isEqualTo(REFUSED);
  }

  @Test
  void eachCapability_addsItsOwnCallsAndNoOthers() {
    for (Capability capability : Capability.values()) {
      ClassicInterpreter filter = filter(Set.of(capability), SeccompArch.X86_64, KERNEL);
      Set<String> expected = new TreeSet<>(REFUSED);
      expected.removeAll(ADDED.getOrDefault(capability, Set.of()));
      assertThat(refused(filter, SeccompArch.X86_64)).as(capability.name()).isEqualTo(expected);
    }
  }

  @Test
  void allCapabilities_refuseOnlyWhatNobodyMay() {
    Set<String> expected = new TreeSet<>(REFUSED);
    ADDED.values().forEach(expected::removeAll);
    ClassicInterpreter filter = filter(EnumSet.allOf(Capability.class), SeccompArch.X86_64, KERNEL);
    assertThat(refused(filter, SeccompArch.X86_64)).isEqualTo(expected);
  }

  @Test
  void refusal_isEpermUpToTheNewestKnownCallAndEnosysAbove() {
    ClassicInterpreter filter = dockerDefault();
    assertThat(call(filter, "mount")).isEqualTo(EPERM);
    assertThat(filter.run(AMD64, 466)).isEqualTo(ALLOW); // removexattrat
    assertThat(filter.run(AMD64, 467)).isEqualTo(ENOSYS); // open_tree_attr
    assertThat(filter.run(AMD64, 0x3fffffff)).isEqualTo(ENOSYS);
    assertThat(filter.run(AMD64, 400)).isEqualTo(EPERM); // a hole
    assertThat(filter.run(AMD64, X32 | 467)).isEqualTo(EPERM); // x32 goes to 547
    assertThat(filter.run(AMD64, X32 | 548)).isEqualTo(ENOSYS);
    assertThat(filter.run(I386, 467)).isEqualTo(ENOSYS);
  }

  @Test
  void clone3_isMissingRatherThanForbidden() {
    assertThat(call(dockerDefault(), "clone3")).isEqualTo(ENOSYS);
    assertThat(call(filter(Set.of(Capability.SYS_ADMIN), SeccompArch.X86_64, KERNEL), "clone3"))
        .isEqualTo(ALLOW);
  }

  @Test
  void clone_mayNotMakeNamespaces() {
    ClassicInterpreter filter = dockerDefault();
    assertThat(filter.run(AMD64, 56, 0x01200011)).isEqualTo(ALLOW); // as fork does
    assertThat(filter.run(AMD64, 56, 0x003d0f00)).isEqualTo(ALLOW); // as pthread_create does
    for (long flag :
        new long[] {
          0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
        }) {
      assertThat(filter.run(AMD64, 56, flag | 0x11)).as("%x", flag).isEqualTo(EPERM);
      assertThat(filter.run(I386, 120, flag | 0x11)).as("%x", flag).isEqualTo(EPERM);
    }
    assertThat(filter.run(AMD64, 56, 1L << 40)).isEqualTo(ALLOW);
  }

  @Test
  void personality_takesFiveValues() {
    ClassicInterpreter filter = dockerDefault();
    for (long value : new long[] {0, 8, 0x20000, 0x20008, 0xffffffffL}) {
      assertThat(filter.run(AMD64, 135, value)).as("%x", value).isEqualTo(ALLOW);
    }
    for (long value : new long[] {1, 0x0040000, 0xffffffffffffffffL, 0x100000000L, 0x20001}) {
      assertThat(filter.run(AMD64, 135, value)).as("%x", value).isEqualTo(EPERM);
    }
    assertThat(filter.run(I386, 136, 0x100000000L)).isEqualTo(ALLOW); // the half that counts is 0
  }

  @Test
  void socket_refusesVsockAlone() {
    ClassicInterpreter filter = dockerDefault();
    for (int family = 0; family < 50; family++) {
      assertThat(filter.run(AMD64, 41, family)).isEqualTo(family == 40 ? EPERM : ALLOW);
      assertThat(filter.run(I386, 359, family)).isEqualTo(family == 40 ? EPERM : ALLOW);
    }
    assertThat(filter.run(AMD64, 41, 0x100000028L)).isEqualTo(ALLOW);
  }

  @Test
  void ptrace_dependsOnTheKernel() {
    ClassicInterpreter old = filter(Set.of(), SeccompArch.X86_64, new KernelVersion(4, 7));
    ClassicInterpreter known = filter(Set.of(), SeccompArch.X86_64, new KernelVersion(4, 8));
    assertThat(call(old, "ptrace")).isEqualTo(EPERM);
    assertThat(call(known, "ptrace")).isEqualTo(ALLOW);
  }

  @Test
  void otherArchitectures_areServedOrEndTheThread() {
    ClassicInterpreter amd64 = dockerDefault();
    assertThat(amd64.run(I386, 4)).isEqualTo(ALLOW); // write
    assertThat(amd64.run(I386, 21)).isEqualTo(EPERM); // mount
    assertThat(amd64.run(I386, 102, 1)).isEqualTo(ALLOW); // socketcall
    assertThat(amd64.run(AMD64, X32 | 1)).isEqualTo(ALLOW); // write
    assertThat(amd64.run(AMD64, X32 | 165)).isEqualTo(EPERM); // mount
    assertThat(amd64.run(ARM64, 64)).isEqualTo(KILL);
    ClassicInterpreter arm64 = filter(Capability.CONTAINER_DEFAULT, SeccompArch.AARCH64, KERNEL);
    assertThat(arm64.run(ARM64, 64)).isEqualTo(ALLOW); // write
    assertThat(arm64.run(ARM64, 40)).isEqualTo(EPERM); // mount
    assertThat(arm64.run(ARM64, 467)).isEqualTo(ENOSYS);
    assertThat(arm64.run(ARM, 4)).isEqualTo(ALLOW);
    assertThat(arm64.run(ARM, 21)).isEqualTo(EPERM);
    assertThat(arm64.run(ARM, 467)).isEqualTo(ENOSYS);
    assertThat(arm64.run(ARM, 0xf0005)).isEqualTo(ALLOW); // set_tls
    assertThat(arm64.run(ARM, 0xf0003)).isEqualTo(EPERM); // usr26
    assertThat(arm64.run(AMD64, 1)).isEqualTo(KILL);
  }

  @Test
  void everyName_isACallOfSomeMachine() {
    Set<String> unknown =
        SeccompProfile.defaultProfile().rules().stream()
            .flatMap(rule -> rule.names().stream())
            .filter(
                name ->
                    Arrays.stream(SeccompArch.values())
                        .noneMatch(arch -> SyscallTable.number(arch, name).isPresent()))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(unknown).containsExactly("riscv_hwprobe");
  }

  @Test
  void program_isShort() {
    assertThat(dockerDefault().length()).isLessThan(1000);
  }

  private static Set<String> refused(ClassicInterpreter filter, SeccompArch arch) {
    return SyscallTable.numbers(arch).entrySet().stream()
        .filter(entry -> filter.run(arch.auditArch(), entry.getValue()) != ALLOW)
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static int call(ClassicInterpreter filter, String name) {
    return filter.run(AMD64, SyscallTable.number(SeccompArch.X86_64, name).orElseThrow());
  }

  private static ClassicInterpreter dockerDefault() {
    return filter(Capability.CONTAINER_DEFAULT, SeccompArch.X86_64, KERNEL);
  }

  private static ClassicInterpreter filter(
      Set<Capability> capabilities, SeccompArch arch, KernelVersion kernel) {
    return new ClassicInterpreter(
        SeccompProfile.defaultProfile().compile(capabilities, arch, kernel));
  }

  private static Set<String> words(String text) {
    return new TreeSet<>(List.of(text.strip().split("\\s+", -1)));
  }
}
