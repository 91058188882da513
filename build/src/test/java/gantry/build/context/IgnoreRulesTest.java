package gantry.build.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import gantry.testing.Randomly;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IgnoreRulesTest {
  private static IgnoreRules rules(String... lines) {
    return IgnoreRules.parse(String.join("\n", lines), ".dockerignore");
  }

  /// The cases are those of moby/patternmatcher's own tests, where they mean something on Linux.
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "** file true",
        "** dir/file true",
        "**/ dir/file true",
        "**/** dir/file true",
        "dir/** dir/file true",
        "dir/** dir/dir2/file true",
        "dir/** dir false",
        "**/dir2/* dir/dir2/file true",
        "**/dir2/* dir/dir2/dir2/file true",
        "**/dir2/** dir/dir2/dir2/file true",
        "**file file true",
        "**file dir/file true",
        "**/file dir/file true",
        "**file* dir/file.txt true",
        "**/file* dir/file.txt true",
        "**/file*txt dir/dir/file.txt true",
        "**/**/*.txt dir/file.txt2 false",
        "**/**/*.txt dir/dir/file.txt true",
        "**/*.txt* dir/dir/file.txt true",
        "a**/*.txt a/file.txt true",
        "a**/*.txt a/dir/file.txt true",
        "a/*.txt a/dir/file.txt false",
        "a/*.txt a/file.txt true",
        "a[b-d]e ae false",
        "a[b-d]e ace true",
        "a[b-d]e aae false",
        "a[^b-d]e aze true",
        ".* .foo true",
        ".* foo false",
        "abc.def abcdef false",
        "abc.def abc.def true",
        "abc?def abcZdef true",
        "abc?def abcdef false",
        "a\\\\ a\\ true",
        "**/foo/bar foo/bar true",
        "**/foo/bar dir/dir2/foo/bar true",
        "abc/** abc false",
        "abc/** abc/def/ghi true",
        "**/.foo .foo true",
        "**/.foo bar.foo false",
        "a(b)c/def a(b)c/def true",
        "a(b)c/def a(b)c/xyz false",
        "a.|)$(}+{bc a.|)$(}+{bc true",
        "dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl"
            + " dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl true",
        "dist/*.whl dist/proxy.py-2.4.0rc3.dev36+g08acad9-py3-none-any.whl true",
        "a/b/* a/b/c/d true",
        "../a a false",
        "/a a true",
        "a/ a true",
        "./a//b a/b true",
        "a/../b b true",
        "[*] * true",
        "\\*a *a true",
        "\\*a ba false",
      })
  void rule_path_matches(String rule, String path, boolean excluded) {
    assertThat(rules(rule).excludes(path)).isEqualTo(excluded);
  }

  @Test
  void rules_exceptions_lastThatFitsDecides() {
    IgnoreRules rules = rules("*.md", "!README*.md", "README-secret.md");
    assertThat(rules.excludes("a.md")).isTrue();
    assertThat(rules.excludes("README.md")).isFalse();
    assertThat(rules.excludes("README-secret.md")).isTrue();
    assertThat(rules.excluding("README-secret.md"))
        .contains(new IgnoreRules.Rule(3, "README-secret.md", false));
  }

  @Test
  void rules_exceptionInExcludedDirectory_takesThatInAgain() {
    IgnoreRules rules = rules("docs", "!docs/api/**/*.html", "**/private.html");
    assertThat(rules.excludes("docs/x")).isTrue();
    assertThat(rules.excludes("docs/api/v1/x.html")).isFalse();
    assertThat(rules.excludes("docs/api/v1/private.html")).isTrue();
    assertThat(rules.mayReinclude("docs")).isTrue();
    assertThat(rules.mayReinclude("docs/api/v1")).isTrue();
    assertThat(rules.mayReinclude("docs/other")).isFalse();
    assertThat(rules.mayReinclude("node_modules")).isFalse();
  }

  @Test
  void parse_commentsBlanksAndMark_areNoRules() {
    IgnoreRules rules = rules("\uFEFF# no", "", "  ", " # a file of that name", "a\r", "#b");
    assertThat(rules.excludes("# no")).isFalse();
    assertThat(rules.excludes("# a file of that name")).isTrue();
    assertThat(rules.excludes("a")).isTrue();
    assertThat(rules.excludes("b")).isFalse();
  }

  @Test
  void parse_wrongPattern_isNamedWithItsLine() {
    assertThatThrownBy(() -> rules("a", "[b"))
        .isInstanceOf(BuildException.class)
        .hasMessageStartingWith(".dockerignore:2: '[b': syntax error in pattern");
    assertThatThrownBy(() -> rules("!"))
        .hasMessage(".dockerignore:1: illegal exclusion pattern: \"!\"");
    assertThatThrownBy(() -> IgnoreRules.of(List.of("[a")))
        .hasMessageStartingWith("invalid exclude pattern: '[a'");
  }

  @Test
  @Timeout(5)
  void match_hostilePattern_takesNoTime() {
    IgnoreRules rules = rules("**/" + "*a".repeat(1000) + "/**/" + "?*".repeat(1000) + "b");
    assertThat(rules.excludes("a".repeat(4000))).isFalse();
  }

  @Test
  void mayReinclude_randomRules_neverMissesAnException() {
    Randomly.check(
        random -> {
          IgnoreRules rules =
              rules(
                  "*",
                  "!"
                      + "ab/*?".charAt(random.nextInt(5))
                      + Randomly.text(random, "ab/*?", 6)
                      + "a");
          String path = "a/" + Randomly.text(random, "ab", 2) + "b/" + "a";
          if (rules.excludes("a") && !rules.excludes(path)) {
            assertThat(rules.mayReinclude("a")).as(path).isTrue();
          }
        });
  }
}
