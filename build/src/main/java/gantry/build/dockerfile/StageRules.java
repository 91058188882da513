package gantry.build.dockerfile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// The rules about instructions in the order of their stage.
final class StageRules {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret|token)"
              + "(?:_|$)");
  private static final Pattern PUBLIC = Pattern.compile("(?i)(?:_|^)public(?:_|$)");

  private final Dockerfile file;
  private final Lint.Options options;
  private final Lint.Sink sink;
  private final Globals globals;
  private final List<StageScope> scopes = new ArrayList<>();

  StageRules(Dockerfile file, Lint.Options options, Lint.Sink sink) {
    this.file = file;
    this.options = options;
    this.sink = sink;
    this.globals = new Globals(file, options.buildArgs());
  }

  void check() {
    for (Stage stage : file.stages()) {
      StageScope scope = scope(stage);
      scopes.add(scope);
      Map<String, Instruction> last = new HashMap<>();
      for (Instruction instruction : stage.instructions()) {
        once(instruction, last);
        check(instruction, scope);
      }
    }
  }

  private StageScope scope(Stage stage) {
    try {
      return switch (file.base(stage, stage.from().expand(globals).base())) {
        case Base.Scratch _ -> StageScope.empty();
        case Base.Earlier(Stage earlier) -> scopes.get(earlier.index()).next();
        case Base.Image(String image) -> StageScope.of(options.baseEnvironment().apply(image));
      };
    } catch (DockerfileException _) {
      return StageScope.of(Optional.empty()); // the build tells, when it comes to it
    }
  }

  /// Of some instructions only the last one counts.
  private void once(Instruction instruction, Map<String, Instruction> last) {
    String keyword = instruction.origin().keyword().toUpperCase(Locale.ROOT);
    if (!Set.of("CMD", "ENTRYPOINT", "HEALTHCHECK").contains(keyword)) {
      return;
    }
    Instruction earlier = last.put(keyword, instruction);
    if (earlier != null) {
      add(Rule.MULTIPLE_INSTRUCTIONS_DISALLOWED, earlier, keyword);
    }
  }

  private void check(Instruction instruction, StageScope scope) {
    Unmatched unmatched = new Unmatched(scope);
    Set<String> known = scope.names();
    try {
      if (instruction instanceof Arg arg) {
        declare(arg, scope, unmatched);
      } else {
        expanded(instruction.expand(unmatched), scope);
      }
    } catch (DockerfileException _) {
      // the build tells, when it comes to it; what was asked for until then is checked
    }
    unmatched.names().removeIf(scope::isDeclared);
    if (scope.complete()) {
      for (String name : unmatched.names()) {
        add(
            Rule.UNDEFINED_VAR,
            instruction,
            name,
            Suggestion.nearest(name, known).map(" (did you mean $%s?)"::formatted).orElse(""));
      }
    }
  }

  private void declare(Arg arg, StageScope scope, Unmatched variables) {
    for (Arg.Argument raw : arg.arguments()) {
      Arg.Argument argument = arg.expand(raw, variables);
      secret(arg, "ARG", argument.name());
      Optional<String> given = Optional.ofNullable(options.buildArgs().get(argument.name()));
      scope.declare(
          argument.name(), given.or(argument::defaultValue).or(() -> globals.get(argument.name())));
    }
  }

  private void expanded(Instruction instruction, StageScope scope) {
    switch (instruction) {
      case Env env -> {
        legacy(env, env.legacy());
        env.variables().forEach(v -> secret(env, "ENV", v.key()));
        scope.set(env);
      }
      case Label label -> legacy(label, label.legacy());
      case Cmd cmd -> json(cmd, cmd.command(), scope);
      case Entrypoint entrypoint -> json(entrypoint, entrypoint.command(), scope);
      case Shell _ -> scope.setShell();
      case Maintainer maintainer -> add(Rule.MAINTAINER_DEPRECATED, maintainer);
      case Workdir workdir -> workdir(workdir, scope);
      case Expose expose -> expose.ports().forEach(port -> port(expose, port));
      case Copy copy when copy.from().isEmpty() -> ignored(copy, "Copy", copy.sources());
      case Add add -> ignored(add, "Add", add.sources());
      default -> {}
    }
  }

  private void legacy(Instruction instruction, boolean legacy) {
    if (legacy) {
      String keyword = instruction instanceof Env ? "ENV" : "LABEL";
      add(Rule.LEGACY_KEY_VALUE_FORMAT, instruction, keyword, keyword);
    }
  }

  private void secret(Instruction instruction, String keyword, String name) {
    if (SECRET.matcher(name).find() && !PUBLIC.matcher(name).find()) {
      add(Rule.SECRETS_USED_IN_ARG_OR_ENV, instruction, keyword, name);
    }
  }

  /// A shell that the file chose is one that its author thought of.
  private void json(Instruction instruction, Command command, StageScope scope) {
    if (command instanceof Command.ShellForm && !scope.shellSet()) {
      add(
          Rule.JSON_ARGS_RECOMMENDED,
          instruction,
          instruction.origin().keyword().toUpperCase(Locale.ROOT));
    }
  }

  private void workdir(Workdir workdir, StageScope scope) {
    if (workdir.path().startsWith("/")) {
      scope.setWorkdir();
    } else if (!scope.workdirSet()) {
      add(Rule.WORKDIR_RELATIVE_PATH, workdir, GoText.quote(workdir.path()));
      scope.setWorkdir();
    }
  }

  private void port(Expose expose, String port) {
    String protocol = port.substring(port.lastIndexOf('/') + 1);
    if (port.indexOf('/') >= 0 && !protocol.equals(protocol.toLowerCase(Locale.ROOT))) {
      add(Rule.EXPOSE_PROTO_CASING, expose, port);
    }
    if (port.indexOf(':') >= 0) {
      add(Rule.EXPOSE_INVALID_FORMAT, expose, port);
    }
  }

  private void ignored(Instruction instruction, String verb, List<String> sources) {
    for (String source : sources) {
      if (source.indexOf("://") < 0 && options.ignored().test(source.replaceFirst("^/+", ""))) {
        add(Rule.COPY_IGNORED_FILE, instruction, verb, source);
      }
    }
  }

  private void add(Rule rule, Instruction instruction, Object... values) {
    sink.add(rule, instruction.origin().span(), values);
  }
}
