package gantry.stage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class OpTest {
  private static final Pattern ROW = Pattern.compile("\\{NR_(\\w+), \"([^\"]*)\"\\}");

  /// The two halves of the format are written by hand: they must say the same.
  @Test
  void numbersAndLetters_areThoseOfTheStage() throws Exception {
    String source = Files.readString(Path.of("src/main/c/stage.c"));
    List<String> rows = new ArrayList<>();
    Matcher row = ROW.matcher(source);
    while (row.find()) {
      rows.add(row.group(1) + " " + row.group(2).replace("0", ""));
    }
    assertThat(rows).hasSize(Op.WRITE_FILE.number());
    for (Op op : Op.values()) {
      if (op.number() < rows.size()) {
        assertThat(op.call() + " " + op.letters()).isEqualTo(rows.get(op.number()));
      }
    }
    assertThat(source).contains("\"fsb\", \"ib\", \"iii\", \"spp\", \"iiiii\"");
  }
}
