package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// A command line client bound to one engine: the stock `docker`, or `gantry` with
/// `-Dgantry.client=gantry`.
///
/// Containers get names from [#name], so that what a test class leaves is found and removed after
/// it.
public final class Cli {
  private final Engine engine;
  private final String scope;
  private final List<String> command;
  private final Map<String, String> environment;
  private final AtomicInteger names = new AtomicInteger();

  /// A client for `engine` whose containers' names begin with `scope`.
  public Cli(Engine engine, String scope) {
    this(engine, scope, command(engine, System.getProperty("gantry.client", "docker")), Map.of());
  }

  private Cli(Engine engine, String scope, List<String> command, Map<String, String> environment) {
    this.engine = engine;
    this.scope = scope.toLowerCase(Locale.ROOT);
    this.command = command;
    this.environment = environment;
  }

  private static List<String> command(Engine engine, String client) {
    Path program =
        client.equals("gantry")
            ? Checkout.distribution().resolve("bin/gantry")
            : Checkout.dockerClient();
    return List.of(program.toString(), "-H", engine.host());
  }

  /// The same client with environment variables set.
  public Cli with(Map<String, String> variables) {
    return new Cli(engine, scope + "-env", command, variables);
  }

  /// Whether it is Gantry's own client.
  public boolean gantry() {
    return command.getFirst().endsWith("gantry");
  }

  /// A container name nobody else has.
  public String name() {
    return scope + "-" + names.incrementAndGet();
  }

  /// Runs the client; any exit code is fine.
  public Result run(String... args) {
    return Subprocess.run(line(args), environment, new byte[0]);
  }

  /// Runs the client, which must end with 0, and returns its stdout without the white space around
  /// it.
  public String ok(String... args) {
    return run(args).expect(0).text();
  }

  /// Runs the client with `stdin`.
  public Result pipe(byte[] stdin, String... args) {
    return Subprocess.run(line(args), environment, stdin);
  }

  /// Runs the client with `stdin`.
  public Result pipe(String stdin, String... args) {
    return pipe(stdin.getBytes(StandardCharsets.UTF_8), args);
  }

  /// Starts the client beside the test.
  public Background start(String... args) {
    return new Background(line(args), environment);
  }

  /// Starts the client on a terminal of 24 rows and 80 columns, which `script` provides; its stdin
  /// is the keyboard.
  public Background terminal(String... args) {
    List<String> quoted =
        line(args).stream().map(arg -> "'" + arg.replace("'", "'\\''") + "'").toList();
    String line = "stty rows 24 cols 80; exec " + String.join(" ", quoted);
    return new Background(List.of("script", "-qefc", line, "/dev/null"), environment);
  }

  /// `run -d` with a fresh name and no network; returns the name. `args` are options, image and
  /// command.
  public String box(String... args) {
    String name = name();
    ok(joined(List.of("run", "-d", "--network", "none", "--name", name), args));
    return name;
  }

  /// `create` with a fresh name and no network; returns the name. `args` are options, image and
  /// command.
  public String created(String... args) {
    String name = name();
    ok(joined(List.of("create", "--network", "none", "--name", name), args));
    return name;
  }

  /// `network create` with a fresh name; returns the name. `options` come before it.
  public String network(String... options) {
    List<String> line = new ArrayList<>(List.of("network", "create"));
    line.addAll(List.of(options));
    String name = name();
    line.add(name);
    ok(line.toArray(String[]::new));
    return name;
  }

  /// A container that sleeps.
  public String sleeper() {
    return box("busybox", "sleep", "600");
  }

  /// `run --rm` without network; returns the result. `args` are options, image and command.
  public Result once(String... args) {
    return run(joined(List.of("run", "--rm", "--network", "none", "--name", name()), args));
  }

  /// The output of a shell line in a throwaway busybox that started; what its last command returned
  /// is of no account.
  public String sh(String line, String... options) {
    List<String> args = new ArrayList<>(List.of(options));
    args.addAll(List.of("busybox", "sh", "-c", line));
    Result result = once(args.toArray(String[]::new));
    if (result.exit() >= 125) {
      throw new AssertionError("did not start: " + result);
    }
    return result.text();
  }

  /// One field of `inspect`, by Go template.
  public String inspect(String object, String template) {
    return ok("inspect", "--format", template, object);
  }

  /// Removes every container and network whose name [#name] gave.
  public void removeAll() {
    String ids = run("ps", "-aq", "--filter", "name=^/" + scope + "-").text();
    if (!ids.isEmpty()) {
      run(joined(List.of("rm", "-f", "-v"), ids.split("\\s+")));
    }
    String networks = run("network", "ls", "-q", "--filter", "name=^" + scope + "-").text();
    if (!networks.isEmpty()) {
      run(joined(List.of("network", "rm"), networks.split("\\s+")));
    }
  }

  private List<String> line(String... args) {
    return List.of(joined(command, args));
  }

  private static String[] joined(List<String> first, String... rest) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(rest));
    return all.toArray(String[]::new);
  }

  /// A scratch file with `content`, for options that take one.
  public static Path file(Path folder, String name, String content) {
    try {
      return Files.writeString(folder.resolve(name), content);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + name, e);
    }
  }
}
