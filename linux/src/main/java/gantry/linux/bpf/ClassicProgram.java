package gantry.linux.bpf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// An assembler of classic BPF: instructions of eight bytes, appended in order, with jumps forward.
///
/// It offers what the kernel can follow when it looks for calls that a seccomp filter always
/// allows: absolute loads, AND, JA, JEQ, JGE, JGT and returns.
///
/// Source: `linux/filter.h`, `linux/bpf_common.h`; `seccomp_is_const_allow` in `kernel/seccomp.c`.
public final class ClassicProgram {
  /// The longest program that the kernel takes (`BPF_MAXINSNS`).
  public static final int MAX_LENGTH = 4096;

  /// The size of one instruction in bytes (`struct sock_filter`).
  public static final int INSTRUCTION_BYTES = 8;

  /// The farthest a conditional jump reaches.
  public static final int MAX_CONDITIONAL_JUMP = 255;

  static final int LD_W_ABS = 0x20;
  static final int ALU_AND_K = 0x54;
  static final int JA = 0x05;
  static final int JEQ_K = 0x15;
  static final int JGT_K = 0x25;
  static final int JGE_K = 0x35;
  static final int RET_K = 0x06;

  private long[] code = new long[256];
  private int length;

  /// An empty program.
  public ClassicProgram() {}

  /// The number of instructions so far, and so the position of the next.
  public int length() {
    return length;
  }

  /// Loads the 32-bit word at `offset` of the data.
  public void load(int offset) {
    add(LD_W_ABS, 0, 0, offset);
  }

  /// Keeps the bits of `mask`.
  public void and(int mask) {
    add(ALU_AND_K, 0, 0, mask);
  }

  /// Ends the program with `value`.
  public void ret(int value) {
    add(RET_K, 0, 0, value);
  }

  /// Skips `count` instructions.
  public void jump(int count) {
    add(JA, 0, 0, count);
  }

  /// Skips `ifTrue` or `ifFalse` instructions, each 0 to 255.
  public void jumpIfEqual(int value, int ifTrue, int ifFalse) {
    add(JEQ_K, ifTrue, ifFalse, value);
  }

  /// As [#jumpIfEqual], for an unsigned "greater than".
  public void jumpIfGreater(int value, int ifTrue, int ifFalse) {
    add(JGT_K, ifTrue, ifFalse, value);
  }

  /// As [#jumpIfEqual], for an unsigned "greater or equal".
  public void jumpIfAtLeast(int value, int ifTrue, int ifFalse) {
    add(JGE_K, ifTrue, ifFalse, value);
  }

  /// Appends another program; its jumps are relative and stay right.
  public void append(ClassicProgram other) {
    for (int i = 0; i < other.length; i++) {
      add(other.code[i]);
    }
  }

  /// The program as an array of `struct sock_filter` in this machine's byte order.
  ///
  /// @throws IllegalArgumentException when it is longer than the kernel takes
  public byte[] toBytes() {
    if (length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "the filter has %d instructions, the kernel takes %d".formatted(length, MAX_LENGTH));
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(length * INSTRUCTION_BYTES).order(ByteOrder.nativeOrder());
    for (int i = 0; i < length; i++) {
      bytes.putShort((short) (code[i] >>> 48));
      bytes.put((byte) (code[i] >>> 40));
      bytes.put((byte) (code[i] >>> 32));
      bytes.putInt((int) code[i]);
    }
    return bytes.array();
  }

  private void add(int opcode, int ifTrue, int ifFalse, int value) {
    if ((ifTrue | ifFalse) >>> 8 != 0) {
      throw new IllegalArgumentException(
          "a conditional jump skips 0 to 255 instructions, not %d or %d"
              .formatted(ifTrue, ifFalse));
    }
    add(
        (long) opcode << 48
            | (long) ifTrue << 40
            | (long) ifFalse << 32
            | Integer.toUnsignedLong(value));
  }

  private void add(long instruction) {
    if (length == code.length) {
      code = Arrays.copyOf(code, length * 2);
    }
    code[length++] = instruction;
  }
}
