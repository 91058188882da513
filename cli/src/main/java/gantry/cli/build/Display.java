package gantry.cli.build;

import gantry.cli.json.JsonObject;

/// Shows a build while it goes on. One call at a time.
interface Display extends AutoCloseable {
  /// Something happened; the graph has it already.
  ///
  /// @param line the event as the daemon sent it
  void show(String line, JsonObject event, Graph graph, Graph.Change change);

  /// The build has ended, well or not; nothing more is shown.
  @Override
  void close();

  /// Shows nothing.
  static Display none() {
    return new Display() {
      @Override
      public void show(String line, JsonObject event, Graph graph, Graph.Change change) {}

      @Override
      public void close() {}
    };
  }
}
