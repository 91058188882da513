package gantry.engine.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VolumeOptionsTest {
  @Test
  void parse_nothing_isAPlainDirectory() {
    assertThat(VolumeOptions.parse(Map.of())).isEmpty();
  }

  @Test
  void parse_splitsTheWords() {
    assertThat(
            VolumeOptions.parse(Map.of("type", "nfs", "device", ":/x", "o", "addr=10.0.0.1,,ro")))
        .contains(new VolumeOptions("nfs", ":/x", List.of("addr=10.0.0.1", "ro")));
    assertThat(VolumeOptions.parse(Map.of("type", "tmpfs", "device", "")))
        .contains(new VolumeOptions("tmpfs", "", List.of()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          foo    | invalid option: "foo"
          type   | missing required option: "device"
          device | missing required option: "type"
          o      | missing required option: "device"
          size   | quota size requested but no quota support
          """)
  void parse_what_cannotBe(String option, String message) {
    assertThatThrownBy(() -> VolumeOptions.parse(Map.of(option, "x")))
        .isInstanceOfSatisfying(
            EngineException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
        .hasMessage(message);
  }

  @Test
  void shown_hidesAPassword() {
    var options = new VolumeOptions("cifs", "//there/x", List.of("user=a", "password=b", "ro"));
    assertThat(options.shown()).isEqualTo("user=a,password=********,ro");
  }
}
