package gantry.build.dockerfile;

import gantry.build.dockerfile.Flags.Kind;
import gantry.oci.FormatException;
import gantry.oci.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Reads one instruction.
final class InstructionReader {
  /// The keywords, as Docker suggests them.
  static final List<String> KEYWORDS =
      List.of(
          "ADD",
          "ARG",
          "CMD",
          "COPY",
          "ENTRYPOINT",
          "ENV",
          "EXPOSE",
          "FROM",
          "HEALTHCHECK",
          "LABEL",
          "MAINTAINER",
          "ONBUILD",
          "RUN",
          "SHELL",
          "STOPSIGNAL",
          "USER",
          "VOLUME",
          "WORKDIR");

  private static final Set<String> WITH_HEREDOCS = Set.of("RUN", "COPY", "ADD");
  private static final Set<String> NO_FLAGS = Set.of("ARG", "STOPSIGNAL");
  private static final Pattern STAGE_NAME = Pattern.compile("[a-z][a-z0-9_.-]*");
  private static final Pattern VARIABLE = Pattern.compile("\\$.");
  private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(1);
  private static final Map<String, Kind> COPY_FLAGS =
      Map.of(
          "from", Kind.VALUE,
          "chown", Kind.VALUE,
          "chmod", Kind.VALUE,
          "link", Kind.SWITCH,
          "parents", Kind.SWITCH,
          "exclude", Kind.VALUES);
  private static final Map<String, Kind> ADD_FLAGS =
      Map.of(
          "chown", Kind.VALUE,
          "chmod", Kind.VALUE,
          "link", Kind.SWITCH,
          "parents", Kind.SWITCH,
          "exclude", Kind.VALUES,
          "checksum", Kind.VALUE,
          "keep-git-dir", Kind.SWITCH,
          "unpack", Kind.SWITCH);
  private static final Map<String, Kind> RUN_FLAGS =
      Map.of(
          "mount", Kind.VALUES,
          "network", Kind.VALUE,
          "security", Kind.VALUE,
          "device", Kind.VALUES);
  private static final Map<String, Kind> HEALTHCHECK_FLAGS =
      Map.of(
          "interval", Kind.VALUE,
          "timeout", Kind.VALUE,
          "start-period", Kind.VALUE,
          "start-interval", Kind.VALUE,
          "retries", Kind.VALUE);

  private final LogicalLine line;
  private final char escape;
  private final Head head;
  private final String keyword;
  private final Token arguments;
  private final List<Heredoc> heredocs;
  private final Origin origin;

  private InstructionReader(LogicalLine line, LineReader lines, char escape) {
    this.line = line;
    this.escape = escape;
    this.head = Head.read(new Token(line.text(), 0));
    this.keyword = head.keyword().text().toUpperCase(Locale.ROOT);
    if (!KEYWORDS.contains(keyword)) {
      throw invalid(head.keyword(), "unknown instruction: " + head.keyword().text() + suggestion());
    }
    this.arguments = head.arguments();
    this.heredocs = mayHaveHeredocs() ? bodies(lines) : List.of();
    this.origin =
        new Origin(
            line.source(),
            span(lines),
            head.keyword().text(),
            line.text().strip(),
            escape,
            line.comments());
  }

  /// In lower case for who writes so.
  private String suggestion() {
    String suggestion = Suggestion.of(keyword, KEYWORDS);
    return head.keyword().text().equals(keyword) ? suggestion : suggestion.toLowerCase(Locale.ROOT);
  }

  /// Reads the instruction on `line`, and its heredocs from `lines`.
  ///
  /// @throws DockerfileException when it is none
  static Instruction read(LogicalLine line, LineReader lines, char escape) {
    return new InstructionReader(line, lines, escape).instruction();
  }

  private boolean mayHaveHeredocs() {
    if (!keyword.equals("ONBUILD")) {
      return WITH_HEREDOCS.contains(keyword) && json(arguments).isEmpty();
    }
    Head trigger = Head.read(arguments);
    return WITH_HEREDOCS.contains(trigger.keyword().text().toUpperCase(Locale.ROOT))
        && json(trigger.arguments()).isEmpty();
  }

