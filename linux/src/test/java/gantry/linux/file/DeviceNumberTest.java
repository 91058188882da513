package gantry.linux.file;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DeviceNumberTest {
  @Test
  void encoded_asGnuMakedev() {
    assertThat(new DeviceNumber(1, 3).encoded()).isEqualTo(0x103);
    assertThat(new DeviceNumber(0xABCDE, 0x12345).encoded()).isEqualTo(0xab000123cde45L);
  }

  @Test
  void decode_undoesEncoded() {
    for (DeviceNumber number :
        new DeviceNumber[] {
          new DeviceNumber(8, 16), new DeviceNumber(259, 1 << 19), new DeviceNumber(-1, -1)
        }) {
      assertThat(DeviceNumber.decode(number.encoded())).isEqualTo(number);
    }
  }
}
