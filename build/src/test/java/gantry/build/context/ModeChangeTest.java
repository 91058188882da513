package gantry.build.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The results were seen with BuildKit.
class ModeChangeTest {
  @ParameterizedTest
  @CsvSource({
    "640, 4755, 640",
    "04755, 644, 4755",
    "u=rwX, 4755, 755",
    "+x, 644, 755",
    "g=u, 644, 664",
    "'u+s,o+t', 644, 5644",
    "a=r, 4755, 444",
    "a=r, 1777, 1444",
    "'ug+rw-x,o=', 4755, 4660",
    "'a-x,g+w', 755, 664",
    "'u=rwX,go=rX', 600, 644",
  })
  void applied_file_isAsBuildKitHasIt(String change, String before, String after) {
    int mode = ModeChange.parse(change).applied(Integer.parseInt(before, 8), false);
    assertThat(Integer.toOctalString(mode)).isEqualTo(after);
  }

  @Test
  void applied_directory_isExecutableByCapitalX() {
    assertThat(ModeChange.parse("a+X").applied(0600, true)).isEqualTo(0711);
    assertThat(ModeChange.parse("a+X").applied(0600, false)).isEqualTo(0600);
  }

  @ParameterizedTest
  @CsvSource({"9", "77777", "8x", "u=zz", "x", "'u=rw,'", "''", "rw+u"})
  void parse_wrong_isRefused(String text) {
    assertThatThrownBy(() -> ModeChange.parse(text))
        .hasMessageStartingWith("invalid chmod parameter: '%s'", text);
  }
}
