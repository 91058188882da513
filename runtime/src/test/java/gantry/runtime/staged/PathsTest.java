package gantry.runtime.staged;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PathsTest {

  @Test
  void clean_dotsAndSlashes_areGone() {
    assertThat(Paths.clean("/a/./b//../c/")).isEqualTo("/a/c");
    assertThat(Paths.clean("relative")).isEqualTo("/relative");
    assertThat(Paths.clean("")).isEqualTo("/");
  }

  @Test
  void clean_aboveTheRoot_isTheRoot() {
    assertThat(Paths.clean("/../../etc")).isEqualTo("/etc");
    assertThat(Paths.clean("/proc/../proc/sys")).isEqualTo("/proc/sys");
  }

  @Test
  void prefixes_areAllDirectoriesOnTheWay() {
    assertThat(Steps.prefixes("/a/bc/d")).containsExactly("/a", "/a/bc", "/a/bc/d");
    assertThat(Steps.prefixes("/")).isEmpty();
    assertThat(Steps.prefixes("")).isEmpty();
  }
}
