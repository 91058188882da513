package gantry.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

class MessageTest {
  private static ByteBuffer bytes(MessageWriter message) {
    return ByteBuffer.wrap(message.finish(0, 7)).order(ByteOrder.nativeOrder());
  }

  @Test
  void read_whatWasWritten_isTheSame() throws Exception {
    MessageWriter message = new MessageWriter(16, 0x400).u8(1).zeros(1).u16(0xFFFE).u32(-2);
    message.text(3, "veth0").u8(4, 200).u16(5, 60000).u32(6, -1).u64(7, Long.MIN_VALUE).flag(8);
    message.u16Network(9, 0x1234);
    int outer = message.begin(18);
    message.text(1, "bridge");
    int inner = message.begin(2);
    message.u32Network(1, 0x01020304).end(inner);
    message.end(outer);

    Message read = Message.read(bytes(message));
    assertThat(read.type()).isEqualTo(16);
    assertThat(read.flags()).isEqualTo(0x400);
    assertThat(read.sequence()).isEqualTo(7);
    assertThat(read.u16(2)).isEqualTo(0xFFFE);
    assertThat(read.u32(4)).isEqualTo(-2);
    Attributes attributes = read.attributes(8);
    assertThat(attributes.text(3)).contains("veth0");
    assertThat(attributes.u8(4)).hasValue(200);
    assertThat(attributes.u16(5)).hasValue(60000);
    assertThat(attributes.u32(6)).hasValue(-1);
    assertThat(attributes.u64(7)).hasValue(Long.MIN_VALUE);
    assertThat(attributes.has(8)).isTrue();
    assertThat(attributes.bytes(9)).contains(new byte[] {0x12, 0x34});
    assertThat(attributes.nested(18).text(1)).contains("bridge");
    assertThat(attributes.nested(18).nested(2).address(1).orElseThrow().getHostAddress())
        .isEqualTo("1.2.3.4");
    assertThat(attributes.nested(99).numbers()).isEmpty();
  }

  @Test
  void read_attributeBeyondTheEnd_isRefused() {
    ByteBuffer bytes = bytes(new MessageWriter(1, 0).u32(1, 5));
    bytes.putShort(16, (short) 9);
    assertThatThrownBy(() -> Message.read(bytes).attributes(0))
        .isInstanceOf(NetlinkException.class);
  }

  @Test
  void read_messageBeyondTheEnd_isRefused() {
    ByteBuffer bytes = bytes(new MessageWriter(1, 0).u32(1, 5));
    bytes.putInt(0, 25);
    assertThatThrownBy(() -> Message.read(bytes)).isInstanceOf(NetlinkException.class);
  }

  @Test
  void u32_shortAttribute_isRefused() {
    Attributes attributes = Message.read(bytes(new MessageWriter(1, 0).u8(1, 5))).attributes(0);
    assertThatThrownBy(() -> attributes.u32(1)).hasMessage("attribute 1 has 1 bytes, expected 4");
  }

  @Test
  void end_tooLong_isRefused() {
    MessageWriter message = new MessageWriter(1, 0);
    int mark = message.begin(1);
    message.attribute(1, new byte[40_000]).attribute(2, new byte[40_000]);
    assertThatThrownBy(() -> message.end(mark)).isInstanceOf(IllegalArgumentException.class);
  }
}
