package gantry.linux.process;

import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/// Which ids inside a user namespace are which outside of it. See user_namespaces(7).
///
/// @param ranges that do not overlap, on either side
public record IdMap(List<Range> ranges) {

  /// `size` ids from `inside` are those from `outside`.
  public record Range(long inside, long outside, long size) {}

  public IdMap {
    ranges = List.copyOf(ranges);
  }

  /// Reads the form of `/proc/PID/uid_map`.
  public static IdMap parse(String text) {
    return new IdMap(
        text.lines()
            .map(line -> line.strip().split(" +", -1))
            .map(
                fields ->
                    new Range(
                        Long.parseLong(fields[0]),
                        Long.parseLong(fields[1]),
                        Long.parseLong(fields[2])))
            .toList());
  }

  /// The id outside that `inside` stands for; empty when there is none.
  public OptionalInt outside(int inside) {
    long id = Integer.toUnsignedLong(inside);
    for (Range range : ranges) {
      if (id >= range.inside && id < range.inside + range.size) {
        return OptionalInt.of((int) (id - range.inside + range.outside));
      }
    }
    return OptionalInt.empty();
  }

  /// The id inside that stands for `outside`; empty when there is none.
  public OptionalInt inside(int outside) {
    long id = Integer.toUnsignedLong(outside);
    for (Range range : ranges) {
      if (id >= range.outside && id < range.outside + range.size) {
        return OptionalInt.of((int) (id - range.outside + range.inside));
      }
    }
    return OptionalInt.empty();
  }

  /// As `/proc/PID/uid_map` takes it, which takes it in one write.
  public String text() {
    return ranges.stream()
        .map(range -> range.inside + " " + range.outside + " " + range.size + "\n")
        .collect(Collectors.joining());
  }
}
