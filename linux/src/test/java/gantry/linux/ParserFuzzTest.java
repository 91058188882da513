package gantry.linux;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.linux.mount.MountInfo;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Signal;

/// Text with parts that a container chooses, names of mount points and of processes, ends in a
/// value or in an [IllegalArgumentException], never in anything else.
class ParserFuzzTest {
  @FuzzTest
  void mountInfo(FuzzedDataProvider data) {
    try {
      MountInfo.parseAll(data.consumeRemainingAsString());
    } catch (IllegalArgumentException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void processStat(FuzzedDataProvider data) {
    try {
      ProcessStat.parse(data.consumeRemainingAsString());
    } catch (IllegalArgumentException _) {
      // refused, as is right
    }
  }

  @FuzzTest
  void signal(FuzzedDataProvider data) {
    try {
      Signal signal = Signal.parse(data.consumeRemainingAsString());
      if (!Signal.parse(signal.toString()).equals(signal)
          && signal.number() != 32
          && signal.number() != 33) {
        throw new AssertionError("does not read back: " + signal);
      }
    } catch (IllegalArgumentException _) {
      // refused, as is right
    }
  }
}
