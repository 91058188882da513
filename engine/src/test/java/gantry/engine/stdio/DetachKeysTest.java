package gantry.engine.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.engine.EngineException;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DetachKeysTest {
  private static byte[] scan(DetachKeys keys, int... typed) {
    byte[] bytes = new byte[typed.length];
    for (int i = 0; i < typed.length; i++) {
      bytes[i] = (byte) typed[i];
    }
    return keys.scan(bytes, 0, bytes.length).bytes();
  }

  @Test
  void scan_default_isCtrlPCtrlQ() {
    DetachKeys.Scan scan =
        DetachKeys.parse(Optional.empty()).scan(new byte[] {'a', 16, 17, 'b'}, 0, 4);
    assertThat(scan.detached()).isTrue();
    assertThat(scan.bytes()).containsExactly('a');
  }

  @Test
  void scan_halfTyped_isHeldBackAndThenSent() {
    DetachKeys keys = DetachKeys.parse(Optional.empty());
    assertThat(scan(keys, 16)).isEmpty();
    assertThat(scan(keys, 'x')).containsExactly(16, 'x');
    assertThat(scan(keys, 16)).isEmpty();
    assertThat(scan(keys, 16)).containsExactly(16);
  }

  @Test
  void parse_ownKeys() {
    DetachKeys.Scan scan =
        DetachKeys.parse(Optional.of("ctrl-x,q")).scan(new byte[] {24, 'q'}, 0, 2);
    assertThat(scan.detached()).isTrue();
  }

  @Test
  void parse_unknownKey_isRefused() {
    assertThatThrownBy(() -> DetachKeys.parse(Optional.of("ctrl-5")))
        .isInstanceOf(EngineException.class)
        .hasMessageContaining("ctrl-5");
  }
}
