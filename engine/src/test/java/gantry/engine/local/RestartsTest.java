package gantry.engine.local;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.engine.container.RestartPolicy;
import java.time.Duration;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RestartsTest {
  private static final RestartPolicy ALWAYS = new RestartPolicy.Always();
  private static final RestartPolicy UNLESS_STOPPED = new RestartPolicy.UnlessStopped();
  private static final RestartPolicy TWICE = new RestartPolicy.OnFailure(OptionalInt.of(2));

  @Test
  void wanted_byPolicy() {
    assertThat(Restarts.wanted(new RestartPolicy.No(), new Restarts.Ended(1, 0, false))).isFalse();
    assertThat(Restarts.wanted(ALWAYS, new Restarts.Ended(0, 99, false))).isTrue();
    assertThat(Restarts.wanted(ALWAYS, new Restarts.Ended(0, 0, true))).isFalse();
    assertThat(Restarts.wanted(TWICE, new Restarts.Ended(1, 1, false))).isTrue();
    assertThat(Restarts.wanted(TWICE, new Restarts.Ended(1, 2, false))).isFalse();
    assertThat(Restarts.wanted(TWICE, new Restarts.Ended(0, 0, false))).isFalse();
  }

  @Test
  void wantedAtOpening_alwaysMeansAlways() {
    Restarts.Ended stopped = new Restarts.Ended(0, 0, true);
    assertThat(Restarts.wantedAtOpening(ALWAYS, stopped)).isTrue();
    assertThat(Restarts.wantedAtOpening(UNLESS_STOPPED, stopped)).isFalse();
  }

  @Test
  void delay_doublesToAMinute_andBeginsAnewAfterTenSeconds() {
    Duration delay = Restarts.delay(Duration.ZERO, Duration.ZERO);
    assertThat(delay).isEqualTo(Duration.ofMillis(100));
    for (int i = 0; i < 20; i++) {
      delay = Restarts.delay(delay, Duration.ofSeconds(1));
    }
    assertThat(delay).isEqualTo(Duration.ofMinutes(1));
    assertThat(Restarts.delay(delay, Duration.ofSeconds(10))).isEqualTo(Duration.ofMillis(100));
  }
}
