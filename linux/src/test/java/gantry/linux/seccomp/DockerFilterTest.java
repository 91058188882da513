package gantry.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.KernelVersion;
import gantry.linux.bpf.ClassicInterpreter;
import gantry.linux.security.Capability;
import java.io.IOException;
import java.io.InputStream;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/// The default filter beside Docker's own, call by call.
///
/// The files are what the kernel had installed (read with PTRACE_SECCOMP_GET_FILTER) in containers
/// of Docker 28.5.2 with runc 1.1.5 and libseccomp 2.5.4, Linux 6.18: `docker run busybox`, and the
/// same with `--cap-add SYS_ADMIN --cap-add SYS_PTRACE`. That libseccomp knows calls up to Linux
/// 5.17, so all that is newer it cannot allow: those are compared by the table in
/// [DefaultProfileTest].
class DockerFilterTest {
  private static final int AMD64 = 0xc000003e;
  private static final int I386 = 0x40000003;
  private static final int ARM64 = 0xc00000b7;
  private static final int X32 = 0x40000000;
  private static final KernelVersion KERNEL = new KernelVersion(6, 18);

  private static final int NEWEST_KNOWN = 450; // set_mempolicy_home_node
  private static final int URETPROBE = 335; // in a hole of the table
  private static final int FIRST_OF_X32 = 512; // calls that only x32 has

  private static final long[] ARGUMENTS = {
    0,
    1,
    2,
    8,
    16,
    40,
    0x28L << 32,
    0x1_0000_0028L,
    0x20000,
    0x20008,
    0x1200011,
    0x3d0f00,
    0x10000000,
    0x40000011,
    0x7e020000,
    0xffffffffL,
    -1
  };

  @Test
  void default_agreesWithDocker() throws IOException {
    compare("docker-28.5.2-default.bpf", Capability.CONTAINER_DEFAULT);
  }

  @Test
  void withCapabilities_agreesWithDocker() throws IOException {
    Set<Capability> capabilities = EnumSet.copyOf(Capability.CONTAINER_DEFAULT);
    capabilities.add(Capability.SYS_ADMIN);
    capabilities.add(Capability.SYS_PTRACE);
    compare("docker-28.5.2-sys-admin-ptrace.bpf", capabilities);
  }

  private static void compare(String file, Set<Capability> capabilities) throws IOException {
    ClassicInterpreter docker = new ClassicInterpreter(read(file));
    ClassicInterpreter ours =
        new ClassicInterpreter(
            SeccompProfile.defaultProfile().compile(capabilities, SeccompArch.X86_64, KERNEL));
    Set<String> differences = new TreeSet<>();
    for (int number = 0; number < 600; number++) {
      if (number <= NEWEST_KNOWN && number != URETPROBE) {
        compare(docker, ours, AMD64, number, differences);
        compare(docker, ours, I386, number, differences);
      }
      if ((number <= NEWEST_KNOWN && number != URETPROBE) || number >= FIRST_OF_X32) {
        compare(docker, ours, AMD64, X32 | number, differences);
      }
    }
    for (int number : new int[] {1000, 0x3fffffff, 0x7fffffff, 0x80000000, -1}) {
      compare(docker, ours, AMD64, number, differences);
      compare(docker, ours, I386, number, differences);
      compare(docker, ours, ARM64, number, differences);
    }
    assertThat(differences).isEmpty();
  }

  private static void compare(
      ClassicInterpreter docker,
      ClassicInterpreter ours,
      int arch,
      int number,
      Set<String> differences) {
    for (long argument : ARGUMENTS) {
      int expected = docker.run(arch, number, argument);
      int actual = ours.run(arch, number, argument);
      if (expected != actual) {
        differences.add(
            "%x call %d (argument %x): Docker %x, we %x"
                .formatted(arch, number, argument, expected, actual));
      }
    }
  }

  private static byte[] read(String file) throws IOException {
    try (InputStream resource =
        Objects.requireNonNull(DockerFilterTest.class.getResourceAsStream(file))) {
      return resource.readAllBytes();
    }
  }
}
