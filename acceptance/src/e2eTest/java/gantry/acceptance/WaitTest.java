package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Http;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// `POST /containers/ID/wait`: its conditions, and that its headers come before the wait ends.
@E2e
class WaitTest {
  private final Cli cli;
  private final Http http;

  WaitTest(Cli cli, Http http) {
    this.cli = cli;
    this.http = http;
  }

  private String created(String script, String... options) {
    List<String> args = new ArrayList<>(List.of(options));
    args.addAll(List.of("busybox", "sh", "-c", script));
    return cli.created(args.toArray(String[]::new));
  }

  private Http.Connection wait(String name, String condition) {
    return http.open(
        "POST", "/containers/" + name + "/wait?condition=" + condition, Map.of(), null);
  }

  @Test
  void headers_comeAtOnce_andTheBodyAfterTheExit() {
    String name = created("exit 3");
    try (var waiting = wait(name, "next-exit")) {
      assertThat(waiting.status()).isEqualTo(200);
      assertThat(waiting.headers()).containsEntry("content-type", "application/json");
      http.post("/containers/" + name + "/start").expect(204);
      assertThat(waiting.readJsonLine()).isEqualTo("{\"StatusCode\":3}\n");
    }
  }

  @Test
  void notRunning_returnsAtOnceForACreatedContainer() {
    String name = created("exit 3");
    assertThat(
            http.post("/containers/" + name + "/wait").expect(200).json().get("StatusCode").asInt())
        .isZero();
    assertThat(
            http.post("/containers/" + name + "/wait?condition=not-running")
                .expect(200)
                .json()
                .get("StatusCode")
                .asInt())
        .isZero();
  }

  @Test
  void nextExit_ofAnExitedContainer_waitsForTheNext() {
    String name = created("sleep 0.2; exit 4");
    cli.run("start", "-a", name).expect(4);
    try (var waiting = wait(name, "next-exit")) {
      cli.ok("start", name);
      assertThat(waiting.readJsonLine()).isEqualTo("{\"StatusCode\":4}\n");
    }
  }

  @Test
  void removed_waitsForTheRemoval() {
    String name = created("exit 5");
    try (var waiting = wait(name, "removed")) {
      cli.run("start", "-a", name).expect(5);
      cli.ok("rm", name);
      assertThat(waiting.readJsonLine()).isEqualTo("{\"StatusCode\":5}\n");
    }
  }

  @Test
  void removed_withAutoRemove_theNameIsFreeThen() {
    String name = created("exit 6", "--rm");
    try (var waiting = wait(name, "removed")) {
      http.post("/containers/" + name + "/start").expect(204);
      assertThat(waiting.readJsonLine()).isEqualTo("{\"StatusCode\":6}\n");
    }
    cli.ok("create", "--name", name, "--network", "none", "busybox");
  }

  @Test
  void removal_wakesAllWaiters() {
    String name = cli.sleeper();
    try (var next = wait(name, "next-exit");
        var plain = wait(name, "not-running")) {
      cli.ok("rm", "-f", name);
      assertThat(next.readJsonLine()).contains("\"StatusCode\":137");
      assertThat(plain.readJsonLine()).contains("\"StatusCode\":137");
    }
  }

  @Test
  void unknownCondition_is400() {
    assertThat(
            http.post("/containers/" + cli.sleeper() + "/wait?condition=nosuch")
                .expect(400)
                .message())
        .isEqualTo("invalid condition: \"nosuch\"");
  }

  @Test
  void missingContainer_is404() {
    assertThat(http.post("/containers/nosuch/wait").expect(404).message())
        .isEqualTo("No such container: nosuch");
  }
}
