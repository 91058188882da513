package gantry.build.dockerfile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Of the variables, `x` is `val/ue`, `empty` is empty, `deep` is `a.b.c`, `sp` is `p q`, `unset`
/// is not set.
class ExpansionTest {
  private static final Map<String, String> VALUES =
      Map.of(
          "x", "val/ue", "empty", "", "deep", "a.b.c", "sp", "p  q", "star", "a*b?c", "p", "a.",
          "한", "국");
  private static final Variables VARIABLES = name -> Optional.ofNullable(VALUES.get(name));

  private static String word(String text) {
    return Expansion.word(text, '\\', VARIABLES);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "plain                     | plain",
        "$x                        | val/ue",
        "${x}                      | val/ue",
        "a${x}b$x/c                | aval/uebval/ue/c",
        "$xy                       | ~~",
        "$unset                    | ~~",
        "$한                        | 국",
        "$                         | $",
        "a$                        | a$",
        "$.                        | $.",
        "$/x                       | $/x",
        "$1x                       | x",
        "\\$x                      | $x",
        "\\\\$x                    | \\val/ue",
        "\\a                       | a",
        "a\\                       | a",
        "'$x'                      | $x",
        "'a\\b'                    | a\\b",
        "\"$x 'y'\"                | val/ue 'y'",
        "\"\\$x\\a\\\"\\\\\"       | $x\\a\"\\",
        "a'b'\"c\"d                | abcd",
        "\"${x}\"'${x}'            | val/ue${x}",
        "${unset-y}                | y",
        "${unset:-y}               | y",
        "${empty-y}                | ~~",
        "${empty:-y}               | y",
        "${x-y}                    | val/ue",
        "${x:-y}                   | val/ue",
        "${x+y}                    | y",
        "${x:+y}                   | y",
        "${empty+y}                | y",
        "${empty:+y}               | ~~",
        "${unset+y}                | ~~",
        "${unset:+y}               | ~~",
        "${x?no}                   | val/ue",
        "${x:?no}                  | val/ue",
        "${empty?no}               | ~~",
        "${unset:-${empty:-$x}}    | val/ue",
        "${unset:-'a}b'}           | a}b",
        "${unset:-\"a}b\"}         | a}b",
        "${unset:-a\\}b}           | a}b",
        "${unset:-}                | ~~",
        "${unset:-a b}             | a b",
        "${x:+${deep}-${x}}        | a.b.c-val/ue",
        "${deep#*.}                | b.c",
        "${deep##*.}               | c",
        "${deep%.*}                | a.b",
        "${deep%%.*}               | a",
        "${deep#?}                 | .b.c",
        "${deep#$p}                | b.c",
        "${deep#z}                 | a.b.c",
        "${deep#}                  | a.b.c",
        "${deep#*}                 | a.b.c",
        "${deep##*}                | ~~",
        "${deep%*}                 | a.b.c",
        "${deep%%*}                | ~~",
        "${deep%c}                 | a.b.",
        "${deep%b}                 | a.b.c",
        "${deep##a*b*}             | ~~",
        "${deep#a*b}               | .c",
        "${star#*\\*}              | b?c",
        "${star%\\?*}              | a*b",
        "${unset#a}                | ~~",
        "${deep/./-}               | a-b.c",
        "${deep//./-}              | a-b-c",
        "${deep//./}               | abc",
        "${deep/?./-}              | -b.c",
        "${deep/.*/-}              | a-",
        "${deep/*/-}               | -",
        "${deep//?/x}              | xxxxx",
        "${deep/z/-}               | a.b.c",
        "${x/\\//-}                | val-ue",
        "${x/val/$deep}            | a.b.c/ue",
        "${x/val/${unset:-n}}      | n/ue",
        "${empty///}               | ~~",
      })
  void word_isExpanded(String text, String expected) {
    assertThat(word(text)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "${                | syntax error: missing '}'",
        "${x               | syntax error: missing '}'",
        "${x:-y            | syntax error: missing '}'",
        "${x/a             | syntax error: missing '/' in ${}",
        "${x/a/b           | syntax error: missing '}'",
        "${}               | syntax error: bad substitution",
        "${:x}             | syntax error: bad substitution",
        "${{x}}            | syntax error: bad substitution",
        "${x!y}            | unsupported modifier (!) in substitution",
        "${x=y}            | unsupported modifier (=) in substitution",
        "${x:=y}           | unsupported modifier (:=) in substitution",
        "${x:}             | unsupported modifier (:}) in substitution",
        "${unset?gone}     | unset: gone",
        "${unset:?gone $x} | unset: gone val/ue",
        "${empty:?}        | empty: is not allowed to be empty",
        "${unset?}         | unset: is not allowed to be unset",
        "${x#\\y}          | invalid pattern (\\y) in substitution: invalid escape '\\y'",
        "'x                | unexpected end of statement while looking for matching single-quote",
        "\"x               | unexpected end of statement while looking for matching double-quote",
      })
  void malformedWord_isRefused(String text, String message) {
    assertThatThrownBy(() -> word(text)).isInstanceOf(ExpansionException.class).hasMessage(message);
  }

  @Test
  void words_areDividedAtBlanksOutsideQuotes() {
    assertThat(Expansion.words("a  $sp \"$sp\" 'x y'z \\  $empty \"\"", '\\', VARIABLES))
        .isEqualTo(List.of("a", "p", "q", "p  q", "x yz", " "));
  }

  @Test
  void escapeCharacter_isTheFiles() {
    assertThat(Expansion.word("`$x \\$deep", '`', VARIABLES)).isEqualTo("$x \\a.b.c");
  }

  @Test
  void body_hasNoQuotes() {
    assertThat(Expansion.body("'$x' \"${unset:-'d'}\" \\$x", VARIABLES))
        .isEqualTo("'val/ue' \"'d'\" $x");
  }

  @Test
  void growth_isBounded() {
    String big = "x".repeat(Expansion.RESULT_MAX / 2);
    Variables variables = _ -> Optional.of(big);
    for (String text : List.of("$a$a$a", "\"$a$a$a\"", "${a//x/yyy}", "${b+$a$a$a}")) {
      assertThatThrownBy(() -> Expansion.word(text, '\\', variables))
          .hasMessage("result is longer than 1048576 characters");
    }
  }

  @Test
  void nesting_isBounded() {
    String deep = "${a:-".repeat(1000) + "}".repeat(1000);
    assertThatThrownBy(() -> word(deep)).hasMessage("more than 50 substitutions nested");
  }

  @Test
  void patterns_takeLinearTime() {
    String text = "a".repeat(200_000);
    Variables variables = _ -> Optional.of(text);
    String pattern = "*a".repeat(200) + "b";
    long start = System.nanoTime();
    for (String form : List.of("${x#%s}", "${x##%s}", "${x%%%s}", "${x//%s/y}")) {
      assertThat(Expansion.word(form.formatted(pattern), '\\', variables)).isEqualTo(text);
    }
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
  }
}
