package gantry.build.dockerfile;

import gantry.oci.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Writes what was read as a Dockerfile again, from the parts of its instructions and not from
/// their text: in one form each, without comments and continuations.
final class Printer {
  private final char escape;
  private final StringBuilder out = new StringBuilder();

  private Printer(char escape) {
    this.escape = escape;
  }

  static String print(Dockerfile file) {
    Printer printer = new Printer(file.directives().escape());
    if (printer.escape != '\\') {
      printer.line("# escape=" + printer.escape);
    }
    file.globalArgs().forEach(printer::instruction);
    for (Stage stage : file.stages()) {
      printer.instruction(stage.from());
      stage.instructions().forEach(printer::instruction);
    }
    return printer.out.toString();
  }

  /// A line may end in an escape character that does not join it with the next, where another blank
  /// follows.
  private void line(String text) {
    boolean continues =
        text.endsWith(String.valueOf(escape)) && !text.endsWith("" + escape + escape);
    out.append(text).append(continues ? "\f" : "").append('\n');
  }

  /// Arguments that look like flags.
  private static String plain(String text) {
    return text.startsWith("--") ? "-- " + text : text;
  }

  private void instruction(Instruction instruction) {
    switch (instruction) {
      case From from ->
          line(
              "FROM "
                  + flag("platform", from.platform())
                  + plain(from.base())
                  + from.nameAsWritten().map(n -> " AS " + n).orElse(""));
      case Arg arg ->
          line("ARG " + plain(join(arg.arguments().stream().map(Printer::argument).toList())));
      case Env env -> pairs("ENV", env.variables(), env.legacy());
      case Label label -> pairs("LABEL", label.labels(), label.legacy());
      case Run run -> run(run);
      case Copy copy -> copy(copy);
      case Add add -> add(add);
      case Workdir workdir -> line("WORKDIR " + plain(workdir.path()));
      case User user -> line("USER " + plain(user.user()));
      case StopSignal signal -> line("STOPSIGNAL " + plain(signal.signal()));
      case Maintainer maintainer -> line("MAINTAINER " + plain(maintainer.name()));
      case Volume volume -> line("VOLUME " + json(volume.paths()));
      case Expose expose -> line("EXPOSE " + plain(join(expose.ports())));
      case Cmd cmd -> line("CMD " + plain(command(cmd.command())));
      case Entrypoint entrypoint -> line("ENTRYPOINT " + plain(command(entrypoint.command())));
      case Shell shell -> line("SHELL " + json(shell.command()));
      case OnBuild onBuild -> line("ONBUILD " + plain(onBuild.expression()));
      case Healthcheck check -> healthcheck(check);
    }
  }

  private static String argument(Arg.Argument argument) {
    return argument.name() + argument.defaultValue().map(v -> "=" + v).orElse("");
  }

  private void pairs(String keyword, List<KeyValue> pairs, boolean legacy) {
    line(
        keyword
            + " "
            + plain(
                join(
                    pairs.stream().map(p -> p.key() + (legacy ? " " : "=") + p.value()).toList())));
  }

  private void run(Run run) {
    StringBuilder flags = new StringBuilder();
    for (MountOptions mount : run.mountOptions()) {
      List<String> options = mount.options().stream().map(Object::toString).toList();
      flags.append(flag("mount", Optional.of(String.join(",", options))));
    }
    if (run.network() != Run.Network.DEFAULT) {
      flags.append("--network=").append(lower(run.network())).append(' ');
    }
    if (run.security() != Run.Security.SANDBOX) {
      flags.append("--security=").append(lower(run.security())).append(' ');
    }
    run.devices().forEach(d -> flags.append(flag("device", Optional.of(d))));
    line("RUN " + flags + plain(runCommand(run)));
  }

  /// A script is one heredoc; what the shell reads heredocs of holds them already.
  private String runCommand(Run run) {
    if (run.heredocs().size() == 1 && (run.command() instanceof Command.Script || isBody(run))) {
      return attached(run.heredocs(), "");
    }
    return command(run.command());
  }

