package gantry.engine.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineException;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView.Health;
import gantry.engine.container.Healthcheck;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthPlanTest {
  private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");

  private static Optional<HealthPlan> plan(String... test) {
    return HealthPlan.of(spec(Duration.ZERO, test));
  }

  private static ContainerSpec spec(Duration startPeriod, String... test) {
    return ContainerSpec.builder("i")
        .healthcheck(
            Optional.of(
                new Healthcheck(
                    List.of(test), Duration.ZERO, Duration.ZERO, startPeriod, Duration.ZERO, 0)))
        .build();
  }

  private static Health.Probe probe(int exitCode, int secondsIn) {
    Instant at = START.plusSeconds(secondsIn);
    return new Health.Probe(at, at, exitCode, "");
  }

  @Test
  void of_nothingSaid_hasDockersDefaults() {
    HealthPlan plan = plan("CMD", "true").orElseThrow();
    assertThat(plan)
        .isEqualTo(
            new HealthPlan(
                List.of("true"),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Duration.ZERO,
                Duration.ofSeconds(5),
                3,
                OnFailure.NONE));
  }

  @Test
  void of_forms_areCommandShellOrNothing() {
    assertThat(plan("CMD-SHELL", "a && b").orElseThrow().command())
        .containsExactly("/bin/sh", "-c", "a && b");
    assertThat(plan("NONE")).isEmpty();
    assertThat(plan()).isEmpty();
    assertThat(HealthPlan.of(ContainerSpec.builder("i").build())).isEmpty();
  }

  @Test
  void after_oneSuccess_isHealthy_andThreeFailures_areUnhealthy() {
    HealthPlan plan = plan("CMD", "x").orElseThrow();
    Health health = plan.after(HealthPlan.starting(), probe(0, 1), START);
    assertThat(health.status()).isEqualTo("healthy");
    health = plan.after(health, probe(1, 2), START);
    health = plan.after(health, probe(2, 3), START);
    assertThat(health.status()).isEqualTo("healthy");
    assertThat(health.failingStreak()).isEqualTo(2);
    health = plan.after(health, probe(-1, 4), START);
    assertThat(health.status()).isEqualTo("unhealthy");
    health = plan.after(health, probe(0, 5), START);
    assertThat(health.status()).isEqualTo("healthy");
    assertThat(health.failingStreak()).isZero();
  }

  @Test
  void after_failureInTheStartPeriod_doesNotCount() {
    HealthPlan plan = HealthPlan.of(spec(Duration.ofSeconds(10), "CMD", "x")).orElseThrow();
    Health health = HealthPlan.starting();
    for (int second = 0; second < 10; second++) {
      health = plan.after(health, probe(1, second), START);
    }
    assertThat(health.status()).isEqualTo("starting");
    assertThat(health.failingStreak()).isZero();
    assertThat(plan.pause(health, START, START.plusSeconds(9))).isEqualTo(Duration.ofSeconds(5));
    assertThat(plan.pause(health, START, START.plusSeconds(10))).isEqualTo(Duration.ofSeconds(30));
    health = plan.after(health, probe(1, 11), START);
    assertThat(health.failingStreak()).isOne();
  }

  @Test
  void after_keepsTheLastFive() {
    HealthPlan plan = plan("CMD", "x").orElseThrow();
    Health health = HealthPlan.starting();
    for (int i = 0; i < 9; i++) {
      health = plan.after(health, probe(i, i), START);
    }
    assertThat(health.log()).extracting(Health.Probe::exitCode).containsExactly(4, 5, 6, 7, 8);
  }

  @Test
  void onFailure_isTheLabels() {
    assertThat(OnFailure.of(Map.of())).isEqualTo(OnFailure.NONE);
    assertThat(OnFailure.of(Map.of(OnFailure.LABEL, "restart"))).isEqualTo(OnFailure.RESTART);
    assertThatThrownBy(() -> OnFailure.of(Map.of(OnFailure.LABEL, "explode")))
        .isInstanceOf(EngineException.class)
        .hasMessage(
            "invalid value 'explode' of label gantry.health.on-failure: expected none, kill, restart or stop");
  }

  @ParameterizedTest
  @CsvSource({
    "PT30S,30s",
    "PT1M,1m0s",
    "PT1.5S,1.5s",
    "PT0.2S,200ms",
    "PT0.0015S,1.5ms",
    "PT2H0M3S,2h0m3s"
  })
  void durationText_isGos(Duration duration, String text) {
    assertThat(DurationText.of(duration)).isEqualTo(text);
  }
}
