package gantry.linux.process;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// A signal, by its number, 1 to 64; the same on x86-64 and arm64. Real-time signals are counted as
/// glibc does, from `RTMIN` = 34 (the two below are its own).
///
/// See signal(7).
public record Signal(int number) {
  public static final int MAX = 64;

  private static final String[] NAMES = {
    "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU",
    "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS"
  };
  private static final int RTMIN = 34;
  private static final int RTMAX = 64;
  private static final Map<String, Integer> SECOND_NAMES =
      Map.of("CLD", 17, "IOT", 6, "POLL", 29, "UNUSED", 31);

  public static final Signal HUP = new Signal(1);
  public static final Signal INT = new Signal(2);
  public static final Signal QUIT = new Signal(3);
  public static final Signal ABRT = new Signal(6);
  public static final Signal KILL = new Signal(9);
  public static final Signal USR1 = new Signal(10);
  public static final Signal SEGV = new Signal(11);
  public static final Signal USR2 = new Signal(12);
  public static final Signal PIPE = new Signal(13);
  public static final Signal TERM = new Signal(15);
  public static final Signal CHLD = new Signal(17);
  public static final Signal CONT = new Signal(18);
  public static final Signal STOP = new Signal(19);
  public static final Signal WINCH = new Signal(28);

  public Signal {
    if (number < 1 || number > MAX) {
      throw new IllegalArgumentException("signals are 1 to 64, got " + number);
    }
  }

  /// Reads `SIGTERM`, `TERM`, `term`, `15`, `SIGRTMIN+3` or `RTMAX-2`.
  ///
  /// @throws IllegalArgumentException if it is none of these
  public static Signal parse(String text) {
    String name = text.strip().toUpperCase(Locale.ROOT);
    String bare = name.startsWith("SIG") ? name.substring(3) : name;
    Integer number = Names.NUMBERS.get(bare);
    if (number == null && name.matches("[0-9]{1,2}")) {
      number = Integer.valueOf(name);
    }
    if (number == null || number < 1 || number > MAX) {
      throw new IllegalArgumentException(
          "no signal '"
              + text
              + "'; give a name as SIGTERM, TERM or RTMIN+3, or a number from 1 to 64");
    }
    return new Signal(number);
  }

  /// The name without `SIG`: `TERM`, `RTMIN+3`; the number in digits for the two that glibc keeps
  /// for itself.
  public String name() {
    if (number < NAMES.length) {
      return NAMES[number];
    }
    if (number < RTMIN) {
      return Integer.toString(number);
    }
    return realTimeName(number);
  }

  /// As kill(1) and Docker name them: the lower half counted from the lowest, the upper half from
  /// the highest.
  private static String realTimeName(int number) {
    if (number == RTMIN) {
      return "RTMIN";
    }
    if (number == RTMAX) {
      return "RTMAX";
    }
    return number <= RTMIN + 15 ? "RTMIN+" + (number - RTMIN) : "RTMAX-" + (RTMAX - number);
  }

  /// `SIGTERM`.
  @Override
  public String toString() {
    return "SIG" + name();
  }

  private static final class Names {
    static final Map<String, Integer> NUMBERS = new HashMap<>(SECOND_NAMES);

    static {
      for (int number = 1; number <= MAX; number++) {
        NUMBERS.put(new Signal(number).name(), number);
      }
      for (int i = 0; i <= RTMAX - RTMIN; i++) {
        NUMBERS.put("RTMIN+" + i, RTMIN + i);
        NUMBERS.put("RTMAX-" + i, RTMAX - i);
      }
    }
  }
}
