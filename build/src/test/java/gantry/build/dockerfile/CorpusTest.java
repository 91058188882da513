package gantry.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Real Dockerfiles out of Debian's source packages, `corpus/corpus.zip`; where each is from, and
/// under which licence, is in `corpus/ORIGINS.md`. What is read of them is kept in
/// `corpus/PACKAGE.txt`, reviewed by reading; with `-Dgantry.golden=FOLDER` it is written there
/// instead of compared.
class CorpusTest {
  /// Those that Docker refuses as well: tests of what is refused, and templates.
  private static final String REFUSED = "refused: ";

  private static Map<String, byte[]> corpus() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (InputStream in = CorpusTest.class.getResourceAsStream("corpus/corpus.zip");
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        files.put(entry.getName(), zip.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return files;
  }

  static Stream<String> packages() {
    return corpus().keySet().stream().map(CorpusTest::owner).distinct();
  }

  private static String owner(String name) {
    return name.substring(0, name.indexOf('/'));
  }

  @ParameterizedTest
  @MethodSource("packages")
  void parse_isAsReviewed(String owner) throws IOException {
    List<String> sections = new ArrayList<>();
    corpus()
        .forEach(
            (name, text) -> {
              if (owner(name).equals(owner)) {
                sections.add("== " + name + "\n" + dump(name, text) + "\n");
              }
            });
    String actual = String.join("\n", sections);
    String folder = System.getProperty("gantry.golden");
    if (folder != null) {
      Files.writeString(Path.of(folder, owner + ".txt"), actual);
      return;
    }
    try (InputStream in = CorpusTest.class.getResourceAsStream("corpus/" + owner + ".txt")) {
      assertThat(actual).isEqualTo(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static String dump(String name, byte[] text) {
    try {
      return Dump.dump(Dockerfile.parse(name, text));
    } catch (DockerfileException e) {
      return REFUSED + e.problems().getFirst().message() + " at " + e.problems().getFirst().span();
    }
  }

  @Test
  void printedFiles_readAsTheSame() {
    corpus()
        .forEach(
            (name, text) -> {
              if (!dump(name, text).startsWith(REFUSED)) {
                String printed = Printer.print(Dockerfile.parse(name, text));
                byte[] again = printed.getBytes(StandardCharsets.UTF_8);
                assertThat(Printer.print(Dockerfile.parse(name, again)))
                    .as(name)
                    .isEqualTo(printed);
              }
            });
  }
}
