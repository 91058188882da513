package gantry.stage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The binary form of a plan, version 1: little-endian, as `struct plan` and `struct step` in
/// stage.c have it.
///
/// ```text
/// 0    u32 magic "GRPL"      4   u32 version           8  u64 checksum of all that follows
/// 16   u32 size              20  u32 offset of steps   24 u32 number of steps
/// 28   u32 offset of pointers                          32 u32 number of pointers
/// 36   u32 offset of data    40  u32 size of data      44 u32 offset of times, 0 for none
/// 48   i32 child's pid       52  i32 state             56 i32 failed step    60 i32 errno
/// 64   i32 slots[192]
/// 832  steps, 64 bytes each: u8 operation, u8 save (255: no), u8 skip, u8 0, u8 ignore[4],
///                            i64 arguments[6], u64 0
///      pointers, 8 bytes each: offset of a string in data, or 0xffffffff; the last is that
///      data: strings, each ended by 0, and structures at multiples of 8; its last byte is 0
///      times, 8 bytes for each step: CLOCK_MONOTONIC in nanoseconds when the step began
/// ```
///
/// The parts follow one another without gaps. An argument is a number; or the index of a slot, or
/// -100 for the current directory; or an offset in data, with the length in the upper half where
/// the operation wants one; or the index of a pointer.
final class PlanLayout {
  static final int MAGIC = 0x4c505247;
  static final int VERSION = 1;
  static final int CHECKSUM = 8;
  static final int SIZE = 16;
  static final int STEPS = 20;
  static final int STEP_COUNT = 24;
  static final int POINTERS = 28;
  static final int POINTER_COUNT = 32;
  static final int DATA = 36;
  static final int DATA_SIZE = 40;
  static final int TIMES = 44;
  static final int CHILD = 48;
  static final int STATE = 52;
  static final int FAILED_STEP = 56;
  static final int ERROR = 60;
  static final int SLOTS = 64;
  static final int HEADER = 832;
  static final int STEP = 64;
  static final int NO_SLOT = 255;
  static final long NONE = 0xffffffffL;
  static final int MAXIMUM = 16 << 20;

  static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private PlanLayout() {}

  /// Over all bytes from 16 on, one 64-bit word at a time.
  static long checksum(byte[] plan) {
    long sum = 0x9e3779b97f4a7c15L;
    for (int i = SIZE; i + 8 <= plan.length; i += 8) {
      sum = (sum ^ (long) LONG.get(plan, i)) * 0xff51afd7ed558ccdL;
      sum ^= sum >>> 32;
    }
    return sum;
  }
}
