package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Frames;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Leftovers;
import gantry.acceptance.harness.PatientHttp;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.parallel.Isolated;

/// The daemon is killed again and again, at random moments of a mixed load, and nothing that was
/// answered is lost: containers run on, their output has no hole and nothing twice, exit codes are
/// right, lists tell the truth, and in the end nothing is left over.
///
/// `-Dgantry.kills=N` sets how often (200), `-Dgantry.seed=N` repeats a run's random choices.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
@Timeout(value = 30, unit = TimeUnit.MINUTES)
@Isolated("two hundred daemons start here: others would wait for their turn")
class KillTest {
  private static final int KILLS = Integer.getInteger("gantry.kills", 200);
  private static final long SEED = Long.getLong("gantry.seed", System.nanoTime());
  private static final int LINES = 300;

  private final List<String> broken = new ArrayList<>();
  private final ConcurrentLinkedQueue<String> finished = new ConcurrentLinkedQueue<>();
  private final AtomicInteger names = new AtomicInteger();
  private volatile boolean over;

  @Test
  void killedDaemon_losesNothing() throws Exception {
    System.out.println("KillTest: -Dgantry.kills=" + KILLS + " -Dgantry.seed=" + SEED);
    GantryDaemon daemon = GantryDaemon.start();
    try {
      new Http(daemon.socket())
          .send(
              "POST",
              "/images/load",
              java.util.Map.of("Content-Type", "application/x-tar"),
              Files.readAllBytes(Checkout.image("busybox")))
          .expect(200);
      Leftovers leftovers = Leftovers.since(daemon);
      rounds(daemon);
      daemon.removeContainers();
      // Another process listens now, and it made its pools anew.
      leftovers.expectNoneBut("process " + daemon.pid());
    } finally {
      over = true;
      daemon.close();
    }
    assertThat(broken).isEmpty();
  }

  private void rounds(GantryDaemon daemon) throws Exception {
    Http http = new Http(daemon.socket());
    String ticker =
        create(http, "ticker", "i=0; while :; do i=$((i+1)); echo $i; usleep 20000; done");
    String idler = create(http, "idler", "exec sleep 100000");
    http.post("/containers/" + ticker + "/start").expect(204);
    http.post("/containers/" + idler + "/start").expect(204);
    int tickerPid = pid(http, ticker);
    int idlerPid = pid(http, idler);

    List<Thread> load = new ArrayList<>();
    load.add(worker("counter", http, this::countAndExit));
    load.add(worker("churn", http, this::createStopRemove));
    load.add(worker("exec", http, client -> execInto(client, idler)));
    Random random = new Random(SEED);
    for (int i = 0; i < KILLS; i++) {
      Thread.sleep(random.nextInt(200));
      daemon.kill();
      daemon.launch();
      check(pid(http, ticker) == tickerPid, "round %d: the ticker's pid changed".formatted(i));
      check(pid(http, idler) == idlerPid, "round %d: the idler's pid changed".formatted(i));
      truth(http, i);
    }
    over = true;
    for (Thread thread : load) {
      thread.join(Duration.ofSeconds(60));
      check(!thread.isAlive(), "%s hangs".formatted(thread.getName()));
    }
    http.post("/containers/" + ticker + "/kill").expect(204);
    http.post("/containers/" + ticker + "/wait").expect(200);
    List<String> ticks = log(http, ticker).lines().toList();
    assertThat(ticks).isEqualTo(numbers(ticks.size())).hasSizeGreaterThan(KILLS);
    for (String id : finished) {
      verifyCounter(http, id);
    }
    check(finished.size() > KILLS / 20, "only %d counters ran".formatted(finished.size()));
  }

  /// A container that writes numbers as fast as it can and ends with 42.
  private void countAndExit(Http http) {
    String name = "counter-" + names.incrementAndGet();
    String id =
        create(
            http,
            name,
            "i=0; while [ $i -lt %d ]; do i=$((i+1)); echo $i; done; usleep 50000; exit 42"
                .formatted(LINES));
    startOnce(http, id);
    JsonNode exit = insist(http, client -> client.post("/containers/" + id + "/wait"), 200).json();
    check(exit.path("StatusCode").asInt(-1) == 42, "%s ended with %s".formatted(name, exit));
    finished.add(id);
  }

  private void verifyCounter(Http http, String id) {
    List<String> lines = log(http, id).lines().toList();
    check(lines.equals(numbers(LINES)), "container %s logged %s".formatted(id, summary(lines)));
    int code =
        http.get("/containers/" + id + "/json").expect(200).json().at("/State/ExitCode").asInt(-1);
    check(code == 42, "container %s: inspect says it ended with %d".formatted(id, code));
  }

  /// What was answered must be so afterwards, whatever happened in between.
  private void createStopRemove(Http http) {
    String id =
        create(
            http,
            "churn-" + names.incrementAndGet(),
            "trap 'exit 3' TERM; while :; do usleep 10000; done");
    startOnce(http, id);
    insist(http, client -> client.post("/containers/" + id + "/stop?t=5"), 204, 304);
    JsonNode state =
        insist(http, client -> client.get("/containers/" + id + "/json"), 200).json().path("State");
    check(!state.path("Running").asBoolean(), "%s runs after stop was answered".formatted(id));
    insist(http, client -> client.delete("/containers/" + id + "?force=1"), 204, 404);
    insist(http, client -> client.get("/containers/" + id + "/json"), 404);
  }

