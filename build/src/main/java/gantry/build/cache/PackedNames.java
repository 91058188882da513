package gantry.build.cache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;

/// Names with a short value each, as few bytes: `value TAB name NUL`, compressed. Values have no
/// tab, and names no NUL, as paths have none.
final class PackedNames {
  private PackedNames() {}

  static byte[] pack(Map<String, ?> values) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(bytes)) {
      for (Map.Entry<String, ?> entry : new TreeMap<>(values).entrySet()) {
        String line = entry.getValue() + "\t" + entry.getKey() + "\0";
        out.write(line.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static Map<String, String> unpack(byte[] packed) {
    Map<String, String> values = new TreeMap<>();
    try (InflaterInputStream in = new InflaterInputStream(new ByteArrayInputStream(packed))) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\0", -1)) {
        int tab = line.indexOf('\t');
        if (tab >= 0) {
          values.put(line.substring(tab + 1), line.substring(0, tab));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return values;
  }
}
