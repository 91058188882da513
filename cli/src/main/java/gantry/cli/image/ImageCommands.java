package gantry.cli.image;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Prompt;
import gantry.cli.command.Session;
import gantry.cli.command.TarOutput;
import gantry.cli.create.ImageName;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.http.Request;
import gantry.cli.http.Response;
import gantry.cli.inspect.InspectCommands;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.Progress;
import gantry.cli.terminal.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// `tag`, `rmi`, `save`, `load`, `import`, `pull` and `image prune`.
public final class ImageCommands {

  private static final Flag PLATFORMS =
      Flag.of(FlagType.STRINGS, "platform", "Only this variant (os[/arch[/variant]])");

  public static final Command TAG =
      Command.of(
              "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
              "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
              Arity.exactly(2),
              List.of(),
              ImageCommands::tag)
          .alias("image tag", "tag");

  public static final Command REMOVE =
      Command.of(
              "[OPTIONS] IMAGE [IMAGE...]",
              "Remove one or more images",
              Arity.atLeast(1),
              List.of(
                  Flag.bool(
                      "force", 'f', "Remove it even if it has other names, or stopped containers"),
                  Flag.bool("no-prune", "Leave parents without a name alone"),
                  PLATFORMS),
              ImageCommands::remove)
          .alias("image rm", "image remove", "rmi");

  public static final Command SAVE =
      Command.of(
              "[OPTIONS] IMAGE [IMAGE...]",
              "Save one or more images to a tar archive (streamed to STDOUT by default)",
              Arity.atLeast(1),
              List.of(
                  Flag.text("output", 'o', "Write to a file instead of standard output"),
                  PLATFORMS),
              ImageCommands::save)
          .alias("image save", "save");

  public static final Command LOAD =
      Command.of(
              "[OPTIONS]",
              "Load an image from a tar archive or STDIN",
              Arity.NONE,
              List.of(
                  Flag.text("input", 'i', "Read from a file instead of standard input"),
                  PLATFORMS,
                  Flag.bool("quiet", 'q', "Do not show progress")),
              ImageCommands::load)
          .alias("image load", "load");

  public static final Command IMPORT =
      Command.of(
              "[OPTIONS] file|URL|- [REPOSITORY[:TAG]]",
              "Import the contents from a tarball to create a filesystem image",
              Arity.between(1, 2),
              List.of(
                  Flag.list("change", 'c', "Apply a Dockerfile instruction to the image"),
                  Flag.text("message", 'm', "What the import is for"),
                  Flag.text("platform", "Platform of the image (os[/arch[/variant]])")),
              ImageCommands::importImage)
          .alias("image import", "import");

  public static final Command PULL =
      Command.of(
              "[OPTIONS] NAME[:TAG|@DIGEST]",
              "Download an image from a registry",
              Arity.exactly(1),
              List.of(
                  Flag.bool("all-tags", 'a', "Download every tag of the repository"),
                  Flag.bool("disable-content-trust", "Do not verify the image")
                      .preset("true")
                      .hide(),
                  Flag.text("platform", "Platform of the image (os[/arch[/variant]])"),
                  Flag.bool("quiet", 'q', "Do not show progress")),
              ImageCommands::pull)
          .alias("image pull", "pull");

  public static final Command PRUNE =
      Command.of(
          "[OPTIONS]",
          "Remove unused images",
          Arity.NONE,
          List.of(
              Flag.bool(
                  "all", 'a', "Remove all that no container uses, not only those without a name"),
              Flag.of(FlagType.FILTER, "filter", "Prune only what matches, e.g. \"until=24h\""),
              Flag.bool("force", 'f', "Do not ask")),
          ImageCommands::prune);

  private ImageCommands() {}

  private static ImageName name(String text, String prefix) {
    try {
      return ImageName.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CliException(prefix + e.getMessage());
    }
  }

  private static int tag(Session session, Invocation invocation) throws IOException {
    String target = invocation.argument(1);
    ImageName name =
        name(target, "Error parsing reference: \"" + target + "\" is not a valid repository/tag: ");
    Query query =
        Query.of("/images/" + Query.segment(invocation.argument(0)) + "/tag")
            .add("repo", name.familiarName());
    session.daemon().post(query.add("tag", name.tag().isEmpty() ? "latest" : name.tag()));
    return 0;
  }

  private static int remove(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    List<String> failures = new ArrayList<>();
    boolean fatal = false;
    for (String image : invocation.arguments()) {
      Query query =
          Query.of("/images/" + Query.segment(image))
              .flag("force", flags.bool("force"))
              .flag("noprune", flags.bool("no-prune"));
      flags
          .list("platform")
          .forEach(platform -> query.add("platforms", InspectCommands.platformJson(platform)));
      try {
        byte[] answer = session.daemon().open("DELETE", query).bytes();
        for (JsonObject item :
            JsonObject.create().put("list", Json.parse(answer)).objects("list")) {
          session.println(
              item.text("Deleted").isEmpty()
                  ? "Untagged: " + item.text("Untagged")
                  : "Deleted: " + item.text("Deleted"));
        }
      } catch (DaemonException e) {
        fatal |= !e.notFound();
        failures.add(e.getMessage());
      }
    }
    if (failures.isEmpty()) {
      return 0;
    }
    String all = String.join("\n", failures);
    if (flags.bool("force") && !fatal) {
      session.complain(all);
      return 0;
    }
    throw new CliException(all);
  }