  private List<Heredoc> bodies(LineReader lines) {
    List<Heredoc> read = new ArrayList<>();
    for (Heredoc heredoc : HeredocReader.find(arguments)) {
      read.add(
          lines
              .body(heredoc)
              .orElseThrow(
                  () ->
                      syntax(
                          arguments,
                          "unterminated heredoc: no line is '%s' alone"
                              .formatted(heredoc.name()))));
    }
    return read;
  }

  private Span span(LineReader lines) {
    Span span = line.span(head.keyword().offset(), line.text().stripTrailing().length());
    if (heredocs.isEmpty()) {
      return span;
    }
    int last = lines.lastLine();
    return new Span(span.start(), new Position(last, line.source().line(last).length() + 1));
  }

  private Instruction instruction() {
    return switch (keyword) {
      case "FROM" -> from();
      case "ARG" -> arg();
      case "ENV" -> new Env(origin, pairs(), isLegacy());
      case "LABEL" -> new Label(origin, pairs(), isLegacy());
      case "RUN" -> run();
      case "COPY" -> copy();
      case "ADD" -> add();
      case "WORKDIR" -> new Workdir(origin, one());
      case "USER" -> new User(origin, one());
      case "STOPSIGNAL" -> new StopSignal(origin, one());
      case "MAINTAINER" -> new Maintainer(origin, one());
      case "VOLUME" -> volume();
      case "EXPOSE" -> new Expose(origin, some(texts(WordReader.plain(noFlags()))));
      case "CMD" -> new Cmd(origin, command(noFlags()));
      case "ENTRYPOINT" -> new Entrypoint(origin, command(noFlags()));
      case "SHELL" -> shell();
      case "HEALTHCHECK" -> healthcheck();
      default -> onBuild();
    };
  }

  private From from() {
    Flags flags = Flags.read(line, head, Map.of("platform", Kind.VALUE));
    List<Token> words = WordReader.plain(arguments);
    boolean named = words.size() == 3 && words.get(1).text().equalsIgnoreCase("as");
    if (!named && words.size() != 1) {
      throw invalid(
          words.isEmpty() ? head.keyword() : words.get(Math.min(1, words.size() - 1)),
          "FROM requires either one or three arguments");
    }
    Optional<String> platform = flags.value("platform");
    String base = words.getFirst().text();
    if (!named) {
      return new From(origin, base, platform, Optional.empty(), Optional.empty(), Optional.empty());
    }
    Token written = words.get(2);
    String name = written.text().toLowerCase(Locale.ROOT);
    if (!STAGE_NAME.matcher(name).matches()) {
      throw invalid(
          written,
          ("invalid name for build stage: \"%s\", name can't start with a number or contain"
                  + " symbols")
              .formatted(written.text()));
    }
    return new From(
        origin,
        base,
        platform,
        Optional.of(name),
        Optional.of(written.text()),
        Optional.of(words.get(1).text()));
  }

  private Arg arg() {
    List<Arg.Argument> declared = new ArrayList<>();
    for (Token word : WordReader.quoted(arguments, escape)) {
      int equals = word.text().indexOf('=');
      if (equals == 0) {
        throw invalid(word, "ARG names can not be blank");
      }
      declared.add(
          equals < 0
              ? new Arg.Argument(word.text(), Optional.empty())
              : new Arg.Argument(
                  word.text().substring(0, equals),
                  Optional.of(word.text().substring(equals + 1))));
    }
    return new Arg(origin, some(declared));
  }

  private boolean isLegacy() {
    return WordReader.quoted(arguments, escape).getFirst().text().indexOf('=') < 0;
  }

