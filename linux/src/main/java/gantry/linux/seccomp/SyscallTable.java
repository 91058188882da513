package gantry.linux.seccomp;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/// The numbers of system calls by name, from a table in the module (Linux 7.2).
public final class SyscallTable {
  private static final SeccompArch[] COLUMNS = {
    SeccompArch.X86_64, SeccompArch.X86, SeccompArch.X32, SeccompArch.AARCH64, SeccompArch.ARM
  };
  private static final Map<SeccompArch, Map<String, Integer>> NUMBERS = load();

  private SyscallTable() {}

  /// The number as `seccomp_data.nr` has it, with bit 30 for x32; empty where there is no such
  /// call.
  public static OptionalInt number(SeccompArch arch, String name) {
    Integer number = numbers(arch).get(name);
    return number == null ? OptionalInt.empty() : OptionalInt.of(number);
  }

  /// All calls of an architecture, by name.
  static Map<String, Integer> numbers(SeccompArch arch) {
    return NUMBERS.getOrDefault(arch, Map.of());
  }

  private static Map<SeccompArch, Map<String, Integer>> load() {
    Map<SeccompArch, Map<String, Integer>> tables = new EnumMap<>(SeccompArch.class);
    for (SeccompArch arch : COLUMNS) {
      tables.put(arch, new HashMap<>(512));
    }
    try (BufferedReader reader = open()) {
      reader
          .lines()
          .filter(line -> !line.startsWith("#"))
          .forEach(line -> addRow(tables, line.split(" ", -1)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the table of system calls", e);
    }
    return Collections.unmodifiableMap(tables);
  }

  private static void addRow(Map<SeccompArch, Map<String, Integer>> tables, String[] fields) {
    for (int i = 0; i < COLUMNS.length; i++) {
      if (!fields[i + 1].equals("-")) {
        int number = Integer.parseInt(fields[i + 1]) | COLUMNS[i].numberBase();
        tables.getOrDefault(COLUMNS[i], Map.of()).put(fields[0], number);
      }
    }
  }

  private static BufferedReader open() {
    InputStream resource = SyscallTable.class.getResourceAsStream("syscalls.txt");
    if (resource == null) {
      throw new IllegalStateException("syscalls.txt is missing from the module gantry.linux");
    }
    return new BufferedReader(new InputStreamReader(resource, StandardCharsets.US_ASCII));
  }
}
