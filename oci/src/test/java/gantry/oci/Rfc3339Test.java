package gantry.oci;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Rfc3339Test {
  @ParameterizedTest
  @CsvSource({
    "0, 0, 1970-01-01T00:00:00Z",
    "1763824444, 123456789, 2025-11-22T15:14:04.123456789Z",
    "1763824444, 120000000, 2025-11-22T15:14:04.12Z",
    "1763824444, 1, 2025-11-22T15:14:04.000000001Z",
    "-1, 500000000, 1969-12-31T23:59:59.5Z",
    "951782400, 0, 2000-02-29T00:00:00Z",
    "-62135596800, 0, 0001-01-01T00:00:00Z",
  })
  void text_time_hasDecimalsAsFarAsThereAreAny(long second, int nano, String text) {
    assertThat(Rfc3339.text(Instant.ofEpochSecond(second, nano))).isEqualTo(text);
  }

  @Test
  void seconds_timeWithDecimals_leavesThemOut() {
    assertThat(Rfc3339.seconds(Instant.ofEpochSecond(0, 999_999_999)))
        .isEqualTo("1970-01-01T00:00:00Z");
  }

  @ParameterizedTest
  @ValueSource(longs = {-62_167_219_201L, 253_402_300_800L, -1, 1_763_824_444})
  void text_anyYear_isReadBack(long second) {
    Instant time = Instant.ofEpochSecond(second, 7);

    assertThat(OffsetDateTime.parse(Rfc3339.text(time)).toInstant()).isEqualTo(time);
  }
}