  private List<KeyValue> pairs() {
    List<Token> words = some(WordReader.quoted(noFlags(), escape));
    if (isLegacy()) {
      return List.of(legacyPair());
    }
    List<KeyValue> pairs = new ArrayList<>();
    for (Token word : words) {
      int equals = word.text().indexOf('=');
      if (equals < 0) {
        throw syntax(
            word,
            "Syntax error - can't find = in %s. Must be of the form: name=value"
                .formatted(GoText.quote(word.text())));
      }
      if (equals == 0) {
        throw invalid(word, keyword + " names can not be blank");
      }
      pairs.add(new KeyValue(word.text().substring(0, equals), word.text().substring(equals + 1)));
    }
    return pairs;
  }

  /// `ENV name a value with blanks`.
  private KeyValue legacyPair() {
    Token name = WordReader.plain(arguments).getFirst();
    String value = arguments.text().substring(name.text().length()).stripLeading();
    if (value.isEmpty()) {
      throw syntax(arguments, keyword + " must have two arguments");
    }
    return new KeyValue(name.text(), value);
  }

  private Run run() {
    Flags flags = Flags.read(line, head, RUN_FLAGS);
    List<MountOptions> mounts = new ArrayList<>();
    for (Token flag : flags.tokens("mount")) {
      mounts.add(mountOptions(flag));
    }
    Run run =
        new Run(
            origin,
            withHeredocs(command(arguments)),
            heredocs,
            mounts,
            network(flags),
            security(flags),
            flags.values("device"));
    if (mounts.stream().noneMatch(MountOptions::varies)) {
      run.mounts(); // tells now what is wrong
    }
    return run;
  }

  private MountOptions mountOptions(Token flag) {
    if (flag.text().isEmpty()) {
      throw invalid(flag, "failed to parse csv mounts: EOF");
    }
    List<MountOptions.Option> options = new ArrayList<>();
    for (String field : flag.text().split(",", -1)) {
      int equals = field.indexOf('=');
      String key = (equals < 0 ? field : field.substring(0, equals)).toLowerCase(Locale.ROOT);
      Optional<String> value =
          equals < 0 ? Optional.empty() : Optional.of(field.substring(equals + 1));
      if (key.equals("from") && VARIABLE.matcher(value.orElse("")).find()) {
        throw invalid(
            flag, "'from' doesn't support variable expansion, define alias stage instead");
      }
      options.add(new MountOptions.Option(key, value));
    }
    return new MountOptions(options);
  }

  private Run.Network network(Flags flags) {
    String mode = flags.value("network").orElse("default");
    return switch (mode) {
      case "default" -> Run.Network.DEFAULT;
      case "none" -> Run.Network.NONE;
      case "host" -> Run.Network.HOST;
      default ->
          throw invalid(
              flags.token("network").orElseThrow(),
              "invalid network mode \"%s\": expected default, none or host".formatted(mode));
    };
  }

  private Run.Security security(Flags flags) {
    String mode = flags.value("security").orElse("sandbox");
    return switch (mode) {
      case "sandbox" -> Run.Security.SANDBOX;
      case "insecure" -> Run.Security.INSECURE;
      default ->
          throw invalid(
              flags.token("security").orElseThrow(),
              "security \"%s\" is not valid: expected sandbox or insecure".formatted(mode));
    };
  }

  /// A heredoc alone is the script itself; otherwise the shell gets all of it and reads the
  /// heredocs on its own.
  private Command withHeredocs(Command command) {
    if (heredocs.isEmpty()) {
      return command;
    }
    Heredoc first = heredocs.getFirst();
    boolean alone = HeredocReader.parse(arguments.text()).isPresent();
    if (!alone) {
      return new Command.ShellForm(arguments.text() + "\n" + attached());
    }
    return first.content().startsWith("#!")
        ? new Command.Script(first.name(), first.text())
        : new Command.ShellForm(first.text());
  }

  /// The bodies of all heredocs as they stand in the file.
  private String attached() {
    StringBuilder text = new StringBuilder();
    for (Heredoc heredoc : heredocs) {
      text.append(text.isEmpty() ? "" : "\n").append(heredoc.content()).append(heredoc.name());
    }
    return text.toString();
  }

