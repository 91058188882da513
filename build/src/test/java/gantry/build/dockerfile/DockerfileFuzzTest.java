package gantry.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.build.BuildException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Foreign bytes end in a Dockerfile or in a [BuildException]; what was read can be written and
/// read again as the same.
class DockerfileFuzzTest {
  private static final Map<String, String> VALUES = Map.of("A", "a b", "B", "", "PATH", "/bin");
  private static final Variables VARIABLES = name -> Optional.ofNullable(VALUES.get(name));

  @FuzzTest
  void dockerfile(byte[] text) {
    try {
      Dockerfile file = Dockerfile.parse("Dockerfile", text);
      String printed = Printer.print(file);
      Dockerfile again = Dockerfile.parse("printed", printed.getBytes(StandardCharsets.UTF_8));
      assertThat(Printer.print(again)).isEqualTo(printed);
      Lint.check(file, Lint.Options.NONE).forEach(Warning::render);
      file.stages().forEach(stage -> stage.instructions().forEach(DockerfileFuzzTest::expand));
    } catch (BuildException e) {
      assertThat(e.kind()).isEqualTo(BuildException.Kind.INVALID);
    }
  }

  private static void expand(Instruction raw) {
    try {
      switch (raw.expand(VARIABLES)) {
        case Run run -> run.mounts();
        case Expose expose -> expose.containerPorts();
        case OnBuild onBuild -> Dockerfile.parseTrigger("trigger", onBuild.expression());
        default -> {}
      }
    } catch (BuildException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void word(FuzzedDataProvider data) {
    String text = data.consumeRemainingAsString();
    try {
      String word = Expansion.word(text, '\\', VARIABLES);
      List<String> words = Expansion.words(text, '\\', VARIABLES);
      assertThat(String.join("", words).length()).isLessThanOrEqualTo(word.length());
    } catch (ExpansionException _) {
      // refused, as is right
    }
  }
}
