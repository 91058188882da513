package gantry.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.KernelVersion;
import gantry.linux.security.Capability;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.io.TempDir;

/// Filters in the kernel: a C program installs one and makes calls.
class SeccompFilterTest {
  private static final int EPERM = 1;
  private static final int EFAULT = 14;
  private static final int EINVAL = 22;
  private static final int ENOSYS = 38;

  @TempDir private Path directory;

  @KernelTest
  void defaultFilter_answersForTheKernel() throws Exception {
    List<Integer> answers =
        probe(
            SeccompProfile.defaultProfile()
                .compile(Capability.CONTAINER_DEFAULT, SeccompArch.host(), new KernelVersion(6, 1)),
            call("getppid"),
            call("mount"),
            call("keyctl"),
            call("clone3"),
            call("bpf"),
            call("open_by_handle_at", -1),
            call("personality", 0xffffffffL),
            call("personality", 0x0040000),
            call("socket", 40, 1, 0),
            call("socket", 1, 1, 0),
            call("clone", 0x10000000),
            call("unshare", 0x10000000),
            call("io_uring_setup"),
            "467",
            "600",
            call("setns", -1),
            call("chroot", 0));
    assertThat(answers)
        .containsExactly(
            0, EPERM, EPERM, ENOSYS, EPERM, EPERM, 0, EPERM, EPERM, 0, EPERM, EPERM, EPERM, ENOSYS,
            ENOSYS, EPERM, EFAULT);
  }

  @KernelTest
  void filterOfAPrivilegedContainer_letsTheKernelAnswer() throws Exception {
    List<Integer> answers =
        probe(
            SeccompProfile.defaultProfile()
                .compile(
                    EnumSet.allOf(Capability.class), SeccompArch.host(), new KernelVersion(6, 1)),
            call("mount"),
            call("clone3"),
            call("unshare", 0x1),
            call("keyctl"));
    assertThat(answers).containsExactly(EFAULT, EINVAL, EINVAL, EPERM);
  }

  @KernelTest
  void customFilter_returnsItsErrno() throws Exception {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
              {"names":["getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":95},
              {"names":["setpriority"],"action":"SCMP_ACT_ERRNO","errnoRet":3,"args":[
                {"index":2,"value":5,"op":"SCMP_CMP_GT"}]}]}
            """);
    assertThat(
            probe(
                profile.compile(Set.of(), SeccompArch.host(), new KernelVersion(6, 1)),
                call("getppid"),
                call("setpriority", 0, 0, 6),
                call("setpriority", 0, 0, 5)))
        .containsExactly(95, 3, 0);
  }

  private static String call(String name, long... args) {
    StringBuilder text = new StringBuilder();
    text.append(SyscallTable.number(SeccompArch.host(), name).orElseThrow());
    for (long arg : args) {
      text.append(',').append(arg);
    }
    return text.toString();
  }

  private List<Integer> probe(byte[] filter, String... calls) throws Exception {
    Path program = compiled();
    Path file = Files.write(directory.resolve("filter"), filter);
    List<String> command = new ArrayList<>(List.of(program.toString(), file.toString()));
    command.addAll(List.of(calls));
    return run(command).lines().map(Integer::valueOf).toList();
  }

  private Path compiled() throws Exception {
    Path program = directory.resolve("probe");
    Path source = directory.resolve("probe.c");
    if (!Files.exists(program)) {
      try (InputStream resource =
          Objects.requireNonNull(SeccompFilterTest.class.getResourceAsStream("probe.c"))) {
        Files.copy(resource, source);
      }
      run(List.of("gcc", "-static", "-Wall", "-Werror", "-o", "" + program, "" + source));
    }
    return program;
  }

  private static String run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }
}
