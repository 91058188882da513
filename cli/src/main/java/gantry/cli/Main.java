package gantry.cli;

import gantry.cli.api.Daemon;
import gantry.cli.api.DaemonException;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.HelpPage;
import gantry.cli.command.Session;
import gantry.cli.command.UsageException;
import gantry.cli.command.Versions;
import gantry.cli.config.ConfigFile;
import gantry.cli.config.HostChoice;
import gantry.cli.flag.FlagParser;
import gantry.cli.flag.FlagValues;
import gantry.cli.http.Endpoint;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The `gantry` program.
public final class Main {

  private static final String PROGRAM = HelpPage.PROGRAM;

  /// What a shell reports of a program that SIGPIPE ended; the JVM ignores that signal, so that we
  /// end ourselves.
  private static final int BROKEN_PIPE = 141;

  private Main() {}

  /// Runs one command line and ends the process with its exit code.
  public static void main(String[] arguments) {
    System.exit(run(NativeText.arguments(arguments), NativeText.environment(), standardStreams()));
  }

  private static Session.Streams standardStreams() {
    FileOutputStream out = new FileOutputStream(FileDescriptor.out);
    FileOutputStream err = new FileOutputStream(FileDescriptor.err);
    return new Session.Streams(
        new FileInputStream(FileDescriptor.in),
        new PrintStream(new BufferedOutputStream(out, 8192), false, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8),
        out,
        err);
  }

  /// Runs one command line; returns its exit code.
  public static int run(
      List<String> arguments, Map<String, String> environment, Session.Streams streams) {
    try {
      FlagParser.Result global = parseGlobal(arguments);
      try (Session session = session(global.flags(), environment, streams)) {
        return dispatch(session, global);
      }
    } catch (UsageException e) {
      return failed(streams, e.getMessage(), e.exitCode());
    } catch (CliException e) {
      return failed(streams, e.getMessage(), e.exitCode());
    } catch (DaemonException e) {
      return failed(streams, e.getMessage(), 1);
    } catch (IOException e) {
      return "Broken pipe".equals(e.getMessage()) ? BROKEN_PIPE : failed(streams, describe(e), 1);
    }
  }

  private static int failed(Session.Streams streams, String message, int exitCode) {
    streams.out().flush();
    if (!message.isEmpty()) {
      streams.err().print(message + "\n");
    }
    return exitCode;
  }

  private static String describe(IOException e) {
    String message = String.valueOf(e.getMessage());
    if (e instanceof NoSuchFileException) {
      return "open " + message + ": no such file or directory";
    }
    return e instanceof AccessDeniedException ? "open " + message + ": permission denied" : message;
  }

  private static FlagParser.Result parseGlobal(List<String> arguments) {
    FlagParser.Result result;
    try {
      result = FlagParser.parse(GlobalFlags.TABLE, false, arguments);
    } catch (IllegalArgumentException e) {
      throw rootUsage(String.valueOf(e.getMessage()));
    }
    List<String> hosts = result.flags().list("host");
    if (hosts.size() > 1) {
      throw rootUsage(
          "invalid argument \"" + hosts.get(1) + "\" for \"-H, --host\" flag: specify only one -H");
    }
    String level = result.flags().text("log-level");
    if (!List.of("debug", "info", "warn", "warning", "error", "fatal", "panic", "trace")
        .contains(level)) {
      throw new CliException("Unable to parse logging level: " + level);
    }
    return result;
  }

  private static UsageException rootUsage(String problem) {
    return new UsageException(
        problem
            + "\n\nUsage:  "
            + PROGRAM
            + " [OPTIONS] COMMAND [ARG...]\n\nRun '"
            + PROGRAM
            + " --help' for more information",
        125);
  }

  private static Session session(
      FlagValues global, Map<String, String> environment, Session.Streams streams) {
    Path directory = ConfigFile.locate(global.text("config"), environment);
    HostChoice.Wish wish = wish(global, environment, directory);
    Session.Opener<ConfigFile> config = () -> ConfigFile.read(directory);
    return new Session(
        streams,
        environment,
        config,
        () -> HostChoice.contexts(wish, environment, config.open()),
        () -> daemon(wish, environment, config.open(), streams));
  }

