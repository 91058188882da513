package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class FiltersTest {
  private static Filters name(String value) {
    return Filters.parse("{\"name\":[\"" + value + "\"]}");
  }

  @Test
  void matches_partsAnchorsAndClasses() {
    assertThat(name("eb").matches("name", "web")).isTrue();
    assertThat(name("^/web$").matches("name", "web", "/web")).isTrue();
    assertThat(name("^eb").matches("name", "web", "/web")).isFalse();
    assertThat(name("w[[:alpha:]]b").matches("name", "web")).isTrue(); // Go's, not Java's
  }

  @Test
  void matches_whatIsNoExpression_asItIs() {
    assertThat(name("a[").matches("name", "a[")).isTrue();
    assertThat(name("a[").matches("name", "ba[")).isFalse();
  }

  @Test
  @Timeout(5)
  void matches_anExpressionMadeToBacktrack_takesNoTime() {
    assertThat(name("^(a+)+$").matches("name", "a".repeat(5000) + "!")).isFalse();
  }
}
