package gantry.build.dockerfile;

import java.util.List;

/// The text that an instruction was read from.
///
/// @param name as errors call it: `Dockerfile`, `build/api.Dockerfile`
/// @param lines without their ends
public record Source(String name, List<String> lines) {
  public Source {
    lines = List.copyOf(lines);
  }

  /// The text of a line, counted from 1; empty behind the last one.
  public String line(int number) {
    return number >= 1 && number <= lines.size() ? lines.get(number - 1) : "";
  }
}
