package gantry.image.tar;

import gantry.linux.call.FileName;
import gantry.linux.file.TimeSpec;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// An extended header: records `LENGTH KEY=VALUE\n`, whose values are bytes. An empty value takes a
/// key away.
///
/// Spec: POSIX.1-2017, `pax`, "pax Extended Header"; `SCHILY.xattr.*` as GNU tar, star and Go write
/// it; `GNU.sparse.*` per GNU tar's manual, "Storing Sparse Files".
record PaxRecords(Map<String, byte[]> values, List<TarEntry.Segment> sparseSegments) {
  static final PaxRecords NONE = new PaxRecords(Map.of(), List.of());
  private static final String XATTR = "SCHILY.xattr.";
  private static final BigDecimal BILLION = BigDecimal.valueOf(1_000_000_000);

  static PaxRecords parse(byte[] bytes) {
    Map<String, byte[]> values = new LinkedHashMap<>();
    List<TarEntry.Segment> segments = new ArrayList<>();
    long sparseOffset = -1;
    int start = 0;
    while (start < bytes.length && bytes[start] != 0) {
      int space = indexOf(bytes, start, ' ');
      long length = decimal(bytes, start, space);
      if (length <= space + 1 - start || length > bytes.length - start) {
        throw malformed();
      }
      int end = start + (int) length;
      int equals = indexOf(bytes, space + 1, '=');
      if (bytes[end - 1] != '\n' || equals >= end) {
        throw malformed();
      }
      String key = FileName.decode(bytes, space + 1, equals - space - 1);
      if (key.isEmpty() || key.indexOf('\0') >= 0) {
        throw malformed();
      }
      byte[] value = Arrays.copyOfRange(bytes, equals + 1, end - 1);
      switch (key) { // format 0.0 repeats two keys for each segment
        case "GNU.sparse.offset" -> sparseOffset = decimal(value, 0, value.length);
        case "GNU.sparse.numbytes" ->
            segments.add(new TarEntry.Segment(sparseOffset, decimal(value, 0, value.length)));
        default -> values.put(key, value);
      }
      start = end;
    }
    values.values().removeIf(value -> value.length == 0);
    return new PaxRecords(values, segments);
  }

  private static int indexOf(byte[] bytes, int from, char wanted) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    throw malformed();
  }

  private static TarException malformed() {
    return new TarException("invalid tar header: malformed extended header");
  }

  static long decimal(byte[] bytes, int start, int end) {
    if (end <= start || end - start > 18) {
      throw malformed();
    }
    long value = 0;
    for (int i = start; i < end; i++) {
      int digit = bytes[i] - '0';
      if (digit < 0 || digit > 9) {
        throw malformed();
      }
      value = value * 10 + digit;
    }
    return value;
  }

  Optional<String> text(String key) {
    byte[] value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    String text = FileName.decode(value, 0, value.length);
    if (text.indexOf('\0') >= 0) {
      throw malformed();
    }
    return Optional.of(text);
  }

  Optional<Long> number(String key) {
    byte[] value = values.get(key);
    return value == null ? Optional.empty() : Optional.of(decimal(value, 0, value.length));
  }

  /// Seconds with a fraction, of which nanoseconds are kept.
  Optional<TimeSpec> time(String key) {
    byte[] value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    String text = new String(value, StandardCharsets.ISO_8859_1);
    if (text.length() > 40 || !text.matches("-?[0-9]*\\.?[0-9]*") || !text.matches(".*[0-9].*")) {
      throw malformed();
    }
    BigDecimal nanos =
        new BigDecimal(text).multiply(BILLION).setScale(0, java.math.RoundingMode.FLOOR);
    java.math.BigInteger[] parts = floorDivide(nanos.toBigInteger());
    if (parts[0].bitLength() > 62) {
      throw malformed();
    }
    return Optional.of(new TimeSpec(parts[0].longValue(), parts[1].intValue()));
  }

  private static java.math.BigInteger[] floorDivide(java.math.BigInteger nanos) {
    java.math.BigInteger[] parts = nanos.divideAndRemainder(BILLION.toBigInteger());
    if (parts[1].signum() < 0) {
      parts[0] = parts[0].subtract(java.math.BigInteger.ONE);
      parts[1] = parts[1].add(BILLION.toBigInteger());
    }
    return parts;
  }

  /// The extended attributes of the entry.
  Map<String, byte[]> attributes() {
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (key.startsWith(XATTR) && key.length() > XATTR.length()) {
            attributes.put(key.substring(XATTR.length()), value);
          }
        });
    return attributes;
  }
}
