package gantry.cli.container;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.CreateBody;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.AttachedStreams;
import gantry.cli.terminal.LinuxTerminal;
import gantry.cli.terminal.Terminal;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `start`, `attach` and `exec`.
public final class SessionCommands {

  private static final String KEYS = "Keys that leave the container without ending it";
  private static final String DETACHED = "read escape sequence";

  public static final Command START =
      Command.of(
              "[OPTIONS] CONTAINER [CONTAINER...]",
              "Start one or more stopped containers",
              Arity.atLeast(1),
              List.of(
                  Flag.bool("attach", 'a', "Attach to its output and hand signals on"),
                  Flag.text("checkpoint", "Restore from this checkpoint").hide(),
                  Flag.text("checkpoint-dir", "Where the checkpoint is").hide(),
                  Flag.text("detach-keys", KEYS),
                  Flag.bool("interactive", 'i', "Attach to its standard input")),
              SessionCommands::start)
          .alias("container start", "start");

  public static final Command ATTACH =
      Command.of(
              "[OPTIONS] CONTAINER",
              "Attach local standard input, output, and error streams to a running container",
              Arity.exactly(1),
              List.of(
                  Flag.text("detach-keys", KEYS),
                  Flag.bool("no-stdin", "Do not attach standard input"),
                  Flag.bool("sig-proxy", "Hand signals on to the process").preset("true")),
              SessionCommands::attach)
          .alias("container attach", "attach");

  public static final Command EXEC =
      Command.of(
              "[OPTIONS] CONTAINER COMMAND [ARG...]",
              "Execute a command in a running container",
              Arity.atLeast(2),
              List.of(
                  Flag.bool("detach", 'd', "Run in the background"),
                  Flag.text("detach-keys", KEYS),
                  Flag.list("env", 'e', "Set an environment variable")
                      .checked(CreateBody::checkVariable),
                  Flag.list("env-file", "Read environment variables from a file"),
                  Flag.bool("interactive", 'i', "Keep standard input open, attached or not"),
                  Flag.bool("privileged", "Give the command nearly all that root may do"),
                  Flag.bool("tty", 't', "Give the command a terminal"),
                  Flag.text("user", 'u', "User, and group, to run as (name|uid[:group|gid])"),
                  Flag.text("workdir", 'w', "Working directory in the container")),
              SessionCommands::exec)
          .alias("container exec", "exec")
          .flagsFirst();

  private SessionCommands() {}

  private static String path(String container) {
    return "/containers/" + Query.segment(container);
  }

  private static int start(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    if (flags.bool("attach") || flags.bool("interactive")) {
      if (invocation.arguments().size() > 1) {
        throw new CliException("you cannot start and attach multiple containers at once");
      }
      return startAttached(session, invocation.argument(0), flags);
    }
    List<String> failed = new ArrayList<>();
    for (String name : invocation.arguments()) {
      try {
        session.daemon().post(starting(name, flags));
        session.println(name);
      } catch (DaemonException e) {
        session.complain(e.getMessage());
        failed.add(name);
      }
    }
    if (!failed.isEmpty()) {
      throw new CliException("Error: failed to start containers: " + String.join(", ", failed));
    }
    return 0;
  }

  private static Query starting(String name, FlagValues flags) {
    return Query.of(path(name) + "/start")
        .optional("checkpoint", flags.text("checkpoint"))
        .optional("checkpoint-dir", flags.text("checkpoint-dir"));
  }

  private static int startAttached(Session session, String name, FlagValues flags)
      throws IOException {
    JsonObject container = session.daemon().get(path(name) + "/json");
    String id = container.text("Id");
    boolean terminal = container.object("Config").bool("Tty");
    boolean stdin = flags.bool("interactive") && container.object("Config").bool("OpenStdin");
    if (!terminal) {
      Attachment.proxySignals(session, id);
    }
    String keys = Attachment.detachKeys(session, flags.text("detach-keys"));
    AttachedStreams streams =
        Attachment.attach(session, id, new Attachment.Ends(stdin, true, true), terminal, keys);
    Attachment.Wait wait =
        Attachment.Wait.begin(
            session,
            id,
            container.object("HostConfig").bool("AutoRemove") ? "removed" : "next-exit");
    try {
      session.daemon().post(starting(id, flags));
    } catch (DaemonException e) {
      streams.abandon();
      throw e;
    }
    if (terminal && stdin) {
      Attachment.followSize(session, path(id));
    }
    return streams.await() == AttachedStreams.Ending.DETACHED ? 0 : wait.await();
  }

