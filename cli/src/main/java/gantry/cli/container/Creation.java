package gantry.cli.container;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.HelpPage;
import gantry.cli.command.Session;
import gantry.cli.create.CreateBody;
import gantry.cli.create.ImageName;
import gantry.cli.create.Proxies;
import gantry.cli.flag.FlagValues;
import gantry.cli.http.Request;
import gantry.cli.image.Pull;
import gantry.cli.json.JsonObject;
import gantry.cli.terminal.LinuxTerminal;
import gantry.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What `run`, `create` and `explain run` do alike: the body from the flags, the image pulled when
/// it is missing, the container made.
final class Creation {

  private final Session session;
  private final FlagValues flags;
  private final List<String> arguments;
  private final String command;

  /// @param command the command's name, for messages
  Creation(Session session, FlagValues flags, List<String> arguments, String command) {
    this.session = session;
    this.flags = flags;
    this.arguments = arguments;
    this.command = command;
  }

  /// Builds the body of the call.
  ///
  /// @throws CliException with exit code 125 when the flags contradict each other or a file cannot
  ///   be read
  JsonObject body(boolean detached) throws IOException {
    String pull = flags.text("pull");
    if (!List.of("always", "missing", "never").contains(pull)) {
      throw refused(
          "invalid pull option: '"
              + pull
              + "': must be one of \"always\", \"missing\" or \"never\"");
    }
    try {
      return CreateBody.of(flags, arguments, session.environment(), surroundings(detached));
    } catch (IllegalArgumentException e) {
      throw refused(String.valueOf(e.getMessage()));
    }
  }

  /// A failure of the command itself: prefixed, with a hint to the help page, exit code 125.
  CliException refused(String message) {
    return refused(message, 125);
  }

  CliException refused(String message, int exitCode) {
    return new CliException(
        HelpPage.PROGRAM
            + ": "
            + message
            + "\n\nRun '"
            + HelpPage.PROGRAM
            + " "
            + command
            + " --help' for more information",
        exitCode);
  }

  private CreateBody.Surroundings surroundings(boolean detached) throws IOException {
    Optional<Terminal.Size> size =
        flags.bool("tty") ? new LinuxTerminal().size() : Optional.empty();
    return new CreateBody.Surroundings(
        detached,
        size.map(Terminal.Size::rows).orElse(0),
        size.map(Terminal.Size::columns).orElse(0),
        Proxies.of(session));
  }

  /// Makes the container, pulling the image first when that is asked for or needed; returns its ID.
  String create(JsonObject body) throws IOException {
    Optional<Path> idFile = idFile();
    ImageName image = image();
    String pull = flags.text("pull");
    if (pull.equals("always")) {
      pull(image);
    }
    JsonObject created;
    try {
      created = post(body);
    } catch (DaemonException e) {
      if (!e.notFound() || !pull.equals("missing") || !e.getMessage().contains("No such image")) {
        throw e;
      }
      session.complain("Unable to find image '" + image.familiar() + "' locally");
      pull(image);
      created = post(body);
    }
    for (String warning : created.texts("Warnings")) {
      session.complain("WARNING: " + warning);
    }
    String id = created.text("Id");
    if (idFile.isPresent()) {
      Files.writeString(idFile.get(), id);
    }
    return id;
  }

  private Optional<Path> idFile() {
    String file = flags.text("cidfile");
    if (file.isEmpty()) {
      return Optional.empty();
    }
    Path path = Path.of(file);
    if (Files.exists(path)) {
      throw new CliException(
          "container ID file found, make sure the other container isn't running or delete " + file);
    }
    return Optional.of(path);
  }

  private ImageName image() {
    String text = arguments.getFirst();
    try {
      return ImageName.parse(text);
    } catch (IllegalArgumentException e) {
      if (text.startsWith("sha256:") || text.matches("[0-9a-f]{64}")) {
        return new ImageName(
            text, "", ""); // an ID: it names an image, but nothing that could be pulled
      }
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }

  private void pull(ImageName image) throws IOException {
    Pull pull = new Pull(session, platform());
    if (flags.bool("quiet")) {
      pull.silently(image);
    } else {
      pull.shownAside(image);
    }
  }

  private String platform() {
    String given = flags.text("platform");
    return given.isEmpty()
        ? session.environment().getOrDefault("DOCKER_DEFAULT_PLATFORM", "")
        : given;
  }

  private JsonObject post(JsonObject body) throws IOException {
    Query query =
        Query.of("/containers/create")
            .optional("name", flags.text("name"))
            .optional("platform", platform());
    return session.daemon().post(query, body);
  }

  /// `POST /gantry/explain`: what `run` would do, as text.
  String explain(JsonObject body) throws IOException {
    Daemon daemon = session.daemon();
    return new String(
        daemon
            .openUnversioned(Daemon.withJson(Request.of("POST", "/gantry/explain"), body))
            .bytes(),
        StandardCharsets.UTF_8);
  }
}
