package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.oci.Healthcheck;
import gantry.oci.ProcessDefaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigChangesTest {
  private static ProcessDefaults apply(String... changes) {
    return ConfigChanges.apply(List.of(changes), ProcessDefaults.none());
  }

  @Test
  void cmd_jsonAndShellForm_areToldApart() {
    assertThat(apply("CMD [\"a\", \"b c\"]").cmd()).containsExactly("a", "b c");
    assertThat(apply("cmd echo $X").cmd()).containsExactly("/bin/sh", "-c", "echo $X");
    assertThat(apply("CMD [not json").cmd()).containsExactly("/bin/sh", "-c", "[not json");
  }

  @Test
  void entrypoint_afterCmd_keepsTheCommandThatWasGiven() {
    ProcessDefaults config = apply("CMD [\"a\"]", "ENTRYPOINT [\"e\"]");

    assertThat(config.entrypoint()).containsExactly("e");
    assertThat(config.cmd()).containsExactly("a");
  }

  @Test
  void env_bothForms_replaceByName() {
    assertThat(apply("ENV A=1 B=\"x y\" C=a\\ b", "ENV A two words").env())
        .containsExactly("A=two words", "B=x y", "C=a b");
  }

  @Test
  void manyInstructions_inOneChange_areAppliedInOrder() {
    ProcessDefaults config =
        apply(
            """
            # a comment
            WORKDIR /a
            WORKDIR b
            LABEL x="1 2" \\
                  y=3
            USER 1:2
            """);

    assertThat(config.workingDir()).isEqualTo("/a/b");
    assertThat(config.labels()).isEqualTo(Map.of("x", "1 2", "y", "3"));
    assertThat(config.user()).isEqualTo("1:2");
  }

  @Test
  void expose_rangesAndProtocols_areSpelledOut() {
    assertThat(apply("EXPOSE 80 53/udp 8000-8002/tcp").exposedPorts())
        .containsExactly("80/tcp", "53/udp", "8000/tcp", "8001/tcp", "8002/tcp");
  }

  @Test
  void volume_bothForms_areASet() {
    assertThat(apply("VOLUME /a /b", "VOLUME [\"/b\", \"/c d\"]").volumes())
        .containsExactly("/a", "/b", "/c d");
  }

  @Test
  void healthcheck_options_areDurations() {
    Healthcheck check =
        apply("HEALTHCHECK --interval=1m30s --timeout=500ms --retries=4 CMD curl -f x")
            .healthcheck()
            .orElseThrow();

    assertThat(check.test()).containsExactly("CMD-SHELL", "curl -f x");
    assertThat(check.interval()).isEqualTo(Duration.ofSeconds(90));
    assertThat(check.timeout()).isEqualTo(Duration.ofMillis(500));
    assertThat(check.retries()).isEqualTo(4);
    assertThat(apply("HEALTHCHECK NONE").healthcheck().orElseThrow().test())
        .containsExactly("NONE");
  }

  @Test
  void onBuildStopSignal_areKept() {
    ProcessDefaults config = apply("ONBUILD RUN x", "STOPSIGNAL SIGINT");

    assertThat(config.onBuild()).containsExactly("RUN x");
    assertThat(config.stopSignal()).contains("SIGINT");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RUN x | run is not a valid change command",
        "COPY a b | copy is not a valid change command",
        "ENV | ENV requires at least one argument",
        "ENV A | ENV must have two arguments",
        "ENV A=1 B | Syntax error - can't find = in \"B\". Must be of the form: name=value",
        "ENV =x | ENV names can not be blank",
        "EXPOSE 70000 | invalid containerPort: 70000",
        "EXPOSE x | invalid containerPort: x",
        "HEALTHCHECK --interval=x CMD y | HEALTHCHECK: invalid duration \"x\"",
        "HEALTHCHECK FOO | Unknown type \"FOO\" in HEALTHCHECK (try CMD)",
        "ONBUILD ONBUILD x | Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
      })
  void badChange_isRefusedInDockersWords(String change, String message) {
    assertThatThrownBy(() -> apply(change)).isInstanceOf(ImageException.class).hasMessage(message);
  }
}
