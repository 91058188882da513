package gantry.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataRootTest {
  @Test
  void take_givesEachItsOwn_andTheFirstFreeOne(@TempDir Path parent) throws IOException {
    try (DataRoot second = takeSecond(parent);
        DataRoot again = DataRoot.take(parent)) {
      assertThat(second.folder()).isEqualTo(parent.resolve("1"));
      assertThat(again.folder()).isEqualTo(parent.resolve("0"));
    }
  }

  /// Taken while another is held, which is given back.
  private static DataRoot takeSecond(Path parent) throws IOException {
    try (DataRoot first = DataRoot.take(parent)) {
      assertThat(first.folder()).isEqualTo(parent.resolve("0"));
      return DataRoot.take(parent);
    }
  }
}