  private void execInto(Http http, String id) {
    String exec =
        insist(
                http,
                client ->
                    client.post(
                        "/containers/" + id + "/exec",
                        "{\"Cmd\":[\"sh\",\"-c\",\"echo said; exit 5\"],\"AttachStdout\":true}"),
                201)
            .json()
            .path("Id")
            .asText();
    Optional<Http.Answer> output =
        PatientHttp.attempt(() -> http.post("/exec/" + exec + "/start", "{\"Detach\":false}"));
    Optional<Http.Answer> inspect = PatientHttp.attempt(() -> http.get("/exec/" + exec + "/json"));
    if (output.isPresent()
        && output.get().status() == 200
        && inspect.isPresent()
        && inspect.get().status() == 200) {
      JsonNode state = inspect.get().json();
      check(
          !said(output.get()) || state.path("ExitCode").asInt(-1) == 5,
          "exec told %s".formatted(state));
    }
  }

  /// Whether all output came; a killed daemon may have cut it off.
  private static boolean said(Http.Answer answer) {
    try {
      return Frames.read(new ByteArrayInputStream(answer.body())).stdout().equals("said\n");
    } catch (AssertionError _) {
      return false;
    }
  }

  /// `ps` says of every container what the kernel says.
  private void truth(Http http, int round) {
    for (JsonNode container : http.get("/containers/json").expect(200).json()) {
      Optional<JsonNode> view =
          PatientHttp.attempt(
                  () -> http.get("/containers/" + container.path("Id").asText() + "/json"))
              .filter(answer -> answer.status() == 200)
              .map(Http.Answer::json);
      view.map(json -> json.path("State"))
          .filter(state -> state.path("Running").asBoolean())
          .ifPresent(
              state -> {
                int pid = state.path("Pid").asInt();
                boolean runs = Files.exists(Path.of("/proc/" + pid));
                // it may have ended since: then the engine knows a moment later
                check(
                    runs || !stillRunning(http, container.path("Id").asText()),
                    "round %d: %s is said to run as %d".formatted(round, container, pid));
              });
    }
  }

  private boolean stillRunning(Http http, String id) {
    for (int i = 0; i < 50; i++) {
      Optional<Http.Answer> view =
          PatientHttp.attempt(() -> http.get("/containers/" + id + "/json"));
      if (view.isEmpty()
          || view.get().status() != 200
          || !view.get().json().at("/State/Running").asBoolean()) {
        return false;
      }
      pause(20);
    }
    return true;
  }

  /// A start whose answer was cut off may have happened: it is asked for again only if it did not.
  private void startOnce(Http http, String id) {
    while (PatientHttp.attempt(() -> http.post("/containers/" + id + "/start").expect(204))
        .isEmpty()) {
      JsonNode state =
          insist(http, client -> client.get("/containers/" + id + "/json"), 200)
              .json()
              .path("State");
      if (!state.path("StartedAt").asText().startsWith("0001")) {
        return;
      }
    }
  }

  private String create(Http http, String name, String script) {
    String body =
        "{\"Image\":\"busybox\",\"Cmd\":[\"sh\",\"-c\",\"%s\"],\"HostConfig\":{\"NetworkMode\":\"none\"}}"
            .formatted(script);
    Http.Answer answer =
        insist(http, client -> client.post("/containers/create?name=" + name, body), 201, 409);
    return answer.status() == 201
        ? answer.json().path("Id").asText()
        : insist(http, client -> client.get("/containers/" + name + "/json"), 200)
            .json()
            .path("Id")
            .asText();
  }

  private int pid(Http http, String id) {
    return insist(http, client -> client.get("/containers/" + id + "/json"), 200)
        .json()
        .at("/State/Pid")
        .asInt();
  }

  private String log(Http http, String id) {
    return Frames.read(
            new ByteArrayInputStream(
                http.get("/containers/" + id + "/logs?stdout=1").expect(200).body()))
        .stdout();
  }

  private static Http.Answer insist(
      Http http, Function<Http, Http.Answer> request, Integer... statuses) {
    return new PatientHttp(http).insist(request, statuses);
  }

  private Thread worker(String name, Http http, java.util.function.Consumer<Http> work) {
    return Thread.ofPlatform()
        .name(name)
        .start(
            () -> {
              while (!over) {
                try {
                  work.accept(http);
                } catch (RuntimeException | AssertionError e) {
                  check(false, "%s: %s".formatted(name, e));
                }
              }
            });
  }

  private synchronized void check(boolean fact, String sentence) {
    if (!fact) {
      System.out.println("KillTest: " + sentence);
      broken.add(sentence);
    }
  }

  private static List<String> numbers(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(Integer::toString).toList();
  }

  /// Where a list of numbers goes wrong.
  private static String summary(List<String> lines) {
    int i = 0;
    while (i < lines.size() && lines.get(i).equals(Integer.toString(i + 1))) {
      i++;
    }
    return "%d lines, right up to line %d, then %s"
        .formatted(
            lines.size(), i, lines.stream().skip(i).limit(5).collect(Collectors.joining(" ")));
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }
}
