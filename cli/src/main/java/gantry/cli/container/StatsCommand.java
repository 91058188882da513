package gantry.cli.container;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.FormatFlag;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// `stats`.
///
/// One thread reads each container's samples; the main thread prints what there is, twice a second.
/// Without names the list of containers is asked for anew before each screen, so that it follows
/// what starts and ends.
public final class StatsCommand {

  private static final long SCREEN_MILLIS = 500;
  private static final long FIRST_SAMPLE_MILLIS = 2_500;
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE_END = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS] [CONTAINER...]",
              "Display a live stream of container(s) resource usage statistics",
              Arity.ANY,
              List.of(
                  Flag.bool("all", 'a', "Show stopped containers too"),
                  FormatFlag.forLists(),
                  Flag.bool("no-stream", "Show the first figures and end"),
                  Flag.bool("no-trunc", "Show IDs in full")),
              StatsCommand::run)
          .alias("container stats", "stats");

  private final Session session;
  private final List<String> names;
  private final FlagValues flags;
  private final Map<String, JsonObject> samples = new ConcurrentHashMap<>();
  private final Map<String, String> failures = new ConcurrentHashMap<>();
  private final Map<String, Thread> readers = new LinkedHashMap<>();

  private StatsCommand(Session session, Invocation invocation) {
    this.session = session;
    this.names = invocation.arguments();
    this.flags = invocation.flags();
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    StatsCommand stats = new StatsCommand(session, invocation);
    return invocation.flags().bool("no-stream") ? stats.once() : stats.live();
  }

  private String layout() throws IOException {
    String format = FormatFlag.choose(flags, session.config(), "statsFormat");
    return FormatFlag.isTable(format) ? StatsRow.TABLE : format;
  }

  private List<String> containers() throws IOException {
    if (!names.isEmpty()) {
      return names;
    }
    List<String> ids = new ArrayList<>();
    for (JsonObject container :
        session.daemon().getList(Query.of("/containers/json").flag("all", flags.bool("all")))) {
      ids.add(container.text("Id"));
    }
    return ids;
  }

  private int once() throws IOException {
    String layout = layout();
    List<String> containers = containers();
    containers.forEach(container -> follow(container, false));
    for (Thread reader : readers.values()) {
      await(reader, Long.MAX_VALUE);
    }
    failUnlessFound();
    session.out().print(StatsRow.LISTING.print(layout, rows(containers)));
    return 0;
  }

  private void failUnlessFound() {
    if (!failures.isEmpty() && !names.isEmpty()) {
      throw new CliException(String.join("\n", failures.values()));
    }
  }

  private int live() throws IOException {
    String layout = layout();
    List<String> containers = containers();
    containers.forEach(container -> follow(container, true));
    awaitFirstSamples(containers);
    failUnlessFound();
    while (true) {
      String table = StatsRow.LISTING.print(layout, rows(containers));
      session.out().print(HOME + table.replace("\n", " " + CLEAR_LINE_END + "\n") + CLEAR_BELOW);
      session.out().flush();
      if (session.out().checkError()
          || (!names.isEmpty() && readers.values().stream().noneMatch(Thread::isAlive))) {
        return 0;
      }
      pause(SCREEN_MILLIS);
      containers = containers();
      containers.forEach(container -> follow(container, true));
    }
  }

  private void awaitFirstSamples(List<String> containers) {
    long deadline = System.nanoTime() + FIRST_SAMPLE_MILLIS * 1_000_000;
    while (System.nanoTime() < deadline && samples.size() + failures.size() < containers.size()) {
      pause(20);
    }
  }

  private List<StatsRow> rows(List<String> containers) {
    boolean truncates = !flags.bool("no-trunc");
    List<StatsRow> rows = new ArrayList<>();
    for (String container : containers) {
      if (!failures.containsKey(container)) {
        rows.add(
            new StatsRow(container, samples.getOrDefault(container, JsonObject.EMPTY), truncates));
      }
    }
    return rows;
  }

  private void follow(String container, boolean stream) {
    Thread known = readers.get(container);
    if (known != null && known.isAlive()) {
      return;
    }
    Thread reader = new Thread(() -> read(container, stream), "stats-" + container);
    reader.setDaemon(true);
    readers.put(container, reader);
    reader.start();
  }

  private void read(String container, boolean stream) {
    Query query =
        Query.of("/containers/" + Query.segment(container) + "/stats")
            .add("stream", stream ? "1" : "0");
    try (Json.Stream in = Json.stream(session.daemon().open("GET", query).body())) {
      for (Optional<JsonObject> sample = in.nextObject();
          sample.isPresent();
          sample = in.nextObject()) {
        samples.put(container, sample.get());
      }
    } catch (IOException | DaemonException e) {
      failures.put(container, String.valueOf(e.getMessage()));
    }
  }

  private static void await(Thread thread, long millis) {
    try {
      thread.join(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
