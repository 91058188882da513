package gantry.cli.build;

import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Session;
import gantry.cli.command.TarOutput;
import gantry.cli.http.Response;
import gantry.cli.terminal.StandardStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Where an image goes besides the engine, in which it is in any case.
final class Outputs {
  private final List<String> archives = new ArrayList<>();
  private boolean rewriteTimestamps;

  private Outputs() {}

  /// Reads the values of `--output`.
  static Outputs parse(List<String> texts) {
    Outputs outputs = new Outputs();
    texts.forEach(outputs::add);
    return outputs;
  }

  private void add(String text) {
    boolean shorthand = text.indexOf('=') < 0;
    Map<String, String> fields =
        shorthand
            ? Map.of("type", text.equals("-") ? "tar" : "local")
            : RequestHead.fields(
                "output", text, List.of("type", "dest", "name", "push", "rewrite-timestamp"));
    String type = fields.getOrDefault("type", "");
    String destination = fields.getOrDefault("dest", "");
    rewriteTimestamps |= fields.getOrDefault("rewrite-timestamp", "").equals("true");
    if (fields.getOrDefault("push", "").equals("true") || type.equals("registry")) {
      throw new CliException("gantry cannot push to a registry yet: --output " + text);
    }
    switch (type) {
      case "image" -> {}
      case "docker" -> {
        if (!destination.isEmpty()) {
          archives.add(destination);
        }
      }
      case "oci" -> archives.add(destination.isEmpty() ? "-" : destination);
      case "local", "tar" ->
          throw new CliException(
              "gantry cannot write the files of an image yet, only images (type=image|docker|oci): --output "
                  + text);
      default ->
          throw new CliException(
              "invalid --output " + text + ": expected type=image|docker|oci[,dest=file]");
    }
    if (archives.contains("-") && StandardStream.OUT.isTerminal()) {
      throw new CliException(
          "dest file is required for " + type + " exporter. refusing to write to console");
    }
  }

  /// Whether files get the time of `SOURCE_DATE_EPOCH`.
  boolean rewriteTimestamps() {
    return rewriteTimestamps;
  }

  /// Writes the archives: those of the engine are OCI layouts that `docker load` reads too.
  ///
  /// @param image a name of the image, or its ID
  void write(Session session, String image) throws IOException {
    for (String archive : archives) {
      String file = archive.equals("-") ? "" : archive;
      TarOutput.check(file);
      Query query = Query.of("/images/get").add("names", image);
      try (Response response = session.daemon().open("GET", query)) {
        TarOutput.copy(session, response.body(), file);
      }
    }
  }
}
