package gantry.cli.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The cases are those of Docker's reference, "dockerignore file".
class IgnoreFileTest {
  @ParameterizedTest
  @CsvSource({
    "*/temp*, a/temporary.txt, false",
    "*/temp*, a/temp/x, false",
    "*/temp*, a/b/temporary.txt, true",
    "*/*/temp*, a/b/temporary.txt, false",
    "temp?, tempa, false",
    "temp?, temp, true",
    "temp?, tempab, true",
    "**/*.go, a/b/c.go, false",
    "**/*.go, c.go, false",
    "/foo/bar, foo/bar, false",
    "foo/bar, x/foo/bar, true",
    "a/../b, b, false",
    "*, anything/below, false",
    "*.md|!README.md, README.md, true",
    "*.md|!README*.md|README-secret.md, README-secret.md, false",
    "*|!src, src/x/y, true",
    "*|!src/keep, src/other, false",
    "[a-c]x, bx, false",
    "[^a-c]x, bx, true",
    "\\*x, *x, false",
    "\\*x, ax, true",
    "#comment, #comment, true",
    "a.b, axb, true",
    "a/**, a/b/c, false",
    "a/**/c, a/c, false",
    "*, Dockerfile, true",
    "*, .dockerignore, true"
  })
  void lastMatchingPattern_decides(String lines, String path, boolean packed) throws IOException {
    IgnoreFile file =
        IgnoreFile.parse(lines.replace("|", "\n"), List.of("Dockerfile", ".dockerignore"));
    assertThat(file.packs(path)).isEqualTo(packed);
  }

  @Test
  void directoriesLeftOut_areEnteredOnlyForExceptions() throws IOException {
    assertThat(IgnoreFile.parse("a", List.of()).entersUnpacked("a")).isFalse();
    assertThat(IgnoreFile.parse("a\n!a/b", List.of()).entersUnpacked("a")).isTrue();
    assertThat(IgnoreFile.parse("a", List.of("a/Dockerfile")).entersUnpacked("a")).isTrue();
  }

  @Test
  void patternThatIsNone_isNamed() {
    assertThatThrownBy(() -> IgnoreFile.parse("a[", List.of()))
        .hasMessage("syntax error in pattern 'a[' of .dockerignore");
  }
}
