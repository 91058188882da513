package gantry.cli.container;

import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagValues;
import gantry.cli.format.Timestamps;
import gantry.cli.http.Response;
import gantry.cli.json.JsonObject;
import gantry.cli.stream.Frames;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;

/// `logs`.
public final class LogsCommand {

  private static final String WHEN = " a time (2013-01-02T13:23:37Z), or a span before now (42m)";

  public static final Command COMMAND =
      Command.of(
              "[OPTIONS] CONTAINER",
              "Fetch the logs of a container",
              Arity.exactly(1),
              List.of(
                  Flag.bool("details", "Show the attributes that the log was told to keep"),
                  Flag.bool("follow", 'f', "Go on as lines are written"),
                  Flag.text("since", "Show lines since" + WHEN),
                  Flag.text("tail", 'n', "Show so many lines from the end").preset("all"),
                  Flag.bool("timestamps", 't', "Show when each line was written"),
                  Flag.text("until", "Show lines before" + WHEN)),
              LogsCommand::run)
          .alias("container logs", "logs");

  private LogsCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    JsonObject container =
        session.daemon().get("/containers/" + Query.segment(invocation.argument(0)) + "/json");
    Query query =
        Query.of("/containers/" + container.text("Id") + "/logs")
            .flag("details", flags.bool("details"))
            .flag("follow", flags.bool("follow"))
            .optional("since", time(flags, "since"))
            .add("stderr", "1")
            .add("stdout", "1")
            .add("tail", flags.text("tail"))
            .flag("timestamps", flags.bool("timestamps"))
            .optional("until", time(flags, "until"));
    try (Response response = session.daemon().open("GET", query)) {
      Session.Streams streams = session.streams();
      if (container.object("Config").bool("Tty")) {
        Frames.copyRaw(response.body(), streams.rawOut());
      } else {
        Frames.demultiplex(response.body(), streams.rawOut(), streams.rawErr());
      }
    }
    return 0;
  }

  private static String time(FlagValues flags, String flag) {
    String value = flags.text(flag);
    if (value.isEmpty()) {
      return value;
    }
    try {
      return Timestamps.parse(value, Instant.now(), ZoneId.systemDefault());
    } catch (IllegalArgumentException e) {
      throw new CliException("invalid value for \"" + flag + "\": " + e.getMessage());
    }
  }
}
