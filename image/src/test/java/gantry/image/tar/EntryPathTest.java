package gantry.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.testing.Randomly;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EntryPathTest {
  @ParameterizedTest
  @CsvSource({
    "a, a",
    "a/b, a/b",
    "/a/b/, a/b",
    "./a//b/., a/b",
    "a/../b, b",
    "..a/b.., ..a/b..",
    ".a/.b, .a/.b"
  })
  void normalized_anyForm_isThePlainPath(String name, String path) {
    assertThat(EntryPath.normalized(name)).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(strings = {".", "./", "/", "a/.."})
  void normalized_rootItself_isEmpty(String name) {
    assertThat(EntryPath.normalized(name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "../x", "/../x", "a/../../x", "./.."})
  void normalized_outOfTheTree_isRefused(String name) {
    assertThatThrownBy(() -> EntryPath.normalized(name))
        .isInstanceOf(TarException.class)
        .hasMessage("'" + name + "': path traversal, it leads out of the tree");
  }

  @Test
  void normalized_veryDeep_isRefused() {
    assertThatThrownBy(() -> EntryPath.normalized("a/".repeat(600) + "b"))
        .isInstanceOf(TarException.class)
        .hasMessageContaining("nested deeper than 512 directories");
  }

  @Test
  void normalized_anything_hasNoDotsAndIsStable() {
    Randomly.check(random -> hasNoDotsAndIsStable(Randomly.text(random, "./a", 30)));
  }

  private static void hasNoDotsAndIsStable(String name) {
    String path;
    try {
      path = EntryPath.normalized(name);
    } catch (TarException _) {
      return; // refused
    }
    assertThat(path.split("/", -1)).doesNotContain(".", "..");
    assertThat(EntryPath.normalized(path)).isEqualTo(path);
  }
}
