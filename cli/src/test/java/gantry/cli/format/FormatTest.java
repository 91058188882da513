package gantry.cli.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Figures as go-units, fmt and tabwriter print them; the expectations were taken from the docker
/// client's output.
class FormatTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "999, 999B",
    "1000, 1kB",
    "2048, 2.05kB",
    "1984172, 1.98MB",
    "999999, 1e+03kB",
    "1000000000000, 1TB"
  })
  void decimalSize_threeDigits(double bytes, String text) {
    assertThat(Units.decimalSize(bytes, 3)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0B",
    "364544, 356KiB",
    "25276502016, 23.54GiB",
    "2240000, 2.136MiB",
    "1024, 1KiB"
  })
  void binarySize_fourDigits(double bytes, String text) {
    assertThat(Units.binarySize(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({
    "512, 512",
    "64m, 67108864",
    "64MB, 67108864",
    "1.5GiB, 1610612736",
    "1 k, 1024",
    "10b, 10"
  })
  void parseBytes_powersOf1024(String text, long bytes) {
    assertThat(Units.parseBytes(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "abc, invalid size: 'abc'",
    "-1, invalid size: '-1'",
    "64x, invalid suffix: 'x'",
    "1bb, invalid suffix: 'bb'",
    "1.2.3m, invalid size: '1.2.3m'"
  })
  void parseBytes_wrong_isRefused(String text, String message) {
    assertThatThrownBy(() -> Units.parseBytes(text)).hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "0, Less than a second",
    "1, 1 second",
    "59, 59 seconds",
    "60, About a minute",
    "119, About a minute",
    "120, 2 minutes",
    "3599, 59 minutes",
    "3600, About an hour",
    "5400, 2 hours",
    "172799, 2 days",
    "1209600, 2 weeks",
    "5184000, 2 months",
    "63072000, 2 years"
  })
  void duration_words(long seconds, String words) {
    assertThat(Units.duration(seconds)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({
    "1h2m3.5s, 3723500000000",
    "300ms, 300000000",
    "-5s, -5000000000",
    "0, 0",
    "1.5us, 1500"
  })
  void parseDuration_units(String text, long nanos) {
    assertThat(GoNumbers.parseDurationNanos(text)).isEqualTo(nanos);
  }

  @Test
  void parseDuration_wrong_isRefused() {
    assertThatThrownBy(() -> GoNumbers.parseDurationNanos("5"))
        .hasMessage("time: missing unit in duration \"5\"");
    assertThatThrownBy(() -> GoNumbers.parseDurationNanos("5x"))
        .hasMessage("time: unknown unit \"x\" in duration \"5x\"");
    assertThatThrownBy(() -> GoNumbers.parseDurationNanos("x"))
        .hasMessage("time: invalid duration \"x\"");
  }

  @Test
  void parseInt_bases() {
    assertThat(GoNumbers.parseInt("-0x10", 64)).isEqualTo(-16);
    assertThat(GoNumbers.parseInt("010", 64)).isEqualTo(8);
    assertThat(GoNumbers.parseInt("0b11", 64)).isEqualTo(3);
    assertThatThrownBy(() -> GoNumbers.parseInt("9223372036854775808", 64))
        .hasMessageContaining("value out of range");
    assertThatThrownBy(() -> GoNumbers.parseUint("65536", 16))
        .hasMessageContaining("value out of range");
    assertThatThrownBy(() -> GoNumbers.parseUint("-1", 16)).hasMessageContaining("invalid syntax");
  }

  @Test
  void quote_escapes() {
    assertThat(GoNumbers.quote("a\"b\\\n\u0001é…")).isEqualTo("\"a\\\"b\\\\\\n\\x01é…\"");
  }

  @Test
  void layOut_columns_areAtLeastTenWideAndThreeApart() {
    String text = "ID\tNAME\tX\n1234567890\ta\tlast\n";
    assertThat(new ColumnLayout(10, 3).layOut(text))
        .isEqualTo("ID           NAME      X\n1234567890   a         last\n");
  }

  @Test
  void layOut_interruptedColumn_isMeasuredInParts() {
    String text = "a\tb\nnone\nlonger-than-that\tc\n";
    assertThat(new ColumnLayout(4, 1).layOut(text)).isEqualTo("a   b\nnone\nlonger-than-that c\n");
  }

  @Test
  void layOut_wideCharacters_countAsOne() {
    assertThat(new ColumnLayout(3, 1).layOut("…x\tb\nabcd\tc\n")).isEqualTo("…x   b\nabcd c\n");
  }

  @Test
  void timestamps_forms() {
    Instant now = Instant.ofEpochSecond(1_000_000);
    assertThat(Timestamps.parse("10s", now, ZoneOffset.UTC)).isEqualTo("999990.000000000");
    assertThat(Timestamps.parse("1234.5", now, ZoneOffset.UTC)).isEqualTo("1234.5");
    assertThat(Timestamps.parse("2013-01-02T13:23:37Z", now, ZoneId.of("Europe/Berlin")))
        .isEqualTo("1357133017.000000000");
    assertThat(Timestamps.parse("2013-01-02T13:23:37.5+01:00", now, ZoneOffset.UTC))
        .isEqualTo("1357129417.500000000");
    assertThat(Timestamps.parse("2013-01-02T13:23", now, ZoneOffset.UTC))
        .isEqualTo("1357132980.000000000");
    assertThat(Timestamps.parse("2013-01-02", now, ZoneOffset.UTC))
        .isEqualTo("1357084800.000000000");
    assertThat(Timestamps.parse("0", now, ZoneOffset.UTC)).isEqualTo("0");
    assertThatThrownBy(() -> Timestamps.parse("x", now, ZoneOffset.UTC))
        .hasMessage("failed to parse value as time or duration: \"x\"");
    assertThatThrownBy(() -> Timestamps.parse("2013-99-99", now, ZoneOffset.UTC))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