  private static int save(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    TarOutput.check(flags.text("output"));
    Query query = Query.of("/images/get");
    invocation.arguments().forEach(image -> query.add("names", image));
    flags
        .list("platform")
        .forEach(platform -> query.add("platform", InspectCommands.platformJson(platform)));
    try (Response response = session.daemon().open("GET", query)) {
      TarOutput.copy(session, response.body(), flags.text("output"));
    }
    return 0;
  }

  private static int load(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String file = flags.text("input");
    if (file.isEmpty() && StandardStream.IN.isTerminal()) {
      throw new CliException("requested load from stdin, but stdin is empty");
    }
    boolean quiet = flags.bool("quiet") || !StandardStream.OUT.isTerminal();
    try (InputStream in = file.isEmpty() ? session.streams().in() : openFile(file)) {
      Query query = Query.of("/images/load").add("quiet", quiet ? "1" : "0");
      flags
          .list("platform")
          .forEach(platform -> query.add("platform", InspectCommands.platformJson(platform)));
      Response response = upload(session.daemon(), query, in);
      if (response.header("content-type").startsWith("application/json")) {
        Progress.show(response.body(), session.out(), StandardStream.OUT.isTerminal());
      } else {
        response.body().transferTo(session.streams().rawOut());
      }
    }
    return 0;
  }

  private static InputStream openFile(String file) throws IOException {
    try {
      return Files.newInputStream(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new IOException("open " + file + ": no such file or directory", e);
    }
  }

  private static Response upload(Daemon daemon, Query query, InputStream in) throws IOException {
    return daemon.open(
        daemon
            .request("POST", query)
            .body("application/x-tar", new Request.Streamed(in::transferTo)));
  }

  private static int importImage(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String source = invocation.argument(0);
    boolean remote = source.startsWith("http://") || source.startsWith("https://");
    Query query =
        Query.of("/images/create")
            .add("fromSrc", remote ? source : "-")
            .optional("message", flags.text("message"));
    String target = invocation.argument(1);
    if (!target.isEmpty()) {
      ImageName name = name(target, "");
      query.add("repo", name.familiarName()).optional("tag", name.tag());
    }
    query.optional("platform", flags.text("platform"));
    flags.list("change").forEach(change -> query.add("changes", change));
    Daemon daemon = session.daemon();
    if (remote) {
      Progress.show(
          daemon.open("POST", query).body(), session.out(), StandardStream.OUT.isTerminal());
      return 0;
    }
    try (InputStream in = source.equals("-") ? session.streams().in() : openFile(source)) {
      Progress.show(
          upload(daemon, query, in).body(), session.out(), StandardStream.OUT.isTerminal());
    }
    return 0;
  }

  private static int pull(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    ImageName image = name(invocation.argument(0), "");
    boolean unnamed = image.tag().isEmpty() && image.digest().isEmpty();
    String platform =
        flags.text("platform").isEmpty()
            ? session.environment().getOrDefault("DOCKER_DEFAULT_PLATFORM", "")
            : flags.text("platform");
    Pull pull = new Pull(session, platform);
    if (flags.bool("all-tags")) {
      if (!unnamed) {
        throw new CliException("tag can't be used with --all-tags/-a");
      }
      pull.allTags(image);
      session.println(image.name());
      return 0;
    }
    if (unnamed && !flags.bool("quiet")) {
      session.println("Using default tag: latest");
    }
    if (flags.bool("quiet")) {
      pull.silently(image);
    } else {
      pull.shown(image);
    }
    session.println(image.name() + (image.digest().isEmpty() ? ":" : "@") + image.tagOrDigest());
    return 0;
  }

  private static int prune(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    String what =
        flags.bool("all")
            ? "all images without at least one container associated to them."
            : "all dangling images.";
    if (!flags.bool("force") && !Prompt.confirms(session, "WARNING! This will remove " + what)) {
      return 0;
    }
    double reclaimed = pruneImages(session, flags.bool("all"), flags.list("filter"));
    session.println("Total reclaimed space: " + Units.decimalSize(reclaimed));
    return 0;
  }

  /// Prunes and lists what was removed; returns the bytes that are free now.
  public static double pruneImages(Session session, boolean all, List<String> filters)
      throws IOException {
    List<String> narrowed = new ArrayList<>(filters);
    narrowed.add("dangling=" + (all ? "false" : "true"));
    JsonObject report = session.daemon().post(Query.of("/images/prune").filters(narrowed));
    List<JsonObject> deleted = report.objects("ImagesDeleted");
    if (!deleted.isEmpty()) {
      StringBuilder text = new StringBuilder("Deleted Images:\n");
      for (JsonObject item : deleted) {
        boolean untagged = !item.text("Untagged").isEmpty();
        text.append(
                untagged
                    ? "untagged: " + item.text("Untagged")
                    : "deleted: " + item.text("Deleted"))
            .append('\n');
      }
      session.println(text.toString());
    }
    return report.real("SpaceReclaimed");
  }
}