  private Copy copy() {
    Flags flags = Flags.read(line, head, COPY_FLAGS);
    List<String> paths = paths();
    Optional<Token> from = flags.token("from").filter(t -> VARIABLE.matcher(t.text()).find());
    if (from.isPresent()) {
      throw syntax(
          from.get(),
          "variable expansion is not supported for --from, define a new stage with FROM using ARG"
              + " from global scope as a workaround");
    }
    return new Copy(
        origin,
        sources(paths),
        inline(paths),
        paths.getLast(),
        flags.value("from"),
        flags.value("chown"),
        flags.value("chmod"),
        flags.on("link"),
        flags.on("parents"),
        flags.values("exclude"));
  }

  private Add add() {
    Flags flags = Flags.read(line, head, ADD_FLAGS);
    List<String> paths = paths();
    return new Add(
        origin,
        sources(paths),
        inline(paths),
        paths.getLast(),
        flags.value("chown"),
        flags.value("chmod"),
        flags.on("link"),
        flags.on("parents"),
        flags.values("exclude"),
        flags.value("checksum"),
        flags.on("keep-git-dir"),
        flags.truth("unpack"));
  }

  /// Sources and destination.
  private List<String> paths() {
    List<String> paths = json(arguments).orElseGet(() -> texts(WordReader.plain(arguments)));
    if (paths.size() < 2) {
      throw invalid(
          head.keyword(),
          ("%s requires at least two arguments, but only one was provided. Destination could not"
                  + " be determined")
              .formatted(keyword));
    }
    if (!heredocs.isEmpty() && HeredocReader.parse(paths.getLast()).isPresent()) {
      throw invalid(arguments, keyword + " cannot accept a heredoc as a destination");
    }
    return paths;
  }

  private List<String> sources(List<String> paths) {
    return paths.subList(0, paths.size() - 1).stream()
        .filter(p -> heredocs.isEmpty() || HeredocReader.parse(p).isEmpty())
        .toList();
  }

  /// The heredocs that are sources.
  private List<Heredoc> inline(List<String> paths) {
    List<Heredoc> inline = new ArrayList<>();
    for (String path : paths.subList(0, paths.size() - 1)) {
      Optional<Heredoc> named = heredocs.isEmpty() ? Optional.empty() : HeredocReader.parse(path);
      named
          .flatMap(n -> heredocs.stream().filter(h -> h.name().equals(n.name())).findFirst())
          .ifPresent(inline::add);
    }
    return inline;
  }

  private Volume volume() {
    Token text = noFlags();
    List<String> paths =
        json(text).orElseGet(() -> texts(WordReader.plain(text))).stream()
            .map(String::strip)
            .toList();
    if (paths.contains("")) {
      throw invalid(text, "VOLUME specified can not be an empty string");
    }
    return new Volume(origin, some(paths));
  }

  private Shell shell() {
    Token text = noFlags();
    Optional<List<String>> words = json(text);
    if (words.isEmpty() && !text.text().isEmpty()) {
      throw invalid(text, "SHELL requires the arguments to be in JSON form");
    }
    return new Shell(origin, some(words.orElse(List.of())));
  }

  private Healthcheck healthcheck() {
    Token type = some(WordReader.plain(arguments)).getFirst();
    String rest = arguments.text().substring(type.text().length());
    Token command = new Token(rest.strip(), type.end() + rest.indexOf(rest.strip()));
    if (type.text().equalsIgnoreCase("NONE")) {
      if (!command.text().isEmpty()) {
        throw invalid(command, "HEALTHCHECK NONE takes no arguments");
      }
      Duration none = Duration.ZERO;
      return new Healthcheck(origin, Optional.empty(), none, none, none, none, 0);
    }
    Flags flags = Flags.read(line, head, HEALTHCHECK_FLAGS);
    if (!type.text().equalsIgnoreCase("CMD")) {
      throw invalid(
          type,
          "Unknown type \"%s\" in HEALTHCHECK (try CMD)"
              .formatted(type.text().toUpperCase(Locale.ROOT)));
    }
    Command test = command(command);
    if (command.text().isEmpty() || test.equals(new Command.ExecForm(List.of()))) {
      throw invalid(type, "Missing command after HEALTHCHECK CMD");
    }
    return new Healthcheck(
        origin,
        Optional.of(test),
        interval(flags, "interval"),
        interval(flags, "timeout"),
        interval(flags, "start-period"),
        interval(flags, "start-interval"),
        retries(flags));
  }

