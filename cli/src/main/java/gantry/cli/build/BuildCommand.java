package gantry.cli.build;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.ImageName;
import gantry.cli.flag.Arity;
import gantry.cli.flag.FlagValues;
import gantry.cli.http.Endpoint;
import gantry.cli.http.Request;
import gantry.cli.http.Response;
import gantry.cli.json.Json;
import gantry.cli.json.JsonIndent;
import gantry.cli.json.JsonObject;
import gantry.cli.terminal.LinuxTerminal;
import gantry.cli.terminal.StandardStream;
import gantry.cli.terminal.Terminal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// `build`: sends what a Dockerfile needs, shows what the daemon makes of it.
///
/// Ctrl-C ends this process, which ends the connection, which ends the build.
public final class BuildCommand {

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS] PATH | URL | -",
              "Build an image from a Dockerfile",
              Arity.exactly(1),
              BuildFlags.table(),
              BuildCommand::run)
          .alias("image build", "build", "builder build", "buildx build");

  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final Terminal.Size USUAL = new Terminal.Size(24, 80);

  private final Session session;
  private final FlagValues flags;
  private final Outputs outputs;
  private final String progress;
  private final Graph graph = new Graph(System.nanoTime());
  private final Summary summary;

  private BuildCommand(Session session, FlagValues flags) {
    this.session = session;
    this.flags = flags;
    this.outputs = Outputs.parse(flags.list("output"));
    this.progress = progress();
    this.summary = new Summary(session.err(), graph);
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    refuseAbsent(invocation.flags());
    return new BuildCommand(session, invocation.flags()).build(invocation.argument(0));
  }

  private static void refuseAbsent(FlagValues flags) {
    for (String absent : BuildFlags.ABSENT) {
      if (flags.changed(absent)) {
        throw new CliException("gantry build has no --" + absent + " yet");
      }
    }
    for (String attestation : List.of("provenance", "sbom")) {
      String wish = flags.text(attestation);
      if (!wish.isEmpty() && !wish.equals("false")) {
        throw new CliException("gantry build has no --" + attestation + " yet, but \"false\"");
      }
    }
  }

  /// How progress is shown: `tty`, `plain`, `rawjson` or `none`.
  private String progress() {
    String wish = flags.text("progress");
    if (wish.equals("auto")) {
      wish = session.environment().getOrDefault("BUILDKIT_PROGRESS", "auto");
    }
    if (flags.bool("quiet") || wish.equals("quiet")) {
      return "none";
    }
    boolean terminal = StandardStream.ERR.isTerminal();
    return switch (wish) {
      case "tty" -> {
        if (!terminal) {
          throw new CliException("failed to get console: --progress tty needs a terminal");
        }
        yield wish;
      }
      case "plain", "rawjson", "none" -> wish;
      default -> terminal ? "tty" : "plain";
    };
  }

  private int build(String argument) throws IOException {
    boolean dockerfileFromInput = flags.text("file").equals("-");
    if (dockerfileFromInput && argument.equals("-")) {
      throw new CliException(
          "invalid argument: can't use stdin for both build context and dockerfile");
    }
    Place place = Place.parse(argument, session.streams().in());
    String text = dockerfileFromInput ? Place.readDockerfile(session.streams().in()) : "";
    RequestHead head = new RequestHead(session, flags, place, text);
    // What was read of standard input cannot be sent twice.
    boolean lends =
        session.daemon().endpoint() instanceof Endpoint.Unix && !(place instanceof Place.Archive);
    JsonObject last;
    try (Offer offer = new Offer(lends)) {
      last = send(head, offer);
    } catch (DaemonException e) {
      if (e.status() != FORBIDDEN || !lends) {
        throw e;
      }
      try (Offer archives = new Offer(false)) {
        last = send(head, archives);
      }
    }
    return end(last);
  }

  /// Sends the request and shows what comes; returns the last event.
  private JsonObject send(RequestHead head, Offer offer) throws IOException {
    String line = Json.write(head.write(offer, outputs.rewriteTimestamps()), Json.Escaping.PLAIN);
    Daemon daemon = session.daemon();
    Request request =
        daemon
            .request("POST", "/gantry/build")
            .body(
                "application/vnd.gantry.build",
                new Request.Alongside(
                    out -> {
                      out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                      offer.writeTo(out);
                    }));
    try (Response response = daemon.open(request);
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      return show(lines);
    } catch (DaemonException e) {
      throw e.status() == NOT_FOUND ? otherDaemon(daemon) : e;
    } catch (IOException e) {
      throw offer.failure().orElse(e);
    }
  }

  private static CliException otherDaemon(Daemon daemon) {
    return new CliException(
        "the daemon at %s is not gantry's, or an older one: `docker build` speaks to it"
            .formatted(daemon.endpoint()));
  }

  private JsonObject show(BufferedReader lines) throws IOException {
    JsonObject last = JsonObject.EMPTY;
    try (Display display = display()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (Json.parse(line) instanceof JsonObject event) {
          last = event;
          Graph.Change change;
          synchronized (graph) {
            change = graph.apply(event, System.nanoTime());
          }
          display.show(line, event, graph, change);
        }
      }
    }
    return last;
  }

  private Display display() {
    if (flags.bool("check")) {
      return Display.none();
    }
    return switch (progress) {
      case "tty" ->
          new TerminalDisplay(
                  session.err(),
                  graph,
                  () -> LinuxTerminal.errorSize().orElse(USUAL),
                  System::nanoTime,
                  session.environment().getOrDefault("NO_COLOR", "").isEmpty())
              .start();
      case "plain" -> new PlainDisplay(session.err(), System::nanoTime);
      case "rawjson" -> new RawDisplay(session.err());
      default -> Display.none();
    };
  }

  private int end(JsonObject last) throws IOException {
    boolean talks = progress.equals("tty") || progress.equals("plain");
    return switch (last.text("event")) {
      case "checked" -> {
        new Summary(session.out(), graph).check();
        yield graph.warnings().isEmpty() ? 0 : 1;
      }
      case "built" -> {
        report(last.text("image"), false);
        if (talks) {
          explain();
          summary.warnings();
        }
        built(last);
        yield 0;
      }
      case "failed" -> {
        report(last.text("message"), true);
        if (!progress.equals("rawjson")) {
          explain();
          summary.failure();
          session.complain("ERROR: " + last.text("message"));
        }
        yield 1;
      }
      default -> throw new IOException("the daemon ended in the middle of the build; see its log");
    };
  }

  private void explain() {
    // Elsewhere it stands by the steps.
    if (flags.bool("explain") && progress.equals("tty")) {
      summary.explanations();
    }
  }

  private void report(String outcome, boolean failed) throws IOException {
    String file = flags.text("report");
    if (!file.isEmpty()) {
      List<String> tags = flags.list("tag");
      String title = tags.isEmpty() ? graph.dockerfileName() : String.join(", ", tags);
      Files.writeString(Path.of(file), Report.of(graph, title, outcome, failed));
    }
  }

  private void built(JsonObject last) throws IOException {
    String id = last.text("image");
    List<String> tags = flags.list("tag");
    outputs.write(session, tags.isEmpty() ? id : ImageName.parse(tags.getFirst()).familiar());
    if (!flags.text("iidfile").isEmpty()) {
      Files.writeString(Path.of(flags.text("iidfile")), id);
    }
    if (!flags.text("metadata-file").isEmpty()) {
      String text = Json.write(metadata(id, last.texts("tags")), Json.Escaping.PLAIN);
      Files.writeString(Path.of(flags.text("metadata-file")), JsonIndent.indent(text, "  ") + "\n");
    }
    if (progress.equals("none")) {
      session.println(id);
    }
  }

  /// The facts that buildx writes under the same names.
  private JsonObject metadata(String id, List<String> tags) throws IOException {
    JsonObject metadata = JsonObject.create().put("containerimage.config.digest", id);
    JsonObject manifest = session.daemon().get("/images/" + id + "/json").object("Descriptor");
    if (!manifest.text("digest").isEmpty()) {
      metadata.put("containerimage.descriptor", manifest);
      metadata.put("containerimage.digest", manifest.text("digest"));
    }
    return tags.isEmpty() ? metadata : metadata.put("image.name", String.join(",", tags));
  }
}
