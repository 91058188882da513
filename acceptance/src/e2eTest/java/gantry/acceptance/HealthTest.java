package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import gantry.acceptance.harness.Await;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/// Health checks as a user sets and sees them.
@E2e
class HealthTest {
  private final Cli cli;
  private final Engine engine;

  HealthTest(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
  }

  private String checked(String check, String... options) {
    String[] all = new String[options.length + 8];
    System.arraycopy(options, 0, all, 0, options.length);
    String[] rest = {
      "--health-cmd", check, "--health-interval", "100ms", "--health-retries", "2", "busybox", "top"
    };
    System.arraycopy(rest, 0, all, options.length, rest.length);
    return cli.box(all);
  }

  private String status(String container) {
    return cli.inspect(container, "{{.State.Health.Status}}");
  }

  private void await(String container, String status) {
    Await.until(container + " is " + status, () -> status(container).equals(status));
  }

  @Test
  void healthy_isShownEverywhere() {
    String name = checked("echo fine");
    await(name, "healthy");
    assertThat(cli.ok("ps", "--filter", "name=" + name, "--format", "{{.Status}}"))
        .endsWith(" (healthy)");
    assertThat(cli.ok("ps", "-q", "--filter", "health=healthy", "--filter", "name=" + name))
        .isNotEmpty();
    assertThat(cli.ok("ps", "-q", "--filter", "health=unhealthy", "--filter", "name=" + name))
        .isEmpty();
    assertThat(cli.inspect(name, "{{(index .State.Health.Log 0).Output}}")).isEqualTo("fine");
    assertThat(cli.inspect(name, "{{(index .State.Health.Log 0).ExitCode}}")).isEqualTo("0");
  }

  @Test
  void unhealthy_comesAfterTheRetries_andGoesWithOneSuccess() {
    long since = Instant.now().getEpochSecond();
    String name = checked("cat /tmp/well");
    await(name, "unhealthy");
    assertThat(Integer.parseInt(cli.inspect(name, "{{.State.Health.FailingStreak}}")))
        .isGreaterThanOrEqualTo(2);
    cli.ok("exec", name, "touch", "/tmp/well");
    await(name, "healthy");
    assertThat(
            cli.run(
                    "events",
                    "--since",
                    Long.toString(since),
                    "--until",
                    Long.toString(Instant.now().getEpochSecond() + 1),
                    "--filter",
                    "container=" + name,
                    "--filter",
                    "event=health_status",
                    "--format",
                    "{{.Action}}")
                .expect(0)
                .lines())
        .containsExactly("health_status: unhealthy", "health_status: healthy");
  }

  @Test
  void starting_lastsThroughTheStartPeriod() {
    String name =
        checked("false", "--health-start-period", "60s", "--health-start-interval", "100ms");
    Await.until(
        "a few probes", () -> cli.inspect(name, "{{len .State.Health.Log}}").compareTo("3") >= 0);
    assertThat(status(name)).isEqualTo("starting");
    assertThat(cli.ok("ps", "--filter", "name=" + name, "--format", "{{.Status}}"))
        .endsWith(" (health: starting)");
  }

  @Test
  void image_hasACheck_thatCanBeSwitchedOff() {
    String base = cli.created("busybox", "top");
    String image = "health-" + base;
    cli.ok(
        "commit", "--change", "HEALTHCHECK --interval=100ms CMD echo from the image", base, image);
    try {
      String name = cli.box(image);
      await(name, "healthy");
      assertThat(cli.inspect(name, "{{(index .State.Health.Log 0).Output}}"))
          .isEqualTo("from the image");
      String without = cli.box("--no-healthcheck", image);
      assertThat(cli.inspect(without, "{{json .State.Health}}")).isEqualTo("null");
      cli.ok("rm", "-f", name, without);
    } finally {
      cli.run("rmi", "-f", image);
    }
  }

  @Test
  void onFailure_restart_startsItAgain() {
    assumeThat(engine.docker()).as("Gantry's own").isFalse();
    String name =
        checked(
            "test ! -e /tmp/ill", "--label", "gantry.health.on-failure=restart", "--tmpfs", "/tmp");
    await(name, "healthy");
    String started = cli.inspect(name, "{{.State.StartedAt}}");
    cli.ok("exec", name, "touch", "/tmp/ill");
    Await.until(
        "it runs again",
        () ->
            !cli.inspect(name, "{{.State.StartedAt}}").equals(started)
                && status(name).equals("healthy"));
  }

  @Test
  void onFailure_stop_isAsByTheUser_andKill_isThePolicys() {
    assumeThat(engine.docker()).as("Gantry's own").isFalse();
    String stopped =
        checked("false", "--label", "gantry.health.on-failure=stop", "--restart", "always");
    String killed =
        checked("false", "--label", "gantry.health.on-failure=kill", "--restart", "on-failure:1");
    Await.until("it is stopped", () -> cli.inspect(stopped, "{{.State.Status}}").equals("exited"));
    Await.until(
        "it is killed twice",
        () ->
            cli.inspect(killed, "{{.State.Status}} {{.RestartCount}} {{.State.ExitCode}}")
                .equals("exited 1 137"));
    assertThat(cli.inspect(stopped, "{{.State.Status}}")).isEqualTo("exited");
  }

  @Test
  void onFailure_anotherWord_isRefused() {
    assumeThat(engine.docker()).as("Gantry's own").isFalse();
    var result =
        cli.run("create", "--label", "gantry.health.on-failure=explode", "busybox", "true");
    assertThat(result.exit()).isNotZero();
    assertThat(result.stderr()).contains("invalid value 'explode'");
  }
}
