package gantry.cli.build;

import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;

/// A build told event by event, to a display whose clock the test sets.
final class Told {
  static final long SECOND = 1_000_000_000L;
  private static final long EPOCH_MICROS = 1_700_000_000_000_000L;

  long now = 100 * SECOND;
  final Graph graph = new Graph(now);

  /// Takes an event in which `'` stands for `"` and `@` for the time.
  Graph.Change tell(Display display, String text) {
    String line =
        text.replace('\'', '"')
            .replace("@", "\"atMicros\":" + (EPOCH_MICROS + (now - 100 * SECOND) / 1000));
    JsonObject event;
    try {
      event = (JsonObject) Json.parse(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Graph.Change change;
    synchronized (graph) {
      change = graph.apply(event, now);
    }
    display.show(line, event, graph, change);
    return change;
  }

  void pass(double seconds) {
    now += (long) (seconds * SECOND);
  }

  /// Two stages: `a` with a command, `b` with a command and a copy.
  void plan(Display display) {
    tell(
        display,
        "{'event':'planned','vertices':["
            + vertex("f", "[a 1/2] FROM busybox", "a", 1, "files")
            + ","
            + vertex("r", "[a 2/2] RUN make", "a", 2, "command")
            + ","
            + vertex("s", "[b 1/2] RUN slow", "b", 3, "command")
            + ","
            + vertex("e", "[b 2/2] ENV x=y", "b", 4, "configuration")
            + "]}");
  }

  static String vertex(String id, String name, String stage, int line, String work) {
    return "{'id':'%s','name':'%s','stage':'%s','line':%d,'work':'%s'}"
        .formatted(id, name, stage, line, work);
  }

  void started(Display display, String id) {
    tell(display, "{'event':'started','vertex':'" + id + "',@}");
  }

  void output(Display display, String id, String text) {
    tell(display, "{'event':'output','vertex':'" + id + "','text':'" + text + "'}");
  }

  void finished(Display display, String id, String outcome) {
    tell(display, "{'event':'finished','vertex':'" + id + "',@,'outcome':'" + outcome + "'}");
  }
}
