package gantry.build.context;

import gantry.linux.call.FileName;
import java.util.Arrays;
import java.util.Comparator;

/// The order of names by their bytes, the same on every machine.
final class NameOrder {
  /// UTF-16 has the same order but for characters beyond it, and bytes that are no UTF-8.
  static final Comparator<String> BYTES =
      (a, b) -> {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
          char x = a.charAt(i);
          char y = b.charAt(i);
          if (x != y) {
            return x < Character.MIN_SURROGATE && y < Character.MIN_SURROGATE
                ? x - y
                : Arrays.compareUnsigned(FileName.encode(a), FileName.encode(b));
          }
        }
        return a.length() - b.length();
      };

  private NameOrder() {}
}
