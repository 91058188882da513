package gantry.linux.process;

import static gantry.linux.file.OpenFlags.O_RDONLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.Pipe;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;

class ProcessTest {
  private static Spawn shell(String script) {
    return Spawn.program("/bin/sh").argument("sh").argument("-c").argument(script);
  }

  private static PidFd start(Spawn spawn) {
    return PidFd.open(spawn.start()).orElseThrow();
  }

  @KernelTest
  void spawn_hasExactlyTheDescriptorsNamed() {
    try (Pipe pipe = Pipe.open();
        OwnedFd one = At.open(Fd.CWD, "/proc/version", O_RDONLY);
        OwnedFd two = At.open(Fd.CWD, "/etc/passwd", O_RDONLY)) {
      // Crosswise: the numbers that each gets may be the other's here.
      Spawn spawn =
          Spawn.program("/bin/ls")
              .arguments(List.of("ls", "-l", "/proc/self/fd"))
              .descriptor(1, pipe.writeEnd())
              .descriptor(two.value(), one)
              .descriptor(one.value(), two);
      try (PidFd child = start(spawn)) {
        pipe.writeEnd().close();
        String listing =
            new String(FileIo.readAll(pipe.readEnd(), 1 << 16), StandardCharsets.UTF_8);
        assertThat(child.await()).isEqualTo(new ExitStatus.Exited(0));
        // The listing's own look at the directory is one descriptor more.
        assertThat(listing.lines().filter(line -> line.contains(" -> ") && !line.endsWith("/fd")))
            .hasSize(3)
            .anyMatch(line -> line.contains(" 1 -> pipe:"))
            .anyMatch(line -> line.endsWith(" " + two.value() + " -> /proc/version"))
            .anyMatch(line -> line.endsWith(" " + one.value() + " -> /etc/passwd"));
      }
    }
  }

  @KernelTest
  void spawn_hasArgumentsEnvironmentAndFreshSignals() {
    try (Pipe pipe = Pipe.open()) {
      Spawn spawn =
          Spawn.program("/bin/sh")
              .argument("sh")
              .argument("-c")
              .argument(
                  "echo $0 $X; tr '\\0' '\\n' < /proc/$$/environ;"
                      // not of the shell, which blocks all for a moment when it starts a program
                      + " exec grep -E 'Sig(Blk|Ign)' /proc/self/status")
              .argument("zero")
              .environment("X=1 2")
              .descriptor(1, pipe.writeEnd())
              .newSession();
      try (PidFd child = start(spawn)) {
        pipe.writeEnd().close();
        String said = new String(FileIo.readAll(pipe.readEnd(), 1 << 16), StandardCharsets.UTF_8);
        assertThat(child.await().shellCode()).isZero();
        assertThat(said)
            .isEqualTo("zero 1 2\nX=1 2\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
      }
    }
  }

  @KernelTest
  void spawn_programByDescriptor_needNotBeInTheChild() {
    try (OwnedFd program = At.open(Fd.CWD, "/bin/true", O_RDONLY);
        PidFd child = start(Spawn.program(program).argument("true"))) {
      assertThat(child.await()).isEqualTo(new ExitStatus.Exited(0));
    }
  }

  @KernelTest
  void spawn_missingProgram_fails() {
    assertThatThrownBy(() -> Spawn.program("/no/such").argument("x").start())
        .hasMessage("posix_spawn '/no/such': no such file or directory (ENOENT)");
  }

  @KernelTest
  void pidFd_signalsReapsAndKnowsTheEnd() {
    int pid = shell("exec sleep 1000").start();
    try (PidFd child = PidFd.open(pid).orElseThrow()) {
      assertThat(child.reap()).isEmpty();
      assertThat(child.ended()).isFalse();
      long start = ProcessStat.of(pid).orElseThrow().startTicks();
      PidFd.open(pid, start).orElseThrow().close();
      assertThat(PidFd.open(pid, start + 1)).isEmpty();
      assertThat(child.signal(Signal.KILL)).isTrue();
      assertThat(child.await()).isEqualTo(new ExitStatus.Signalled(Signal.KILL, false));
      assertThat(child.ended()).isTrue();
      assertThat(child.signal(Signal.KILL)).isFalse();
      assertThatThrownBy(child::reap)
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.ECHILD)).isTrue());
      assertThat(ProcessStat.of(pid)).isEmpty();
      assertThat(PidFd.open(pid, start)).isEmpty();
    }
  }

  @KernelTest
  void take_descriptorOfAChild_isTheSameFile() {
    try (Pipe pipe = Pipe.open()) {
      try (PidFd child = start(shell("exec sleep 1000").descriptor(7, pipe.writeEnd()))) {
        pipe.writeEnd().close();
        try (OwnedFd taken = child.take(7)) {
          FileIo.writeFully(taken, new byte[] {42});
        }
        byte[] one = new byte[1];
        assertThat(FileIo.read(pipe.readEnd(), one, 0, 1)).isEqualTo(1);
        assertThat(one[0]).isEqualTo((byte) 42);
        assertThatThrownBy(() -> child.take(8)).hasMessageContaining("EBADF");
        child.signal(Signal.TERM);
        assertThat(child.await().shellCode()).isEqualTo(143);
      }
    }
  }

  @KernelTest
  void namespaceThread_leavesTheCallerWhereItWas() {
    long before = inode(Namespace.NETWORK);
    try (OwnedFd network = Namespace.newNetwork()) {
      long made = At.stat(network).inode();
      assertThat(made).isNotEqualTo(before);
      long inside = NamespaceThread.in(Namespace.NETWORK, network, () -> inode(Namespace.NETWORK));
      assertThat(inside).isEqualTo(made);
    }
    assertThat(inode(Namespace.NETWORK)).isEqualTo(before);
    try (OwnedFd mounts =
        NamespaceThread.unshared(
            Set.of(Namespace.MOUNT, Namespace.UTS), Namespace.MOUNT::ofThread)) {
      long inside =
          NamespaceThread.in(Map.of(Namespace.MOUNT, mounts), () -> inode(Namespace.MOUNT));
      assertThat(inside).isEqualTo(At.stat(mounts).inode());
    }
  }

  @KernelTest
  void namespaceThread_failure_isThrownToTheCaller() {
    assertThatThrownBy(
            () ->
                NamespaceThread.unshared(
                    Set.of(),
                    () -> {
                      throw new IOException("told");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("told");
    try (OwnedFd file = At.open(Fd.CWD, "/proc/version", O_RDONLY)) {
      assertThatThrownBy(() -> NamespaceThread.in(Namespace.NETWORK, file, () -> 1))
          .hasMessageContaining("setns");
    }
  }

  private static long inode(Namespace kind) {
    try (OwnedFd namespace = kind.ofThread()) {
      return At.stat(namespace).inode();
    }
  }

  @KernelTest
  void resourceLimit_ofAChild_isSet() {
    int pid = shell("exec sleep 1000").start();
    try (PidFd child = PidFd.open(pid).orElseThrow()) {
      ResourceLimit.NOFILE.set(pid, new ResourceLimit.Bounds(100, 200));
      assertThat(ResourceLimit.NOFILE.of(pid)).isEqualTo(new ResourceLimit.Bounds(100, 200));
      child.signal(Signal.KILL);
      child.await();
    }
    assertThat(ResourceLimit.CORE.of(0).hard()).isNotZero();
  }
}
