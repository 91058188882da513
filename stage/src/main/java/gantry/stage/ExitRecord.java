package gantry.stage;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// How a process ended, as the monitor wrote it: 32 bytes, little-endian.
///
/// ```text
/// 0  u32 magic "GXIT"   4  i32 pid   8  i32 status of wait(2)   12  0
/// 16 i64 CLOCK_REALTIME in nanoseconds   24  0
/// ```
///
/// @param status as wait(2) gives it
public record ExitRecord(int pid, int status, Instant at) {
  /// So many bytes is one record.
  public static final int SIZE = 32;

  static final int MAGIC = 0x54495847;

  /// The complete records in a file, in the order in which the processes ended.
  ///
  /// @throws IllegalArgumentException if these are no records
  public static List<ExitRecord> parse(byte[] file) {
    List<ExitRecord> records = new ArrayList<>();
    for (int at = 0; at + SIZE <= file.length; at += SIZE) {
      if ((int) PlanLayout.INT.get(file, at) != MAGIC) {
        throw new IllegalArgumentException("no exit record at byte " + at);
      }
      long nanoseconds = (long) PlanLayout.LONG.get(file, at + 16);
      records.add(
          new ExitRecord(
              (int) PlanLayout.INT.get(file, at + 4),
              (int) PlanLayout.INT.get(file, at + 8),
              Instant.ofEpochSecond(
                  Math.floorDiv(nanoseconds, 1_000_000_000L),
                  Math.floorMod(nanoseconds, 1_000_000_000L))));
    }
    return records;
  }
}
