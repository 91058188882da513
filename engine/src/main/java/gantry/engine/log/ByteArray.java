package gantry.engine.log;

import java.util.Arrays;

/// A byte array that grows; writers reach into [#array] between [#reserve] and [#length].
final class ByteArray {
  byte[] array;
  int length;

  ByteArray(int capacity) {
    array = new byte[capacity];
  }

  /// Makes room for `count` more bytes behind [#length].
  void reserve(int count) {
    if (array.length - length < count) {
      array = Arrays.copyOf(array, Math.max(array.length * 2, length + count));
    }
  }

  void append(byte[] bytes) {
    append(bytes, 0, bytes.length);
  }

  void append(byte[] bytes, int from, int count) {
    reserve(count);
    System.arraycopy(bytes, from, array, length, count);
    length += count;
  }

  void append(byte value) {
    reserve(1);
    array[length++] = value;
  }

  void clear() {
    length = 0;
  }

  /// Clears, and gives the memory back.
  void release() {
    array = new byte[0];
    length = 0;
  }
}