  private static HostChoice.Wish wish(
      FlagValues global, Map<String, String> environment, Path directory) {
    List<String> hosts = global.list("host");
    String context = global.text("context");
    if (!hosts.isEmpty() && !context.isEmpty()) {
      throw new CliException("conflicting options: cannot specify both --host and --context");
    }
    String host = hosts.isEmpty() ? "" : hosts.getFirst();
    return HostChoice.Wish.of(
        host, context, TlsFlags.files(global, environment, directory), environment);
  }

  private static Daemon daemon(
      HostChoice.Wish wish,
      Map<String, String> environment,
      ConfigFile config,
      Session.Streams streams)
      throws IOException {
    HostChoice choice = HostChoice.of(wish, HostChoice.contexts(wish, environment, config));
    Endpoint endpoint;
    try {
      endpoint = Endpoint.parse(choice.url(), choice.tls());
    } catch (IllegalArgumentException e) {
      throw new CliException(String.valueOf(e.getMessage()));
    }
    Map<String, String> headers = new HashMap<>();
    config
        .values()
        .object("HttpHeaders")
        .members()
        .forEach((name, value) -> headers.put(name, value.toString()));
    Daemon.Starter starter =
        choice.preset() ? DaemonStarter.of(endpoint, streams.err()) : () -> false;
    return new Daemon(
        endpoint, environment.getOrDefault("DOCKER_API_VERSION", ""), headers, starter);
  }

  private static int dispatch(Session session, FlagParser.Result global) throws IOException {
    List<String> words = global.arguments();
    if (global.flags().bool("version")) {
      session.println("Gantry version " + Versions.current() + ", build " + Versions.build());
      return 0;
    }
    if (words.isEmpty()) {
      (global.help() ? session.out() : session.err()).print(RootHelp.page());
      return 0;
    }
    boolean help = global.help() || words.getFirst().equals("help");
    List<String> path = words.getFirst().equals("help") ? words.subList(1, words.size()) : words;
    if (path.isEmpty()) {
      session.out().print(RootHelp.page());
      return 0;
    }
    String first = path.getFirst();
    List<String> rest = path.subList(1, path.size());
    Optional<CommandTree.Group> group = CommandTree.group(first);
    if (group.isPresent()) {
      return dispatchGroup(session, group.get(), rest, help);
    }
    Optional<Command> command = CommandTree.command("", first);
    if (command.isPresent()) {
      return run(session, command.get(), first, rest, help);
    }
    if (rest.contains("--help")) {
      session.out().print(RootHelp.page());
      return 0;
    }
    throw new UsageException(
        PROGRAM
            + ": unknown command: "
            + PROGRAM
            + " "
            + first
            + "\n\nRun '"
            + PROGRAM
            + " --help' for more information",
        1);
  }

  private static int dispatchGroup(
      Session session, CommandTree.Group group, List<String> rest, boolean help)
      throws IOException {
    if (rest.isEmpty()) {
      (help ? session.out() : session.err()).print(RootHelp.groupPage(group));
      return 0;
    }
    String name = rest.getFirst();
    if (name.equals("--help") || name.equals("-h")) {
      session.out().print(RootHelp.groupPage(group));
      return 0;
    }
    Optional<Command> command = CommandTree.command(group.name(), name);
    if (command.isPresent()) {
      return run(
          session, command.get(), group.name() + " " + name, rest.subList(1, rest.size()), help);
    }
    String path = PROGRAM + " " + group.name();
    if (name.startsWith("-")) {
      String problem =
          name.startsWith("--")
              ? "unknown flag: " + name
              : "unknown shorthand flag: '" + name.charAt(1) + "' in " + name;
      throw new UsageException(
          problem
              + "\n\nUsage:  "
              + path
              + " COMMAND\n\nRun '"
              + path
              + " --help' for more information",
          125);
    }
    throw new UsageException(
        PROGRAM
            + ": unknown command: "
            + path
            + " "
            + name
            + "\n\nUsage:  "
            + path
            + "\n\nRun '"
            + path
            + " --help' for more information",
        1);
  }

  private static int run(
      Session session, Command command, String path, List<String> arguments, boolean help)
      throws IOException {
    if (help) {
      session.out().print(HelpPage.of(command, path));
      return 0;
    }
    FlagParser.Result parsed = command.parse(path, arguments);
    if (parsed.help()) {
      if (!arguments.contains("--help") && arguments.contains("-h")) {
        session.complain("Flag shorthand -h has been deprecated, use --help");
      }
      session.out().print(HelpPage.of(command, path));
      return 0;
    }
    return command
        .action()
        .run(session, new Command.Invocation(path, parsed.flags(), parsed.arguments()));
  }
}
