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

  @Test
  void parameters_ofNfs_haveTheServersAddress_andWhatIsNotOfEveryMount() {
    assertThat(parameters("nfs", ":/path", "addr=localhost,nfsvers=4,soft,rw,noatime,timeo=600"))
        .containsExactly("source=:/path", "addr=127.0.0.1", "nfsvers=4", "soft", "timeo=600");
    assertThat(parameters("nfs4", ":/", "addr=192.0.2.7,ro"))
        .containsExactly("source=:/", "addr=192.0.2.7", "ro");
    assertThat(parameters("nfs", ":/", "addr=2001:db8::7"))
        .containsExactly("source=:/", "addr=2001:db8:0:0:0:0:0:7");
    assertThat(parameters("other", "", "addr=localhost")).containsExactly("addr=localhost");
  }

  private static List<String> parameters(String type, String device, String words) {
    return VolumeOptions.parse(Map.of("type", type, "device", device, "o", words))
        .orElseThrow()
        .parameters()
        .stream()
        .map(p -> p.key() + p.value().map(value -> "=" + value).orElse(""))
        .toList();
  }

  @Test
  void parameters_ofAServerWithoutAddress_areRefused() {
    assertThatThrownBy(() -> parameters("nfs", ":/", "addr=no-such-host.invalid"))
        .hasMessage(
            "error resolving passed in network volume address: no address of 'no-such-host.invalid' is known");
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
