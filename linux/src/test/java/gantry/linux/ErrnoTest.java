package gantry.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.call.Arch;
import org.junit.jupiter.api.Test;

class ErrnoTest {
  @Test
  void of_everyNumber_isItself() {
    for (Errno errno : Errno.values()) {
      assertThat(Errno.of(errno.number())).isEqualTo(errno);
    }
    assertThat(Errno.of(41)).isEqualTo(Errno.UNKNOWN); // there is none
    assertThat(Errno.of(100_000)).isEqualTo(Errno.UNKNOWN);
    assertThat(Errno.of(-2)).isEqualTo(Errno.UNKNOWN);
  }

  @Test
  void syscallException_saysCallOperandAndReason() {
    assertThat(new SyscallException("openat", Errno.ENOENT, "etc/passwd"))
        .hasMessage("openat 'etc/passwd': no such file or directory (ENOENT)");
    assertThat(new SyscallException("fork", 11, ""))
        .hasMessage("fork: resource temporarily unavailable (EAGAIN)");
    assertThat(new SyscallException("x", 4000, "y").number()).isEqualTo(4000);
    assertThat(new SyscallException("x", 4000, "y")).hasMessage("x 'y': error 4000");
  }

  @Test
  void check_addressesAreNoErrors() {
    assertThat(SyscallException.check(-5000, "mmap", "")).isEqualTo(-5000);
    assertThatThrownBy(() -> SyscallException.check(-1, "mmap", "")).hasMessageContaining("EPERM");
  }

  @Test
  void kernelVersion_ofReleases() {
    KernelVersion debian = KernelVersion.ofRelease("6.1.0-18-amd64");
    assertThat(debian).isEqualTo(new KernelVersion(6, 1)).hasToString("6.1");
    assertThat(KernelVersion.ofRelease("5.14")).isEqualTo(new KernelVersion(5, 14));
    assertThat(debian.atLeast(KernelVersion.parse("5.14"))).isTrue();
    assertThat(debian.atLeast(KernelVersion.parse("6.5"))).isFalse();
    assertThatThrownBy(() -> KernelVersion.ofRelease("six"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> KernelVersion.parse("6.1.0"))
        .hasMessage("invalid kernel version '6.1.0': expected '<major>.<minor>'");
  }

  @Test
  void arch_isOneOfTwo() {
    assertThat(Arch.CURRENT).isIn(Arch.X86_64, Arch.AARCH64);
  }
}
