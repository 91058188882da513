package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformTest {
  @ParameterizedTest
  @CsvSource({
    "linux/amd64, linux/amd64",
    "Linux/x86_64, linux/amd64",
    "linux/amd64/v1, linux/amd64",
    "linux/aarch64, linux/arm64",
    "linux/arm64/v8, linux/arm64",
    "linux/armhf, linux/arm/v7",
    "linux/armel, linux/arm/v6",
    "linux/arm, linux/arm/v7",
    "linux/arm/6, linux/arm/v6",
    "i386, linux/386",
    "macos/arm64, darwin/arm64"
  })
  void parse_anySpelling_isTheNormalForm(String text, String normal) {
    assertThat(Platform.parse(text)).hasToString(normal);
  }

  @Test
  void parse_osAlone_isTheHostsArchitecture() {
    assertThat(Platform.parse("linux")).isEqualTo(Platform.host());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/", "linux/", "linux/amd64/v1/x", "vax", "linux/a b"})
  void parse_malformed_isRefused(String text) {
    assertThatThrownBy(() -> Platform.parse(text))
        .isInstanceOf(FormatException.class)
        .hasMessageContaining("invalid argument");
  }

  @ParameterizedTest
  @CsvSource({
    "linux/arm/v7, linux/arm/v6, true",
    "linux/arm/v6, linux/arm/v7, false",
    "linux/amd64/v3, linux/amd64, true",
    "linux/amd64, linux/amd64/v2, false",
    "linux/arm64, linux/arm64/v8, true",
    "linux/arm64, linux/arm/v7, false",
    "linux/amd64, windows/amd64, false"
  })
  void runs_variants_newerRunsOlder(String host, String image, boolean runs) {
    assertThat(Platform.parse(host).runs(Platform.parse(image))).isEqualTo(runs);
  }

  @Test
  void nearestFirst_variants_highestComesFirst() {
    List<Platform> sorted =
        List.of(Platform.parse("linux/arm/v5"), Platform.parse("linux/arm/v7")).stream()
            .sorted(Platform.nearestFirst())
            .toList();

    assertThat(sorted).first().hasToString("linux/arm/v7");
  }
}
