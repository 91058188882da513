package gantry.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class ExitTest {

  @Test
  void ofWaitStatus_exitCode_isInTheSecondByte() {
    Exit exit = Exit.ofWaitStatus(7 << 8, Instant.EPOCH);
    assertThat(exit.code()).isEqualTo(7);
    assertThat(exit.signal()).isEmpty();
  }

  @Test
  void ofWaitStatus_signal_isAddedTo128() {
    Exit exit = Exit.ofWaitStatus(11 | 0x80, Instant.EPOCH); // with a core dump
    assertThat(exit.code()).isEqualTo(139);
    assertThat(exit.signal()).hasValue(11);
  }
}
