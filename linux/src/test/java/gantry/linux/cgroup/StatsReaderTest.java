package gantry.linux.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.cgroup.CgroupStats.Entry;
import gantry.linux.file.DeviceNumber;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StatsReaderTest {
  private static final DeviceNumber DISK = new DeviceNumber(254, 0);

  @Test
  void keyed_linesOfKeyAndValue() {
    assertThat(StatsReader.keyed("anon 4096\nfile 0\nodd\n\nmax 18446744073709551615"))
        .isEqualTo(Map.of("anon", 4096L, "file", 0L, "max", -1L));
    assertThat(StatsReader.keyed("")).isEmpty();
  }

  @Test
  void numbers_mayEndWithABlank() {
    assertThat(StatsReader.numbers("13 14 \n")).containsExactly(13L, 14L);
    assertThat(StatsReader.numbers("")).isEmpty();
  }

  @Test
  void perCpu_skipsTheHeading() {
    assertThat(StatsReader.perCpu("cpu user system\n0 10 1\n1 20 2\n"))
        .containsExactly(new long[] {10, 1}, new long[] {20, 2});
  }

  @Test
  void entries_ofVersionOne_withoutTheSum() {
    assertThat(StatsReader.entries("254:0 Read 4096\n254:0 Total 4096\nTotal 4096\n"))
        .containsExactly(new Entry(DISK, "read", 4096), new Entry(DISK, "total", 4096));
  }

  @Test
  void ioStat_ofVersionTwo_otherKeysAreLeftOut() {
    CgroupStats.Io io =
        StatsReader.ioStat(
            "254:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6 cost.usage=7\n8:0 \n");
    assertThat(io.bytes())
        .containsExactly(
            new Entry(DISK, "read", 1), new Entry(DISK, "write", 2), new Entry(DISK, "discard", 5));
    assertThat(io.operations()).extracting(Entry::value).containsExactly(3L, 4L, 6L);
  }

  @Test
  void workingSet_isWithoutInactiveFiles() {
    CgroupStats.Memory memory =
        new CgroupStats.Memory(100, 0, OptionalLong.empty(), 0, 0, 0, Map.of("inactive_file", 30L));
    assertThat(memory.workingSetBytes()).isEqualTo(70);
  }
}
