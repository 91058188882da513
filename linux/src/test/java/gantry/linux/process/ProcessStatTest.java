package gantry.linux.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ProcessStatTest {
  // A line of Linux 6.18, with another name put in.
  private static final String LINE =
      "4711 (a) S (b) S 1 4711 4711 0 -1 4194560 1650 0 0 0 12 34 5 6 20 0 7 0 8915 12 3 18446744073709551615 1 1 0";

  @Test
  void parse_nameWithParentheses() {
    ProcessStat stat = ProcessStat.parse(LINE);
    assertThat(stat).isEqualTo(new ProcessStat(4711, "a) S (b", 'S', 1, 12, 34, 7, 8915));
  }

  @Test
  void parse_others_areRefused() {
    for (String text :
        new String[] {
          "", "1", "1 (x)", "1 (x) S 1 2", ") (", LINE.replace(" S 1 4711", " 1 4711")
        }) {
      assertThatThrownBy(() -> ProcessStat.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
