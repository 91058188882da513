package gantry.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Runs a seccomp filter as the kernel does, on a `struct seccomp_data`.
public final class ClassicInterpreter {
  private final long[] code;

  public ClassicInterpreter(byte[] program) {
    ByteBuffer bytes = ByteBuffer.wrap(program).order(ByteOrder.nativeOrder());
    code = new long[program.length / 8];
    for (int i = 0; i < code.length; i++) {
      int opcode = bytes.getShort() & 0xffff;
      int ifTrue = bytes.get() & 0xff;
      int ifFalse = bytes.get() & 0xff;
      code[i] =
          (long) opcode << 48
              | (long) ifTrue << 40
              | (long) ifFalse << 32
              | (bytes.getInt() & 0xffffffffL);
    }
  }

  public int length() {
    return code.length;
  }

  /// The filter's answer for a call.
  public int run(int auditArch, int number, long... args) {
    ByteBuffer data = ByteBuffer.allocate(64).order(ByteOrder.nativeOrder());
    data.putInt(number).putInt(auditArch).putLong(0);
    for (long arg : args) {
      data.putLong(arg);
    }
    int accumulator = 0;
    int steps = 0;
    for (int at = 0; ; at++) {
      if (++steps > 4096) {
        throw new AssertionError("the filter does not end");
      }
      long instruction = code[at];
      int k = (int) instruction;
      int ifTrue = (int) (instruction >>> 40) & 0xff;
      int ifFalse = (int) (instruction >>> 32) & 0xff;
      switch ((int) (instruction >>> 48)) {
        case 0x20 -> accumulator = data.getInt(k);
        case 0x54 -> accumulator &= k;
        case 0x05 -> at += k;
        case 0x15 -> at += accumulator == k ? ifTrue : ifFalse;
        case 0x25 -> at += Integer.compareUnsigned(accumulator, k) > 0 ? ifTrue : ifFalse;
        case 0x35 -> at += Integer.compareUnsigned(accumulator, k) >= 0 ? ifTrue : ifFalse;
        case 0x45 -> at += (accumulator & k) != 0 ? ifTrue : ifFalse;
        case 0x06 -> {
          return k;
        }
        default -> throw new AssertionError("unknown instruction " + Long.toHexString(instruction));
      }
    }
  }
}
