package gantry.linux.netlink;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Any datagram ends in messages or in a [NetlinkException], never beyond its end and never in an
/// endless loop.
class MessageFuzzTest {
  @FuzzTest
  void datagram(byte[] bytes) {
    ByteBuffer datagram = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
    try {
      while (datagram.hasRemaining()) {
        read(Message.read(datagram).attributes(4), 0);
      }
    } catch (NetlinkException _) {
      // refused, as is right
    }
  }

  private static void read(Attributes attributes, int depth) {
    for (int number : attributes.numbers()) {
      attributes.text(number);
      attributes.u8(number);
      if (depth < 8) {
        read(attributes.nested(number), depth + 1);
      }
    }
  }
}
