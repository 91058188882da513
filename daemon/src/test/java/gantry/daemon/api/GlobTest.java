package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The cases are those of Go's documentation of `path.Match`.
class GlobTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      nullValues = "-",
      value = {
        "abc~abc",
        "*~abc",
        "*c~abc",
        "a*~a",
        "a*/b~abc/b",
        "a*b*c*d*e*/f~axbxcxdxe/f",
        "a*b?c*x~abxbbxdbxebxczzx",
        "ab[c]~abc",
        "ab[b-d]~abc",
        "ab[^e-g]~abc",
        "a\\*b~a*b",
        "[a-ζ]*~α",
        "a[^/]b~axb",
        "[\\]a]~]",
        "[\\-x]~x",
        "***~b"
      })
  void matches_fits(String pattern, String text) {
    assertThat(Glob.matches(pattern, text)).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "a*~ab/c",
        "a*/b~a/c/b",
        "a*b*c*d*e*/f~axbxcxdxe/xxx/f",
        "a*b?c*x~abxbbxdbxebxczzy",
        "ab[e-g]~abc",
        "ab[^c]~abc",
        "a\\*b~ab",
        "a?b~a/b",
        "[]a]~]",
        "[-]~-",
        "[x-]~x",
        "[-x]~x",
        "[~a",
        "[^~a",
        "[^bc~a",
        "a[~a",
        "a\\~a",
        "abc~abcd",
        "abcd~abc"
      })
  void matches_doesNotFit(String pattern, String text) {
    assertThat(Glob.matches(pattern, text)).isFalse();
  }

  @Test
  void matches_manyStars_takesNoTime() {
    String pattern = "*a".repeat(200) + "b";
    String text = "a".repeat(2_000);
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(5), () -> assertThat(Glob.matches(pattern, text)).isFalse());
  }

  @Test
  void matchesReference_withOrWithoutItsTag() {
    assertThat(Glob.matchesReference("busybox", "busybox:latest")).isTrue();
    assertThat(Glob.matchesReference("docker.io/library/busybox", "busybox:latest")).isTrue();
    assertThat(Glob.matchesReference("busy*:l*", "busybox:latest")).isTrue();
    assertThat(Glob.matchesReference("busy", "busybox:latest")).isFalse();
  }
}
