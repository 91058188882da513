package gantry.linux.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FileNameTest {
  @Test
  void encode_ascii_isItself() {
    assertThat(FileName.encode("etc/passwd"))
        .isEqualTo("etc/passwd".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void encode_emojiAndUmlaut_isUtf8() {
    assertThat(FileName.encode("ä😀")).isEqualTo("ä😀".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void encode_nul_isRefused() {
    assertThatThrownBy(() -> FileName.encode("etc/shadow\0.png"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("NUL");
  }

  @Test
  void encode_halfSurrogatePairNoByteStandsFor_isRefused() {
    assertThatThrownBy(() -> FileName.encode("a\uD83D"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void decode_latin1Byte_isEscapedAndComesBack() {
    byte[] name = {'a', (byte) 0xE4, 'b'};
    String text = FileName.decode(name, 0, 3);
    assertThat(text).isEqualTo("a\uDCE4b");
    assertThat(FileName.encode(text)).isEqualTo(name);
  }

  @Test
  void decode_anyBytes_comeBack() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      byte[] name = new byte[random.nextInt(12)];
      for (int j = 0; j < name.length; j++) {
        name[j] = (byte) (1 + random.nextInt(255));
      }
      assertThat(FileName.encode(FileName.decode(name, 0, name.length)))
          .as("seed %d", seed)
          .isEqualTo(name);
    }
  }
}
