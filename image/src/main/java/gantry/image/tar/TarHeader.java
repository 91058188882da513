package gantry.image.tar;

import gantry.linux.call.FileName;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One 512-byte block as a header: fields at fixed places, numbers in octal or, with the first bit
/// set, in base 256.
///
/// ```
/// name 100 | mode 8 | uid 8 | gid 8 | size 12 | mtime 12 | checksum 8 | type 1 | link 100 | magic 8
/// user 32 | group 32 | major 8 | minor 8 | prefix 155 (POSIX) or sparse map from 386 (GNU)
/// ```
///
/// Spec: POSIX.1-2017, `pax`, "ustar Interchange Format"; GNU tar's manual, "Basic Tar Format".
final class TarHeader {
  static final int SIZE = 512;
  static final int GNU_SPARSE_MAP = 386;
  static final int GNU_SPARSE_EXTENDED = 482;
  static final int GNU_SPARSE_REAL_SIZE = 483;

  private static final int CHECKSUM = 148;
  private static final int MAGIC = 257;
  private static final int PREFIX = 345;

  private final byte[] block;

  TarHeader(byte[] block) {
    this.block = block;
  }

  boolean set(int offset) {
    return block[offset] != 0;
  }

  boolean zero() {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /// Whether the sum of its bytes is what it says; some old writers summed signed bytes.
  boolean checksumValid() {
    long expected = octal(CHECKSUM, 8);
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < SIZE; i++) {
      byte b = i >= CHECKSUM && i < CHECKSUM + 8 ? (byte) ' ' : block[i];
      unsigned += b & 0xFF;
      signed += b;
    }
    return expected == unsigned || expected == signed;
  }

  String name() {
    String name = text(0, 100);
    boolean posix = new String(block, MAGIC, 6, StandardCharsets.ISO_8859_1).equals("ustar\0");
    String prefix = posix ? text(PREFIX, 155) : "";
    return prefix.isEmpty() ? name : prefix + "/" + name;
  }

  String linkName() {
    return text(157, 100);
  }

  char type() {
    return (char) (block[156] & 0xFF);
  }

  int permissions() {
    return (int) (number(100, 8) & 0xFFF);
  }

  long uid() {
    return number(108, 8);
  }

  long gid() {
    return number(116, 8);
  }

  long sizeBytes() {
    return number(124, 12);
  }

  long modifiedSeconds() {
    return number(136, 12);
  }

  int major() {
    return (int) number(329, 8);
  }

  int minor() {
    return (int) number(337, 8);
  }

  /// Text up to the first NUL.
  private String text(int offset, int length) {
    int end = offset;
    while (end < offset + length && block[end] != 0) {
      end++;
    }
    return FileName.decode(block, offset, end - offset);
  }

  /// A number of either form.
  ///
  /// @throws TarException if it is none, or does not fit into 63 bits and a sign
  long number(int offset, int length) {
    return (block[offset] & 0x80) != 0 ? base256(offset, length) : octal(offset, length);
  }

  private long base256(int offset, int length) {
    boolean negative = (block[offset] & 0x40) != 0;
    byte[] digits = Arrays.copyOfRange(block, offset, offset + length);
    digits[0] = (byte) (negative ? digits[0] | 0x80 : digits[0] & 0x7F);
    try {
      return new java.math.BigInteger(digits).longValueExact();
    } catch (ArithmeticException _) {
      throw new TarException("invalid tar header: a number is too large");
    }
  }

  private long octal(int offset, int length) {
    int start = offset;
    int end = offset + length;
    while (start < end && (block[start] == ' ' || block[start] == 0)) {
      start++;
    }
    long value = 0;
    for (int i = start; i < end && block[i] != ' ' && block[i] != 0; i++) {
      int digit = block[i] - '0';
      if (digit < 0 || digit > 7) {
        throw new TarException("invalid tar header: a number is not octal");
      }
      value = value << 3 | digit;
    }
    return value;
  }
}
