package gantry.cli.container;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import java.io.IOException;
import java.util.List;

/// `stop`, `restart`, `kill`, `pause` and `unpause`: one call for each container.
public final class StopCommands {

  private static final String MANY = "CONTAINER [CONTAINER...]";

  private static final List<Flag> STOP_FLAGS =
      List.of(
          Flag.text("signal", 's', "Signal to send"),
          Flag.of(
              FlagType.INT,
              "timeout",
              't',
              "Seconds to wait before it is killed; -1 to wait for ever"),
          Flag.of(FlagType.INT, "time", "Seconds to wait before it is killed; -1 to wait for ever")
              .hide());

  public static final Command STOP =
      Command.of(
              "[OPTIONS] " + MANY,
              "Stop one or more running containers",
              Arity.atLeast(1),
              STOP_FLAGS,
              StopCommands::stop)
          .alias("container stop", "stop");

  public static final Command RESTART =
      Command.of(
              "[OPTIONS] " + MANY,
              "Restart one or more containers",
              Arity.atLeast(1),
              STOP_FLAGS,
              StopCommands::restart)
          .alias("container restart", "restart");

  public static final Command KILL =
      Command.of(
              "[OPTIONS] " + MANY,
              "Kill one or more running containers",
              Arity.atLeast(1),
              List.of(Flag.text("signal", 's', "Signal to send")),
              StopCommands::kill)
          .alias("container kill", "kill");

  public static final Command PAUSE =
      Command.of(
              MANY,
              "Pause all processes within one or more containers",
              Arity.atLeast(1),
              List.of(),
              (session, invocation) -> each(session, invocation, "pause"))
          .alias("container pause", "pause");

  public static final Command UNPAUSE =
      Command.of(
              MANY,
              "Unpause all processes within one or more containers",
              Arity.atLeast(1),
              List.of(),
              (session, invocation) -> each(session, invocation, "unpause"))
          .alias("container unpause", "unpause");

  private StopCommands() {}

  private static int stop(Session session, Invocation invocation) throws IOException {
    return EachName.atOnce(
        session,
        invocation.arguments(),
        name -> session.daemon().post(stopping(name, "stop", invocation.flags())));
  }

  private static int restart(Session session, Invocation invocation) throws IOException {
    return EachName.inTurn(
        session,
        invocation.arguments(),
        name -> session.daemon().post(stopping(name, "restart", invocation.flags())));
  }

  private static Query stopping(String name, String verb, FlagValues flags) {
    Query query = action(name, verb).optional("signal", flags.text("signal"));
    String flag = flags.changed("timeout") ? "timeout" : "time";
    return flags.changed(flag) ? query.add("t", Long.toString(flags.number(flag))) : query;
  }

  private static int kill(Session session, Invocation invocation) throws IOException {
    String signal = invocation.flags().text("signal");
    return EachName.atOnce(
        session,
        invocation.arguments(),
        name -> session.daemon().post(action(name, "kill").optional("signal", signal)));
  }

  private static int each(Session session, Invocation invocation, String verb) throws IOException {
    return EachName.atOnce(
        session, invocation.arguments(), name -> session.daemon().post(action(name, verb)));
  }

  private static Query action(String name, String verb) {
    return Query.of("/containers/" + Query.segment(name) + "/" + verb);
  }
}