  private Duration interval(Flags flags, String name) {
    Optional<String> text = flags.value(name);
    if (text.isEmpty()) {
      return Duration.ZERO;
    }
    try {
      Duration interval = GoText.duration(text.get());
      if (!interval.isZero() && interval.compareTo(SHORTEST_INTERVAL) < 0) {
        throw invalid(
            flags.token(name).orElseThrow(),
            "Interval \"%s\" cannot be less than 1ms".formatted(name));
      }
      return interval;
    } catch (IllegalArgumentException e) {
      throw invalid(flags.token(name).orElseThrow(), String.valueOf(e.getMessage()));
    }
  }

  private int retries(Flags flags) {
    Optional<Token> flag = flags.token("retries");
    if (flag.isEmpty()) {
      return 0;
    }
    String text = flag.get().text();
    if (!text.matches("[+-]?\\d{1,9}")) {
      throw invalid(
          flag.get(),
          "strconv.ParseInt: parsing \"%s\": invalid syntax: --retries takes a number"
              .formatted(text));
    }
    int retries = Integer.parseInt(text);
    if (retries < 0) {
      throw invalid(flag.get(), "--retries cannot be negative (%d)".formatted(retries));
    }
    return retries;
  }

  private OnBuild onBuild() {
    Token text = noFlags();
    some(WordReader.plain(text));
    Token trigger = Head.read(text).keyword();
    switch (trigger.text().toUpperCase(Locale.ROOT)) {
      case "ONBUILD" ->
          throw invalid(trigger, "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
      case "FROM", "MAINTAINER" ->
          throw invalid(
              trigger,
              trigger.text().toUpperCase(Locale.ROOT) + " isn't allowed as an ONBUILD trigger");
      default -> {}
    }
    String bodies = heredocs.isEmpty() ? "" : "\n" + attached();
    return new OnBuild(origin, text.text() + bodies);
  }

  /// A JSON array is a program with its arguments, anything else a line for the shell.
  private Command command(Token text) {
    Optional<List<String>> words = json(text);
    return words.isPresent()
        ? new Command.ExecForm(words.get())
        : new Command.ShellForm(text.text());
  }

  /// The strings of a JSON array; none when it is no JSON.
  private Optional<List<String>> json(Token text) {
    if (!text.text().startsWith("[")) {
      return Optional.empty();
    }
    Object[] values;
    try {
      values = Json.read(text.text().getBytes(StandardCharsets.UTF_8), Object[].class, "command");
    } catch (FormatException _) {
      return Optional.empty(); // then it is the shell's, as `[ -e /x ] || …` is
    }
    if (!Arrays.stream(values).allMatch(String.class::isInstance)) {
      throw syntax(text, "when using JSON array syntax, arrays must be comprised of strings only");
    }
    return Optional.of(Arrays.stream(values).map(v -> wellFormed((String) v)).toList());
  }

  /// JSON can escape half a character, which no encoding has.
  private static String wellFormed(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /// The arguments of an instruction that has no flags.
  private Token noFlags() {
    Flags.read(line, head, Map.of());
    return arguments;
  }

  private String one() {
    if (arguments.text().isEmpty()) {
      throw invalid(head.keyword(), keyword + " requires exactly one argument");
    }
    return NO_FLAGS.contains(keyword) ? arguments.text() : noFlags().text();
  }

  private <T> List<T> some(List<T> values) {
    if (values.isEmpty()) {
      throw invalid(head.keyword(), keyword + " requires at least one argument");
    }
    return values;
  }

  private static List<String> texts(List<Token> words) {
    return words.stream().map(Token::text).toList();
  }

  private DockerfileException invalid(Token token, String message) {
    return line.parseError(token, message);
  }

  private DockerfileException syntax(Token token, String message) {
    return line.problem(token, message);
  }
}