  private static boolean isBody(Run run) {
    return run.command().equals(new Command.ShellForm(run.heredocs().getFirst().text()));
  }

  private void copy(Copy copy) {
    line(
        "COPY "
            + flag("from", copy.from())
            + files(copy.chown(), copy.chmod(), copy.link(), copy.parents(), copy.excludes())
            + paths(copy.sources(), copy.heredocs(), copy.destination()));
  }

  private void add(Add add) {
    line(
        "ADD "
            + flag("checksum", add.checksum())
            + (add.keepGitDir() ? "--keep-git-dir " : "")
            + flag("unpack", add.unpack().map(Object::toString))
            + files(add.chown(), add.chmod(), add.link(), add.parents(), add.excludes())
            + paths(add.sources(), add.heredocs(), add.destination()));
  }

  private String files(
      Optional<String> chown,
      Optional<String> chmod,
      boolean link,
      boolean parents,
      List<String> excludes) {
    StringBuilder flags = new StringBuilder(flag("chown", chown)).append(flag("chmod", chmod));
    flags.append(link ? "--link " : "").append(parents ? "--parents " : "");
    excludes.forEach(e -> flags.append(flag("exclude", Optional.of(e))));
    return flags.toString();
  }

  private String paths(List<String> sources, List<Heredoc> heredocs, String destination) {
    if (!heredocs.isEmpty()) {
      String plain = sources.isEmpty() ? destination : join(sources) + " " + destination;
      return attached(heredocs, " " + plain);
    }
    List<String> all = new ArrayList<>(sources);
    all.add(destination);
    return json(all);
  }

  /// The words, `rest`, and the bodies below.
  private static String attached(List<Heredoc> heredocs, String rest) {
    StringBuilder words = new StringBuilder();
    StringBuilder bodies = new StringBuilder();
    for (Heredoc heredoc : heredocs) {
      words.append(words.isEmpty() ? "" : " ").append(word(heredoc));
      bodies.append('\n').append(heredoc.content()).append(heredoc.name());
    }
    return words + rest + bodies;
  }

  private static String word(Heredoc heredoc) {
    String name =
        heredoc.expands()
            ? heredoc.name().replaceAll("([^A-Za-z0-9_.$-])", "\\\\$1")
            : "\"" + heredoc.name().replaceAll("([\"\\\\])", "\\\\$1") + "\"";
    String descriptor = heredoc.descriptor() == 0 ? "" : Integer.toString(heredoc.descriptor());
    return descriptor + "<<" + (heredoc.chomps() ? "-" : "") + name;
  }

  private void healthcheck(Healthcheck check) {
    line(
        "HEALTHCHECK "
            + duration("interval", check.interval())
            + duration("timeout", check.timeout())
            + duration("start-period", check.startPeriod())
            + duration("start-interval", check.startInterval())
            + (check.retries() == 0 ? "" : "--retries=" + check.retries() + " ")
            + check.command().map(c -> "CMD " + command(c)).orElse("NONE"));
  }

  private static String duration(String name, Duration duration) {
    return duration.isZero() ? "" : "--%s=%dns ".formatted(name, duration.toNanos());
  }

  private static String command(Command command) {
    return switch (command) {
      case Command.ShellForm(String text) -> text;
      case Command.ExecForm(List<String> words) -> json(words);
      case Command.Script _ -> throw new IllegalArgumentException("a script is a heredoc");
    };
  }

  /// Quoted where the flag's reader would end it or take something away.
  private static String flag(String name, Optional<String> value) {
    return value
        .map(v -> "--" + name + "=" + v.replaceAll("([\\s\"'\\\\])", "\\\\$1") + " ")
        .orElse("");
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(java.util.Locale.ROOT);
  }

  private static String json(List<String> words) {
    return new String(Json.write(words), StandardCharsets.UTF_8);
  }

  private static String join(List<String> words) {
    return String.join(" ", words);
  }
}
