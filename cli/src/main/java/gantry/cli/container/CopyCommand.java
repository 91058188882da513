package gantry.cli.container;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.copy.CopyPath;
import gantry.cli.copy.LocalTree;
import gantry.cli.copy.Placement;
import gantry.cli.copy.TarEntries;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Units;
import gantry.cli.http.Request;
import gantry.cli.http.Response;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.terminal.StandardStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/// `cp`, both ways.
public final class CopyCommand {

  private static final long DIRECTORY = 1L << 31; // Go's FileMode bits, which the API sends
  private static final long SYMLINK = 1L << 27;
  private static final String STREAM = "-";

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-",
              "Copy files/folders between a container and the local filesystem",
              Arity.exactly(2),
              List.of(
                  Flag.bool("archive", 'a', "Keep user and group IDs"),
                  Flag.bool("follow-link", 'L', "Copy what a symbolic link in SRC_PATH points to"),
                  Flag.bool("quiet", 'q', "Do not say how much was copied")),
              CopyCommand::run)
          .orUsage("[OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH")
          .alias("container cp", "cp");

  private final Session session;
  private final FlagValues flags;

  private CopyCommand(Session session, FlagValues flags) {
    this.session = session;
    this.flags = flags;
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    CopyCommand copy = new CopyCommand(session, invocation.flags());
    CopyPath source = CopyPath.parse(invocation.argument(0));
    CopyPath destination = CopyPath.parse(invocation.argument(1));
    if (source.path().isEmpty()) {
      throw new CliException("source can not be empty");
    }
    if (destination.path().isEmpty()) {
      throw new CliException("destination can not be empty");
    }
    if (source.local() && destination.local()) {
      throw new CliException("must specify at least one container source");
    }
    if (!source.local() && !destination.local()) {
      throw new CliException("copying between containers is not supported");
    }
    if (source.local()) {
      copy.into(source.path(), destination);
    } else {
      copy.out(source, destination.path());
    }
    return 0;
  }

  private static String archive(CopyPath of, String path) {
    return Query.of("/containers/" + Query.segment(of.container()) + "/archive")
        .add("path", path)
        .toString();
  }

  /// What a path in a container is.
  private record Stat(boolean directory, boolean symlink, String linkTarget) {
    static Stat of(Response response) throws IOException {
      String encoded = response.header("x-docker-container-path-stat");
      JsonObject json =
          Json.parseObject(Base64.getDecoder().decode(encoded.getBytes(StandardCharsets.US_ASCII)));
      long mode = json.number("mode");
      return new Stat((mode & DIRECTORY) != 0, (mode & SYMLINK) != 0, json.text("linkTarget"));
    }
  }

  private Optional<Stat> stat(CopyPath of, String path) throws IOException {
    try (Response response = session.daemon().open("HEAD", archive(of, path))) {
      return Optional.of(Stat.of(response));
    } catch (DaemonException e) {
      if (e.notFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void out(CopyPath source, String destination) throws IOException {
    String path = source.path();
    Optional<String> rename = Optional.empty();
    if (flags.bool("follow-link")) {
      Optional<Stat> link = stat(source, path).filter(Stat::symlink);
      if (link.isPresent()) {
        rename = Optional.of(Placement.baseName(path));
        path = link.get().linkTarget();
      }
    }
    try (Response response = session.daemon().open("GET", archive(source, path))) {
      if (destination.equals(STREAM)) {
        toStream(response.body());
        return;
      }
      Placement from = new Placement(path, true, Stat.of(response).directory());
      AtomicLong copied = new AtomicLong();
      Placement to = LocalTree.placement(destination);
      LocalTree.unpack(
          Placement.counted(response.body(), copied),
          from.renamed(rename),
          to,
          flags.bool("archive"));
      report(copied.get(), LocalTree.absolute(destination).toString());
    }
  }

  private void toStream(InputStream archive) throws IOException {
    if (StandardStream.OUT.isTerminal()) {
      throw new CliException("cowardly refusing to copy to a terminal. Redirect standard output");
    }
    session.out().flush();
    archive.transferTo(session.streams().rawOut());
  }

  private void into(String source, CopyPath destination) throws IOException {
    String path = destination.path();
    Optional<Stat> stat = stat(destination, path);
    if (stat.isPresent() && stat.get().symlink()) {
      String target = stat.get().linkTarget();
      path =
          target.startsWith("/")
              ? target
              : Path.of(path).resolveSibling(target).normalize().toString();
      stat = stat(destination, path);
    }
    boolean directory = stat.map(Stat::directory).orElse(false);
    AtomicLong copied = new AtomicLong();
    if (source.equals(STREAM)) {
      if (stat.isEmpty() || !directory) {
        throw new CliException("destination \"" + destination + "\" must be a directory");
      }
      upload(
          destination,
          path,
          out -> session.streams().in().transferTo(Placement.counted(out, copied)));
      return;
    }
    Placement from = LocalTree.source(source, flags.bool("follow-link"));
    Placement to = new Placement(path, stat.isPresent(), directory);
    Placement.Target target = from.into(to);
    TarEntries entries = new TarEntries(from, target.rename(), flags.bool("follow-link"));
    upload(destination, target.directory(), out -> entries.writeTo(Placement.counted(out, copied)));
    report(copied.get(), destination.toString());
  }

  private void upload(CopyPath destination, String directory, Request.Source source)
      throws IOException {
    Query query =
        Query.of("/containers/" + Query.segment(destination.container()) + "/archive")
            .add("path", directory)
            .add("noOverwriteDirNonDir", "true");
    if (flags.bool("archive")) {
      query.add("copyUIDGID", "true");
    }
    Daemon daemon = session.daemon();
    daemon
        .open(daemon.request("PUT", query).body("application/x-tar", new Request.Streamed(source)))
        .bytes();
  }

  private void report(long bytes, String where) {
    if (!flags.bool("quiet") && StandardStream.ERR.isTerminal()) {
      session.complain(
          "Successfully copied " + Units.decimalSize((double) bytes, 3) + " to " + where);
    }
  }
}
