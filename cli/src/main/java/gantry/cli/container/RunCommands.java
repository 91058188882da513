package gantry.cli.container;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.CreateFlags;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.AttachedStreams;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// `run`, `create` and `explain run`.
public final class RunCommands {

  private static final String USAGE = "[OPTIONS] IMAGE [COMMAND] [ARG...]";

  private RunCommands() {}

  /// `run`; a method, so that the hundred flags are made only for the commands that have them.
  public static Command run() {
    return Command.of(
            USAGE,
            "Create and run a new container from an image",
            Arity.atLeast(1),
            runFlags(),
            RunCommands::run)
        .alias("container run", "run")
        .flagsFirst();
  }

  /// `create`.
  public static Command create() {
    return Command.of(
            USAGE,
            "Create a new container",
            Arity.atLeast(1),
            CreateFlags.and(),
            RunCommands::create)
        .alias("container create", "create")
        .flagsFirst();
  }

  /// `explain run`.
  public static Command explain() {
    return Command.of(
            USAGE,
            "Print, step by step, what run would do to start a container",
            Arity.atLeast(1),
            runFlags(),
            RunCommands::explain)
        .flagsFirst();
  }

  private static List<Flag> runFlags() {
    return CreateFlags.and(
        Flag.bool("detach", 'd', "Run in the background and print the container's ID"),
        Flag.text("detach-keys", "Keys that leave the container without ending it"),
        Flag.bool("sig-proxy", "Hand signals on to the process").preset("true"));
  }

  private static int create(Session session, Invocation invocation) throws IOException {
    Creation creation = new Creation(session, invocation.flags(), invocation.arguments(), "create");
    session.println(creation.create(creation.body(false)));
    return 0;
  }

  private static int explain(Session session, Invocation invocation) throws IOException {
    Creation creation =
        new Creation(session, invocation.flags(), invocation.arguments(), "explain run");
    session.out().print(creation.explain(creation.body(invocation.flags().bool("detach"))));
    return 0;
  }

  private static int run(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    boolean detached = flags.bool("detach");
    Creation creation = new Creation(session, flags, invocation.arguments(), "run");
    JsonObject body = creation.body(detached);
    if (detached && !flags.list("attach").isEmpty()) {
      throw creation.refused("conflicting options: cannot specify both --attach and --detach");
    }
    Attachment.checkTerminal(body.bool("AttachStdin"), body.bool("Tty"));
    String id;
    try {
      id = creation.create(body);
    } catch (DaemonException e) {
      throw creation.refused(e.getMessage(), exitCode(e.getMessage()));
    } catch (CliException e) {
      throw creation.refused(e.getMessage());
    }
    return new Running(session, flags, creation, body, id).go(detached);
  }

  /// The code that a failed start is reported by: the daemon's words are all there is to tell the
  /// cases apart.
  private static int exitCode(String message) {
    if (message.contains("executable file not found")
        || message.contains("no such file or directory")) {
      return 127;
    }
    return message.contains("permission denied") || message.contains("is a directory") ? 126 : 125;
  }

  /// A created container, on its way: attach, wait, start, resize, and the exit code at the end.
  private record Running(
      Session session, FlagValues flags, Creation creation, JsonObject body, String id) {

    int go(boolean detached) throws IOException {
      Attachment.Ends ends =
          new Attachment.Ends(
              body.bool("AttachStdin"), body.bool("AttachStdout"), body.bool("AttachStderr"));
      boolean shown = ends.stdout() || ends.stderr();
      if (!shown) {
        session.println(id);
        session.out().flush();
      }
      if (detached) {
        start();
        return 0;
      }
      if (flags.bool("sig-proxy")) {
        Attachment.proxySignals(session, id);
      }
      Optional<AttachedStreams> streams = Optional.empty();
      if (ends.any()) {
        String keys = Attachment.detachKeys(session, flags.text("detach-keys"));
        streams = Optional.of(Attachment.attach(session, id, ends, body.bool("Tty"), keys));
      }
      return follow(streams);
    }

    private int follow(Optional<AttachedStreams> streams) throws IOException {
      Attachment.Wait wait =
          Attachment.Wait.begin(session, id, flags.bool("rm") ? "removed" : "next-exit");
      try {
        start();
      } catch (CliException e) {
        streams.ifPresent(AttachedStreams::abandon);
        if (flags.bool("rm")) {
          wait.await(); // the daemon removes what never ran; the name is free again when we return
        }
        throw e;
      }
      if (streams.isEmpty()) {
        return wait.await();
      }
      if (body.bool("Tty") && body.bool("AttachStdin")) {
        Attachment.followSize(session, "/containers/" + id);
      }
      return streams.get().await() == AttachedStreams.Ending.DETACHED ? 0 : wait.await();
    }

    private void start() throws IOException {
      try {
        session.daemon().post(Query.of("/containers/" + id + "/start"));
      } catch (DaemonException e) {
        throw creation.refused(e.getMessage(), exitCode(e.getMessage()));
      }
    }
  }
}
