package gantry.cli.create;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Files of `NAME=value` lines, as `--env-file` and `--label-file` take them: `#` starts a comment
/// line, blanks before a name are dropped, and everything behind the first `=` is the value, blanks
/// and quotes included.
public final class KeyValueFile {

  private KeyValueFile() {}

  /// The lines of `file` as `NAME=value`.
  ///
  /// @param kind what an error calls the file, e.g. `env`
  /// @param fallback the value of a name without `=`; such a line is left out when this finds none
  public static List<String> read(
      String kind, String file, Function<String, Optional<String>> fallback) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(Path.of(file));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("open " + file + ": no such file or directory", e);
    }
    try {
      return parse(bytes, fallback);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "invalid " + kind + " file (" + file + "): " + e.getMessage(), e);
    }
  }

  static List<String> parse(byte[] bytes, Function<String, Optional<String>> fallback) {
    List<String> entries = new ArrayList<>();
    int number = 0;
    for (byte[] raw : lines(bytes)) {
      number++;
      String line = decode(raw, number);
      if (number == 1 && line.startsWith("\uFEFF")) {
        line = line.substring(1);
      }
      line = line.stripLeading();
      if (line.isEmpty() || line.charAt(0) == '#') {
        continue;
      }
      int equals = line.indexOf('=');
      String name = equals < 0 ? line : line.substring(0, equals);
      if (name.isEmpty()) {
        throw new IllegalArgumentException("no variable name on line '" + line + "'");
      }
      if (name.indexOf(' ') >= 0 || name.indexOf('\t') >= 0) {
        throw new IllegalArgumentException("variable '" + name + "' contains whitespaces");
      }
      if (equals >= 0) {
        entries.add(line);
      } else {
        fallback.apply(name).ifPresent(value -> entries.add(name + "=" + value));
      }
    }
    return entries;
  }

  private static List<byte[]> lines(byte[] bytes) {
    List<byte[]> lines = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length ? i > start : bytes[i] == '\n') {
        int end = i > start && bytes[i - 1] == '\r' ? i - 1 : i;
        lines.add(Arrays.copyOfRange(bytes, start, end));
        start = i + 1;
      }
    }
    return lines;
  }

  private static String decode(byte[] line, int number) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder shown = new StringBuilder();
      for (byte b : line) {
        shown.append(shown.isEmpty() ? "" : " ").append(b & 0xff);
      }
      throw new IllegalArgumentException(
          "invalid utf8 bytes at line " + number + ": [" + shown + "]", e);
    }
  }
}
