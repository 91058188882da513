package gantry.cli.stream;

import gantry.cli.command.CliException;
import gantry.cli.format.Units;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// Shows the messages of a long call: a pull, a load, an import.
///
/// On a terminal each message with an ID keeps a line of its own, which is redrawn; elsewhere
/// progress bars are left out and the rest is printed line by line.
public final class Progress {

  private final PrintStream out;
  private final boolean terminal;
  private final Map<String, Integer> lines = new HashMap<>();

  private Progress(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /// Shows all messages of `in` and closes it.
  ///
  /// @throws CliException with the daemon's message when the call failed on the way
  public static void show(InputStream in, PrintStream out, boolean terminal) throws IOException {
    Progress progress = new Progress(out, terminal);
    each(in, progress::message);
    out.flush();
  }

  /// Reads all messages of `in` without showing them.
  public static void discard(InputStream in) throws IOException {
    each(in, _ -> {});
  }

  /// Hands each message on; a message that reports an error ends it.
  public static void each(InputStream in, Consumer<JsonObject> action) throws IOException {
    try (Json.Stream messages = Json.stream(in)) {
      for (Optional<JsonObject> message = messages.nextObject();
          message.isPresent();
          message = messages.nextObject()) {
        JsonObject json = message.get();
        if (json.has("errorDetail") || json.has("error")) {
          String detail = json.object("errorDetail").text("message");
          throw new CliException(detail.isEmpty() ? json.text("error") : detail);
        }
        action.accept(json);
      }
    }
  }

  private void message(JsonObject message) {
    if (message.has("aux")) {
      return;
    }
    String id = message.text("id");
    boolean hasProgress = message.has("progressDetail");
    int up = 0;
    if (!id.isEmpty() && (hasProgress || message.has("progress"))) {
      Integer line = lines.get(id);
      if (line == null) {
        line = lines.size();
        lines.put(id, line);
        out.print(terminal ? "\n" : "");
      }
      up = lines.size() - line;
      out.print(terminal ? "\u001b[" + up + "A" : "");
    } else {
      lines.clear();
    }
    display(message, id, hasProgress);
    if (!id.isEmpty() && terminal && up > 0) {
      out.print("\u001b[" + up + "B");
    }
  }

  private void display(JsonObject message, String id, boolean hasProgress) {
    String bar = bar(message.object("progressDetail"));
    String end = "";
    if (terminal && hasProgress && message.text("stream").isEmpty()) {
      end = "\r";
      out.print("\u001b[2K\r");
    } else if (!bar.isEmpty()) {
      return;
    }
    out.print(id.isEmpty() ? "" : id + ": ");
    if (hasProgress && terminal) {
      out.print(message.text("status") + " " + bar + end);
    } else if (!message.text("stream").isEmpty()) {
      out.print(message.text("stream") + end);
    } else {
      out.print(message.text("status") + end + "\n");
    }
  }

  private static String bar(JsonObject detail) {
    long current = detail.number("current");
    long total = detail.number("total");
    if (current <= 0 && total <= 0) {
      return "";
    }
    String done = Units.decimalSize((double) current);
    if (total <= 0) {
      return " ".repeat(Math.max(0, 8 - done.length())) + done;
    }
    int filled = (int) Math.min(50, current * 100 / total / 2);
    String box = "[" + "=".repeat(filled) + ">" + " ".repeat(50 - filled) + "] ";
    String counts = " ".repeat(Math.max(0, 8 - done.length())) + done;
    return box + (current > total ? counts : counts + "/" + Units.decimalSize((double) total));
  }
}
