package gantry.cli.build;

import gantry.cli.json.JsonObject;
import java.io.PrintStream;

/// The events themselves, one line each, as the daemon sends them.
final class RawDisplay implements Display {
  private final PrintStream out;

  RawDisplay(PrintStream out) {
    this.out = out;
  }

  @Override
  public void show(String line, JsonObject event, Graph graph, Graph.Change change) {
    out.print(line + "\n");
    out.flush();
  }

  @Override
  public void close() {}
}
