package gantry.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DockerfileTest {
  private static final Variables NONE = _ -> Optional.empty();

  private static Dockerfile parse(String text) {
    return Dockerfile.parse("Dockerfile", text.getBytes(StandardCharsets.UTF_8));
  }

  /// The instructions below `FROM scratch`.
  private static List<Instruction> body(String text) {
    return parse("FROM scratch\n" + text).stages().getFirst().instructions();
  }

  private static Instruction one(String text) {
    List<Instruction> instructions = body(text);
    assertThat(instructions).hasSize(1);
    return instructions.getFirst();
  }

  private static Variables of(String... pairs) {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return name -> Optional.ofNullable(map.get(name));
  }

  @Test
  void stages_haveNamesBasesAndInstructions() {
    Dockerfile file =
        parse(
            """
            # syntax=docker/dockerfile:1
            ARG V=3.20
            FROM --platform=$BUILDPLATFORM alpine:$V AS Build
            RUN make
            FROM build
            from scratch as last
            COPY --from=0 /a /b
            """);
    assertThat(file.directives().syntax()).contains("docker/dockerfile:1");
    assertThat(file.globalArgs().getFirst().arguments())
        .containsExactly(new Arg.Argument("V", Optional.of("3.20")));
    assertThat(file.stages()).extracting(Stage::label).containsExactly("build", "stage-1", "last");
    Stage build = file.stages().getFirst();
    From from = build.from().expand(of("V", "3.21", "BUILDPLATFORM", "linux/amd64"));
    assertThat(from.base()).isEqualTo("alpine:3.21");
    assertThat(from.platform()).contains("linux/amd64");
    assertThat(file.base(build, from.base())).isEqualTo(new Base.Image("alpine:3.21"));
    assertThat(file.base(file.stages().get(1), "BUILD")).isEqualTo(new Base.Earlier(build));
    assertThat(file.base(file.stages().get(2), "scratch")).isEqualTo(new Base.Scratch());
    assertThat(file.base(build, "build")).isEqualTo(new Base.Image("build"));
    assertThat(file.stage("Last")).contains(file.stages().get(2));
    assertThat(file.stage("1")).contains(file.stages().get(1));
    assertThat(file.stage("3")).isEmpty();
  }

  @Test
  void copyFrom_namesAnEarlierStageOrAnImage() {
    Dockerfile file = parse("FROM a AS x\nFROM b AS y\nCOPY --from=x / /\nFROM c AS z");
    Stage y = file.stages().get(1);
    Instruction copy = y.instructions().getFirst();
    assertThat(file.from(y, copy, "X")).contains(file.stages().getFirst());
    assertThat(file.from(y, copy, "0")).contains(file.stages().getFirst());
    assertThat(file.from(y, copy, "busybox")).isEmpty();
    assertThatThrownBy(() -> file.from(y, copy, "y"))
        .hasMessageStartingWith("circular dependency detected on stage: y");
    assertThatThrownBy(() -> file.from(y, copy, "z"))
        .hasMessageStartingWith(
            "cannot copy from stage \"z\", it needs to be defined before current stage \"y\"");
    assertThatThrownBy(() -> file.from(y, copy, "7"))
        .hasMessageStartingWith("invalid stage index 7");
  }

  @Test
  void continuation_joinsLinesOverCommentsAndKeepsPositions() {
    Instruction run = one("  run a \\\n  # note\n  b \\  \n\n\tc\nUSER x".replace("\nUSER x", ""));
    assertThat(run.origin().text()).isEqualTo("run a   b \tc");
    assertThat(((Run) run).command()).isEqualTo(new Command.ShellForm("a   b \tc"));
    assertThat(run.origin().span()).isEqualTo(new Span(new Position(2, 3), new Position(6, 3)));
  }

  @Test
  void escapeDirective_changesContinuationAndEscapes() {
    Dockerfile file = parse("# escape=`\nFROM scratch\nENV a=x` y `\n b=c:\\d\\\nUSER u");
    Env env = (Env) file.stages().getFirst().instructions().getFirst();
    assertThat(env.expand(NONE).variables())
        .containsExactly(new KeyValue("a", "x y"), new KeyValue("b", "c:\\d\\"));
    assertThat(file.stages().getFirst().instructions()).hasSize(2);
  }

  @Test
  void byteOrderMarkAndCarriageReturns_areNoPartOfTheText() {
    Dockerfile file = parse("\ufeffFROM scratch\r\nRUN a \\\r\n  b\r\n");
    Run run = (Run) file.stages().getFirst().instructions().getFirst();
    assertThat(run.command()).isEqualTo(new Command.ShellForm("a   b"));
  }

  @Test
  void command_isJsonOrShell() {
    assertThat(((Cmd) one("CMD [\"a\", \"b c\", \"\\u0041\"]")).command())
        .isEqualTo(new Command.ExecForm(List.of("a", "b c", "A")));
    assertThat(((Cmd) one("CMD [ -e /x ] && y")).command())
        .isEqualTo(new Command.ShellForm("[ -e /x ] && y"));
    assertThat(((Cmd) one("CMD ['a']")).command()).isEqualTo(new Command.ShellForm("['a']"));
    assertThat(((Entrypoint) one("ENTRYPOINT []")).command())
        .isEqualTo(new Command.ExecForm(List.of()));
    assertThat(((Run) one("RUN")).command()).isEqualTo(new Command.ShellForm(""));
  }

  @Test
  void runHeredoc_isTheScript() {
    Run run = (Run) one("RUN <<EOF\n\techo $A\n# kept\nEOF");
    assertThat(run.command()).isEqualTo(new Command.ShellForm("\techo $A\n# kept\n"));
    assertThat(run.heredocs()).hasSize(1);
    assertThat(run.origin().span().lastLine()).isEqualTo(5);
    assertThat(((Run) one("RUN <<-EOF\n\techo\n\tEOF")).command())
        .isEqualTo(new Command.ShellForm("echo\n"));
    assertThat(((Run) one("RUN <<EOF\n#!/bin/python\nx\nEOF")).command())
        .isEqualTo(new Command.Script("EOF", "#!/bin/python\nx\n"));
    assertThat(((Run) one("RUN <<A cat - <<\"B\" > x\na\nA\nb\nB")).command())
        .isEqualTo(new Command.ShellForm("<<A cat - <<\"B\" > x\na\nA\nb\nB"));
    assertThat(((Run) one("RUN ( cat <<E )\na\nE")).command())
        .isEqualTo(new Command.ShellForm("( cat <<E )\na\nE"));
  }

  @Test
  void copyHeredoc_isAFileWithVariablesExpandedUnlessQuoted() {
    Copy copy =
        (Copy)
            one(
                """
                COPY <<"q uoted" <<-plain x /to/
                $A
                q uoted
                \t"$A" '${B:-b}' \\$A
                \tplain
                """
                    .replace("q uoted", "quoted"));
    assertThat(copy.sources()).containsExactly("x");
    Copy expanded = copy.expand(of("A", "1"));
    assertThat(expanded.heredocs()).extracting(Heredoc::name).containsExactly("quoted", "plain");
    assertThat(expanded.heredocs())
        .extracting(Heredoc::text)
        .containsExactly("$A\n", "\"1\" 'b' $A\n");
  }

  @Test
  void heredoc_isNoneInQuotesJsonOrOtherInstructions() {
    assertThat(((Run) one("RUN echo \"<<EOF\"")).heredocs()).isEmpty();
    assertThat(((Run) one("RUN [\"<<EOF\"]")).heredocs()).isEmpty();
    assertThat(((Run) one("RUN cat <<<EOF")).heredocs()).isEmpty();
    assertThat(((User) one("USER <<EOF")).user()).isEqualTo("<<EOF");
  }

  @Test
  void onBuild_keepsItsExpression() {
    OnBuild onBuild = (OnBuild) one("onbuild  RUN <<EOF\na\nEOF");
    assertThat(onBuild.expression()).isEqualTo("RUN <<EOF\na\nEOF");
    Instruction trigger = Dockerfile.parseTrigger("ONBUILD of x", onBuild.expression());
    assertThat(((Run) trigger).command()).isEqualTo(new Command.ShellForm("a\n"));
    assertThatThrownBy(() -> Dockerfile.parseTrigger("ONBUILD of x", "FROM y"))
        .isInstanceOf(DockerfileException.class);
  }

  @Test
  void env_hasPairsOrTheOldForm() {
    Env env = (Env) one("ENV a=\"x y\" b='$a' c=$a\\ z \"d e\"=f");
    assertThat(env.legacy()).isFalse();
    assertThat(env.expand(of("a", "1")).variables())
        .containsExactly(
            new KeyValue("a", "x y"),
            new KeyValue("b", "$a"),
            new KeyValue("c", "1 z"),
            new KeyValue("d e", "f"));
    Env old = (Env) one("ENV name  a \"b\" $c");
    assertThat(old.legacy()).isTrue();
    assertThat(old.expand(of("c", "C")).variables()).containsExactly(new KeyValue("name", "a b C"));
  }

  @Test
  void arg_seesTheOnesBeforeIt() {
    Arg arg = (Arg) one("ARG a=\"1\" b=$a$c d");
    assertThat(arg.expand(of("c", "C")).arguments())
        .containsExactly(
            new Arg.Argument("a", Optional.of("1")),
            new Arg.Argument("b", Optional.of("1C")),
            new Arg.Argument("d", Optional.empty()));
    assertThat(arg.expand(arg.arguments().get(1), of("a", "given")))
        .isEqualTo(new Arg.Argument("b", Optional.of("given")));
  }

  @Test
  void healthcheck_hasItsOptions() {
    Healthcheck check =
        (Healthcheck) one("HEALTHCHECK --interval=1m30s --timeout=500ms --retries=3 CMD curl x");
    assertThat(check.command()).contains(new Command.ShellForm("curl x"));
    assertThat(check.interval()).isEqualTo(Duration.ofSeconds(90));
    assertThat(check.timeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(check.config().test()).containsExactly("CMD-SHELL", "curl x");
    assertThat(((Healthcheck) one("HEALTHCHECK none")).config().test()).containsExactly("NONE");
  }

  @Test
  void expansion_divides() {
    assertThat(((Expose) one("EXPOSE $P 80/udp")).expand(of("P", "1 2")).ports())
        .containsExactly("1", "2", "80/udp");
    assertThat(((Workdir) one("WORKDIR /a b/$x")).expand(of("x", "y z")).path())
        .isEqualTo("/a b/y z");
    assertThat(((Volume) one("VOLUME [\"/$x\", \"/b\"]")).expand(of("x", "a")).paths())
        .containsExactly("/a", "/b");
  }

  @Test
  void problems_areToldTogetherWithPlaces() {
    String text = "FROM scratch\n\tRUNN make\nCOPY --form=x a b\nENV a=b c\nUSER x\n";
    assertThatThrownBy(() -> parse(text))
        .isInstanceOfSatisfying(
            DockerfileException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(BuildException.Kind.INVALID);
              assertThat(e.problems())
                  .extracting(p -> p.span().toString())
                  .containsExactly("2:2", "3:6", "4:9");
            })
        .hasMessage(
            """
            dockerfile parse error on line 2: unknown instruction: RUNN (did you mean RUN?)
             --> Dockerfile:2:2
              |
            2 | \tRUNN make
              | \t^^^^

            dockerfile parse error on line 3: unknown flag: --form (did you mean from?)
             --> Dockerfile:3:6
              |
            3 | COPY --form=x a b
              |      ^^^^^^

            Syntax error - can't find = in "c". Must be of the form: name=value
             --> Dockerfile:4:9
              |
            4 | ENV a=b c
              |         ^\
            """);
  }

  @Test
  void expansionProblem_pointsAtTheWord() {
    Instruction copy = one("COPY a \\\n  ${x:?is needed} /b");
    assertThatThrownBy(() -> copy.expand(NONE))
        .isInstanceOfSatisfying(
            DockerfileException.class,
            e -> assertThat(e.problems().getFirst().span().toString()).isEqualTo("3:3"))
        .hasMessageStartingWith("failed to process \"${x:?is\": syntax error: missing '}'");
    assertThatThrownBy(() -> one("USER ${x:?is needed}").expand(NONE))
        .hasMessageStartingWith("failed to process \"${x:?is needed}\": x: is needed\n");
  }
}
