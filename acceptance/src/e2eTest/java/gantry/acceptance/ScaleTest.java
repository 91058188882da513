package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.parallel.Isolated;

/// Five hundred idle containers on one daemon: starting, listing and memory stay what they were.
@Tag("e2e")
@Isolated("it measures")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class ScaleTest {
  private static final int CONTAINERS = 500;
  private static final String SLEEPER =
      "{\"Image\":\"busybox\",\"Cmd\":[\"sleep\",\"100000\"],\"HostConfig\":{\"NetworkMode\":\"none\"}}";

  @Test
  void fiveHundredIdle_costNoMoreThanOne() throws Exception {
    GantryDaemon daemon = GantryDaemon.start();
    try {
      Http http = new Http(daemon.socket());
      http.send(
              "POST",
              "/images/load",
              Map.of("Content-Type", "application/x-tar"),
              Files.readAllBytes(Checkout.image("busybox")))
          .expect(200);
      List<Double> starts = new ArrayList<>();
      for (int i = 0; i < CONTAINERS; i++) {
        String id = http.post("/containers/create", SLEEPER).expect(201).json().path("Id").asText();
        starts.add(millis(() -> http.post("/containers/" + id + "/start").expect(204)));
      }
      // the first ones warm the daemon up
      double early = median(starts.subList(50, 150));
      double late = median(starts.subList(CONTAINERS - 100, CONTAINERS));
      List<Double> lists = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        lists.add(millis(() -> http.get("/containers/json").expect(200)));
      }
      double list = median(lists);
      long resident = residentMib(daemon.pid());
      System.out.printf(
          "ScaleTest: start %.2f ms early, %.2f ms late; list of %d %.2f ms; daemon %d MiB%n",
          early, late, CONTAINERS, list, resident);
      assertThat(http.get("/containers/json").json()).hasSize(CONTAINERS);
      assertThat(late).as("ms for one of the last starts").isLessThan(early * 1.5);
      assertThat(list).as("ms for the list of all").isLessThan(5);
      assertThat(resident).as("MiB of the daemon").isLessThan(200);
    } finally {
      daemon.close();
    }
  }

  private static double millis(Runnable action) {
    long begin = System.nanoTime();
    action.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  private static double median(List<Double> values) {
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  private static long residentMib(long pid) throws Exception {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }
}
