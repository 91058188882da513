package gantry.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SignalTest {
  @Test
  void parse_allForms() {
    for (String text : new String[] {"SIGTERM", "TERM", "term", "sigterm", "15", " 15 "}) {
      assertThat(Signal.parse(text)).as(text).isEqualTo(Signal.TERM);
    }
    assertThat(Signal.parse("SIGRTMIN").number()).isEqualTo(34);
    assertThat(Signal.parse("RTMIN+3").number()).isEqualTo(37);
    assertThat(Signal.parse("SIGRTMAX-2").number()).isEqualTo(62);
    assertThat(Signal.parse("IOT")).isEqualTo(Signal.ABRT);
  }

  @Test
  void parse_others_areRefused() {
    for (String text :
        new String[] {"", "0", "65", "-9", "SIG", "SIG9", "NOPE", "RTMIN+31", "1e1"}) {
      assertThatThrownBy(() -> Signal.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void name_ofEach_parsesBack() {
    for (int number = 1; number <= Signal.MAX; number++) {
      Signal signal = new Signal(number);
      assertThat(Signal.parse(signal.name())).isEqualTo(signal);
    }
    assertThat(new Signal(49)).hasToString("SIGRTMIN+15");
    assertThat(new Signal(50)).hasToString("SIGRTMAX-14");
    assertThat(Signal.KILL).hasToString("SIGKILL");
  }

  @Test
  void exitStatus_fromWaitStatus() {
    assertThat(ExitStatus.ofWaitStatus(0x2A00)).isEqualTo(new ExitStatus.Exited(42));
    assertThat(ExitStatus.ofWaitStatus(9)).isEqualTo(new ExitStatus.Signalled(Signal.KILL, false));
    assertThat(ExitStatus.ofWaitStatus(0x8B))
        .isEqualTo(new ExitStatus.Signalled(Signal.SEGV, true));
    assertThat(ExitStatus.ofWaitStatus(9).shellCode()).isEqualTo(137);
  }
}
