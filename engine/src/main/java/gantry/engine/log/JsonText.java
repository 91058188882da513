package gantry.engine.log;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The inside of JSON strings, from bytes and to bytes, eight at a time while nothing is special.
///
/// What is not UTF-8 becomes U+FFFD, as in Docker's logs: a log file is always JSON.
final class JsonText {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };
  private static final byte[] REPLACEMENT = {'\\', 'u', 'f', 'f', 'f', 'd'};

  private JsonText() {}

  /// Appends `source[from, to)` to `out` as the inside of a JSON string.
  static void escape(byte[] source, int from, int to, ByteArray out) {
    out.reserve((to - from) * 6);
    byte[] target = out.array;
    int length = out.length;
    int i = from;
    while (i < to) {
      while (i + 8 <= to) {
        long word = (long) LONGS.get(source, i);
        if (special(word)) {
          break;
        }
        LONGS.set(target, length, word);
        i += 8;
        length += 8;
      }
      if (i == to) {
        break;
      }
      byte b = source[i];
      if (b >= 0x20 && b != '"' && b != '\\') {
        target[length++] = b;
        i++;
      } else if (b >= 0) {
        length = escapeAscii(b, target, length);
        i++;
      } else {
        int width = utf8Width(source, i, to);
        if (width == 0) {
          System.arraycopy(REPLACEMENT, 0, target, length, REPLACEMENT.length);
          length += REPLACEMENT.length;
          i++;
        } else {
          System.arraycopy(source, i, target, length, width);
          length += width;
          i += width;
        }
      }
    }
    out.length = length;
  }

  /// Appends the text of the JSON string whose inside begins at `from`; returns the index of its
  /// closing quote, or -1 when there is none before `to` or an escape is wrong.
  static int unescape(byte[] source, int from, int to, ByteArray out) {
    out.reserve(to - from);
    byte[] target = out.array;
    int length = out.length;
    int i = from;
    while (i < to) {
      while (i + 8 <= to) {
        long word = (long) LONGS.get(source, i);
        if (quoteOrBackslash(word)) {
          break;
        }
        LONGS.set(target, length, word);
        i += 8;
        length += 8;
      }
      if (i == to) {
        break;
      }
      byte b = source[i];
      if (b == '"') {
        out.length = length;
        return i;
      }
      if (b != '\\') {
        target[length++] = b;
        i++;
        continue;
      }
      if (i + 1 >= to) {
        return -1;
      }
      byte kind = source[i + 1];
      if (kind == 'u') {
        int unit = hex4(source, i + 2, to);
        if (unit < 0) {
          return -1;
        }
        i += 6;
        int codePoint = unit;
        if (Character.isHighSurrogate((char) unit)) {
          int low =
              i + 1 < to && source[i] == '\\' && source[i + 1] == 'u'
                  ? hex4(source, i + 2, to)
                  : -1;
          if (low >= 0 && Character.isLowSurrogate((char) low)) {
            codePoint = Character.toCodePoint((char) unit, (char) low);
            i += 6;
          } else {
            codePoint = 0xfffd;
          }
        } else if (Character.isLowSurrogate((char) unit)) {
          codePoint = 0xfffd;
        }
        length = utf8(codePoint, target, length);
      } else {
        int plain = plain(kind);
        if (plain < 0) {
          return -1;
        }
        target[length++] = (byte) plain;
        i += 2;
      }
    }
    return -1;
  }

  /// Where `source[from, to)` can be cut so that no character of UTF-8 is cut in two: `to`, or up
  /// to three bytes before it.
  static int characterBoundary(byte[] source, int from, int to) {
    for (int back = 1; back <= 3 && to - back >= from; back++) {
      int b = source[to - back] & 0xff;
      if (b < 0x80) {
        return to;
      }
      if (b >= 0xc0) {
        int width = b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : 2;
        return width > back && to - back > from ? to - back : to;
      }
    }
    return to;
  }

  /// Whether one of eight bytes is a control character, a quote, a backslash, or above ASCII.
  private static boolean special(long word) {
    long control = (word - ONES * 0x20) & ~word & HIGHS;
    return (control | (word & HIGHS)) != 0 || quoteOrBackslash(word);
  }

  private static boolean quoteOrBackslash(long word) {
    long quote = word ^ (ONES * '"');
    long backslash = word ^ (ONES * '\\');
    return ((((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGHS) != 0;
  }

  private static int escapeAscii(byte b, byte[] target, int at) {
    int length = at;
    target[length++] = '\\';
    switch (b) {
      case '"' -> target[length++] = '"';
      case '\\' -> target[length++] = '\\';
      case '\n' -> target[length++] = 'n';
      case '\r' -> target[length++] = 'r';
      case '\t' -> target[length++] = 't';
      default -> {
        target[length++] = 'u';
        target[length++] = '0';
        target[length++] = '0';
        target[length++] = HEX[b >> 4];
        target[length++] = HEX[b & 15];
      }
    }
    return length;
  }

  /// Bytes of the character of UTF-8 at `at`; 0 for what is none (RFC 3629, section 4).
  private static int utf8Width(byte[] source, int at, int to) {
    int b = source[at] & 0xff;
    int width = b >= 0xf5 ? 0 : b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc2 ? 2 : 0;
    if (width == 0 || at + width > to) {
      return 0;
    }
    int second = source[at + 1] & 0xff;
    int least = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80;
    int most = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
    if (second < least || second > most) {
      return 0;
    }
    for (int i = 2; i < width; i++) {
      if ((source[at + i] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return width;
  }

  private static int utf8(int codePoint, byte[] target, int at) {
    int length = at;
    if (codePoint < 0x80) {
      target[length++] = (byte) codePoint;
    } else if (codePoint < 0x800) {
      target[length++] = (byte) (0xc0 | (codePoint >> 6));
      target[length++] = (byte) (0x80 | (codePoint & 0x3f));
    } else if (codePoint < 0x10000) {
      target[length++] = (byte) (0xe0 | (codePoint >> 12));
      target[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
      target[length++] = (byte) (0x80 | (codePoint & 0x3f));
    } else {
      target[length++] = (byte) (0xf0 | (codePoint >> 18));
      target[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
      target[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
      target[length++] = (byte) (0x80 | (codePoint & 0x3f));
    }
    return length;
  }

  private static int plain(byte kind) {
    return switch (kind) {
      case '"', '\\', '/' -> kind;
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      default -> -1;
    };
  }

  private static int hex4(byte[] source, int from, int to) {
    if (from + 4 > to) {
      return -1;
    }
    int value = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(source[i], 16);
      if (digit < 0) {
        return -1;
      }
      value = (value << 4) | digit;
    }
    return value;
  }
}