  private static int attach(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    JsonObject container = session.daemon().get(path(invocation.argument(0)) + "/json");
    refuseUnlessRunning(container.object("State"));
    String id = container.text("Id");
    boolean terminal = container.object("Config").bool("Tty");
    Attachment.checkTerminal(!flags.bool("no-stdin"), terminal);
    boolean stdin = !flags.bool("no-stdin") && container.object("Config").bool("OpenStdin");
    if (flags.bool("sig-proxy") && !terminal) {
      Attachment.proxySignals(session, id);
    }
    Attachment.Wait wait = Attachment.Wait.begin(session, id, "");
    String keys = Attachment.detachKeys(session, flags.text("detach-keys"));
    AttachedStreams streams =
        Attachment.attach(session, id, new Attachment.Ends(stdin, true, true), terminal, keys);
    if (terminal) {
      redraw(session, path(id));
    }
    if (streams.await() == AttachedStreams.Ending.DETACHED) {
      throw new CliException(DETACHED);
    }
    return wait.await();
  }

  /// A program redraws its screen only when the size changes: it is made to change, then set right.
  private static void redraw(Session session, String path) {
    Optional<Terminal.Size> size = new LinuxTerminal().size();
    size.ifPresent(now -> Attachment.resize(session, path, now.rows() + 1, now.columns() + 1));
    Attachment.followSize(session, path);
  }

  private static void refuseUnlessRunning(JsonObject state) {
    if (!state.bool("Running")) {
      throw new CliException("You cannot attach to a stopped container, start it first");
    }
    if (state.bool("Paused")) {
      throw new CliException("You cannot attach to a paused container, unpause it first");
    }
    if (state.bool("Restarting")) {
      throw new CliException(
          "You cannot attach to a restarting container, wait until it is running");
    }
  }

  private static int exec(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    boolean terminal = flags.bool("tty");
    boolean detached = flags.bool("detach");
    boolean stdin = flags.bool("interactive") && !detached;
    Attachment.checkTerminal(stdin, terminal);
    String keys = Attachment.detachKeys(session, flags.text("detach-keys"));
    Optional<Terminal.Size> size = terminal ? new LinuxTerminal().size() : Optional.empty();
    JsonObject body = execBody(session, invocation, keys);
    size.ifPresent(
        now -> body.put("ConsoleSize", List.of((long) now.rows(), (long) now.columns())));
    String id = session.daemon().post(path(invocation.argument(0)) + "/exec", body).text("Id");
    JsonObject start = JsonObject.create().put("Detach", detached).put("Tty", terminal);
    size.ifPresent(
        now -> start.put("ConsoleSize", List.of((long) now.rows(), (long) now.columns())));
    if (detached) {
      session.daemon().post("/exec/" + id + "/start", start);
      return 0;
    }
    Daemon daemon = session.daemon();
    Daemon.Hijacked connection =
        daemon.hijack(Daemon.withJson(daemon.request("POST", "/exec/" + id + "/start"), start));
    AttachedStreams streams =
        AttachedStreams.start(
            session,
            connection,
            new AttachedStreams.Wiring(terminal, stdin, true, Attachment.parseKeys(keys)));
    if (terminal && stdin) {
      Attachment.followSize(session, "/exec/" + id);
    }
    if (streams.await() == AttachedStreams.Ending.DETACHED) {
      throw new CliException(DETACHED);
    }
    return (int) daemon.get("/exec/" + id + "/json").number("ExitCode");
  }

  private static JsonObject execBody(Session session, Invocation invocation, String keys)
      throws IOException {
    FlagValues flags = invocation.flags();
    List<String> arguments = invocation.arguments();
    boolean attached = !flags.bool("detach");
    try {
      return JsonObject.create()
          .put("User", flags.text("user"))
          .put("Privileged", flags.bool("privileged"))
          .put("Tty", flags.bool("tty"))
          .put("AttachStdin", attached && flags.bool("interactive"))
          .put("AttachStderr", attached)
          .put("AttachStdout", attached)
          .put("DetachKeys", keys)
          .put("Env", CreateBody.variables(flags, session.environment()))
          .put("WorkingDir", flags.text("workdir"))
          .put("Cmd", arguments.subList(1, arguments.size()));
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
  }
}
