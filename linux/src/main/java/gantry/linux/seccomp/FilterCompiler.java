package gantry.linux.seccomp;

import gantry.linux.bpf.ClassicProgram;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalInt;
import java.util.TreeMap;

/// Rules to classic BPF.
///
/// The numbers of each architecture become ranges with one verdict each, from 0 to 2³²-1 without a
/// hole; neighbours with the same verdict are one range. The filter finds a range by halving, so a
/// call costs about seven comparisons, and none at all where the kernel has found that a verdict is
/// always "allow" (it runs the filter once per number at installation). A verdict that depends on
/// arguments is straight code at its leaf.
///
/// As with libseccomp and runc: an unknown architecture ends the thread; so does an x32 call when
/// the profile does not list x32; a number above all that the profile names gets ENOSYS, so that a
/// program falls back to an older call as on an older kernel; a rule that says what is said anyway
/// is left out; a rule without argument tests beats those with.
final class FilterCompiler {
  private static final int OFFSET_NUMBER = 0; // struct seccomp_data, linux/seccomp.h
  private static final int OFFSET_ARCH = 4;
  private static final int OFFSET_ARGS = 16;
  private static final int X32_BIT = 0x40000000;
  private static final int ARM_PRIVATE = 0x0f0000; // __ARM_NR_BASE: breakpoint, set_tls and others
  private static final SeccompAction.Errno ENOSYS = new SeccompAction.Errno(38);
  private static final Verdict BAD_ARCH = new Verdict.Always(new SeccompAction.KillThread());

  /// The calls that x86 also makes through `socketcall` and `ipc`: the number of the subcall.
  private static final Map<String, Integer> SOCKETCALLS =
      numbered(
          "socket bind connect listen accept getsockname getpeername socketpair send recv sendto"
              + " recvfrom shutdown setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg");

  private static final Map<String, Integer> IPC_CALLS =
      Map.ofEntries(
          Map.entry("semop", 1),
          Map.entry("semget", 2),
          Map.entry("semctl", 3),
          Map.entry("semtimedop", 4),
          Map.entry("msgsnd", 11),
          Map.entry("msgrcv", 12),
          Map.entry("msgget", 13),
          Map.entry("msgctl", 14),
          Map.entry("shmat", 21),
          Map.entry("shmdt", 22),
          Map.entry("shmget", 23),
          Map.entry("shmctl", 24));

  /// What a range of numbers leads to.
  private sealed interface Verdict {
    record Always(SeccompAction action) implements Verdict {}

    record ByArguments(boolean wide, List<Case> cases, SeccompAction otherwise)
        implements Verdict {}
  }

  private record Case(List<ArgumentTest> tests, SeccompAction action) {}

  private final SeccompAction defaultAction;
  private final List<SeccompRule> rules;

  FilterCompiler(SeccompAction defaultAction, List<SeccompRule> rules) {
    this.defaultAction = defaultAction;
    this.rules = rules;
  }

  /// The program for these architectures; the first is the machine's own.
  byte[] compile(List<SeccompArch> arches) {
    Map<Integer, List<SeccompArch>> byAudit = new LinkedHashMap<>();
    for (SeccompArch arch : arches) {
      byAudit.computeIfAbsent(arch.auditArch(), _ -> new ArrayList<>()).add(arch);
    }
    ClassicProgram program = new ClassicProgram();
    program.load(OFFSET_ARCH);
    for (Map.Entry<Integer, List<SeccompArch>> entry : byAudit.entrySet()) {
      ClassicProgram section = new ClassicProgram();
      section.load(OFFSET_NUMBER);
      section.append(tree(new ArrayList<>(ranges(entry.getValue()).entrySet())));
      program.jumpIfEqual(entry.getKey(), 1, 0);
      program.jump(section.length());
      program.append(section);
    }
    program.ret(new SeccompAction.KillThread().returnValue());
    return program.toBytes();
  }

  // ranges of numbers

  /// The verdicts by the first number of their range, as unsigned numbers.
  private NavigableMap<Long, Verdict> ranges(List<SeccompArch> arches) {
    NavigableMap<Long, Verdict> ranges = new TreeMap<>();
    for (SeccompArch arch : arches) {
      addRanges(ranges, arch);
    }
    if (arches.equals(List.of(SeccompArch.X86_64))) {
      ranges.put(Integer.toUnsignedLong(X32_BIT), BAD_ARCH);
      // -1 is a call that a tracer has cancelled, not one of x32
      ranges.put(0xffffffffL, new Verdict.Always(defaultAction));
    }
    return merged(ranges);
  }

  private void addRanges(NavigableMap<Long, Verdict> ranges, SeccompArch arch) {
    TreeMap<Integer, Verdict> verdicts = new TreeMap<>();
    collect(arch).forEach((number, cases) -> verdicts.put(number, verdict(arch, cases)));
    Verdict otherwise = new Verdict.Always(defaultAction);
    ranges.put(Integer.toUnsignedLong(arch.numberBase()), otherwise);
    verdicts.forEach(
        (number, verdict) -> {
          ranges.put((long) number, verdict);
          if (!verdicts.containsKey(number + 1)) {
            ranges.put(number + 1L, otherwise);
          }
        });
    if (!defaultAction.permits()) {
      largestNamed(arch).ifPresent(largest -> ranges.put(largest + 1L, new Verdict.Always(ENOSYS)));
      if (arch == SeccompArch.ARM) {
        ranges.putIfAbsent((long) ARM_PRIVATE, otherwise);
      }
    }
  }

  /// The largest number that the profile names, whatever it says of it. Calls private to ARM do not
  /// count: they lie far above the table.
  private OptionalInt largestNamed(SeccompArch arch) {
    return rules.stream()
        .flatMap(rule -> rule.names().stream())
        .map(name -> SyscallTable.number(arch, name))
        .flatMapToInt(OptionalInt::stream)
        .filter(number -> arch != SeccompArch.ARM || number < ARM_PRIVATE)
        .max();
  }

  private Map<Integer, List<Case>> collect(SeccompArch arch) {
    Map<Integer, List<Case>> cases = new LinkedHashMap<>();
    for (SeccompRule rule : rules) {
      if (rule.action().equals(defaultAction)) {
        continue;
      }
      for (String name : rule.names()) {
        SyscallTable.number(arch, name)
            .ifPresent(number -> addCases(cases, number, alternatives(rule), rule.action()));
        if (arch == SeccompArch.X86 && rule.args().isEmpty()) {
          addMultiplexed(cases, arch, name, rule.action());
        }
      }
    }
    return cases;
  }

  /// `socketcall` and `ipc` take their arguments in memory, where a filter cannot look: only a rule
  /// without argument tests can be kept for them.
  private static void addMultiplexed(
      Map<Integer, List<Case>> cases, SeccompArch arch, String name, SeccompAction action) {
    Map.of("socketcall", SOCKETCALLS, "ipc", IPC_CALLS)
        .forEach(
            (multiplexer, subcalls) -> {
              if (subcalls.containsKey(name)) {
                int subcall = subcalls.getOrDefault(name, 0);
                ArgumentTest test = new ArgumentTest(0, ArgumentTest.Operator.EQUAL, subcall, 0);
                SyscallTable.number(arch, multiplexer)
                    .ifPresent(n -> addCases(cases, n, List.of(List.of(test)), action));
              }
            });
  }

  private static void addCases(
      Map<Integer, List<Case>> cases,
      int number,
      List<List<ArgumentTest>> alternatives,
      SeccompAction action) {
    List<Case> list = cases.computeIfAbsent(number, _ -> new ArrayList<>());
    for (List<ArgumentTest> tests : alternatives) {
      list.add(new Case(tests, action));
    }
  }

  /// The tests of a rule; where two speak of the same argument each stands alone.
  private static List<List<ArgumentTest>> alternatives(SeccompRule rule) {
    long distinct = rule.args().stream().map(ArgumentTest::index).distinct().count();
    return distinct == rule.args().size()
        ? List.of(rule.args())
        : rule.args().stream().map(List::of).toList();
  }

  private Verdict verdict(SeccompArch arch, List<Case> cases) {
    return cases.stream()
        .filter(c -> c.tests().isEmpty())
        .findFirst()
        .<Verdict>map(c -> new Verdict.Always(c.action()))
        .orElseGet(() -> new Verdict.ByArguments(arch.wide(), cases, defaultAction));
  }

  private static NavigableMap<Long, Verdict> merged(NavigableMap<Long, Verdict> ranges) {
    NavigableMap<Long, Verdict> result = new TreeMap<>();
    for (Map.Entry<Long, Verdict> entry : ranges.entrySet()) {
      if (result.isEmpty() || !result.lastEntry().getValue().equals(entry.getValue())) {
        result.put(entry.getKey(), entry.getValue());
      }
    }
    return result;
  }

  // code

  private static ClassicProgram tree(List<Map.Entry<Long, Verdict>> ranges) {
    if (ranges.size() == 1) {
      return leaf(ranges.getFirst().getValue());
    }
    int middle = ranges.size() / 2;
    ClassicProgram below = tree(ranges.subList(0, middle));
    ClassicProgram above = tree(ranges.subList(middle, ranges.size()));
    int pivot = (int) (long) ranges.get(middle).getKey();
    ClassicProgram program = new ClassicProgram();
    if (below.length() <= ClassicProgram.MAX_CONDITIONAL_JUMP) {
      program.jumpIfAtLeast(pivot, below.length(), 0);
    } else {
      program.jumpIfAtLeast(pivot, 0, 1);
      program.jump(below.length());
    }
    program.append(below);
    program.append(above);
    return program;
  }

  private static ClassicProgram leaf(Verdict verdict) {
    ClassicProgram program = new ClassicProgram();
    switch (verdict) {
      case Verdict.Always(SeccompAction action) -> program.ret(action.returnValue());
      case Verdict.ByArguments(boolean wide, List<Case> cases, SeccompAction otherwise) -> {
        cases.forEach(c -> program.append(caseCode(c, wide)));
        program.ret(otherwise.returnValue());
      }
    }
    return program;
  }

  /// Returns the case's action when all tests hold, else goes on behind it. Built from the end, so
  /// that each test knows how far "behind" is.
  private static ClassicProgram caseCode(Case c, boolean wide) {
    ClassicProgram code = new ClassicProgram();
    code.ret(c.action().returnValue());
    for (ArgumentTest test : c.tests().reversed()) {
      ClassicProgram whole = testCode(test, wide, code.length());
      whole.append(code);
      code = whole;
    }
    return code;
  }

  /// Code that falls off its end when the test holds, and else skips `rest` more instructions.
  private static ClassicProgram testCode(ArgumentTest test, boolean wide, int rest) {
    return switch (test.operator()) {
      case EQUAL -> equal(test, -1L, test.value(), wide, rest);
      case MASKED_EQUAL -> equal(test, test.value(), test.valueTwo(), wide, rest);
      case NOT_EQUAL -> notEqual(test, wide, rest);
      case GREATER -> ordered(test, wide, rest, false, true);
      case GREATER_OR_EQUAL -> ordered(test, wide, rest, true, true);
      case LESS -> ordered(test, wide, rest, true, false);
      case LESS_OR_EQUAL -> ordered(test, wide, rest, false, false);
    };
  }

  private static ClassicProgram equal(
      ArgumentTest test, long mask, long value, boolean wide, int rest) {
    ClassicProgram low = new ClassicProgram();
    low.load(lowWord(test));
    if ((int) mask != -1) {
      low.and((int) mask);
    }
    low.jumpIfEqual((int) value, 0, rest);
    if (!wide || (high(mask) == 0 && high(value) == 0)) {
      return low;
    }
    ClassicProgram program = new ClassicProgram();
    program.load(highWord(test));
    if (high(mask) != -1) {
      program.and(high(mask));
    }
    program.jumpIfEqual(high(value), 0, low.length() + rest);
    program.append(low);
    return program;
  }

  private static ClassicProgram notEqual(ArgumentTest test, boolean wide, int rest) {
    ClassicProgram program = new ClassicProgram();
    if (wide) {
      program.load(highWord(test));
      program.jumpIfEqual(high(test.value()), 0, 2);
    }
    program.load(lowWord(test));
    program.jumpIfEqual((int) test.value(), rest, 0);
    return program;
  }

  /// Falls off its end when "argument > value" (or >=, when `orEqual`) is `wanted`.
  private static ClassicProgram ordered(
      ArgumentTest test, boolean wide, int rest, boolean orEqual, boolean wanted) {
    ClassicProgram program = new ClassicProgram();
    if (wide) {
      program.load(highWord(test));
      program.jumpIfGreater(high(test.value()), wanted ? 3 : 3 + rest, 0);
      program.jumpIfEqual(high(test.value()), 0, wanted ? 2 + rest : 2);
    }
    program.load(lowWord(test));
    int ifTrue = wanted ? 0 : rest;
    int ifFalse = wanted ? rest : 0;
    if (orEqual) {
      program.jumpIfAtLeast((int) test.value(), ifTrue, ifFalse);
    } else {
      program.jumpIfGreater((int) test.value(), ifTrue, ifFalse);
    }
    return program;
  }

  private static int lowWord(ArgumentTest test) {
    return OFFSET_ARGS + 8 * test.index();
  }

  private static int highWord(ArgumentTest test) {
    return lowWord(test) + 4;
  }

  private static int high(long value) {
    return (int) (value >>> 32);
  }

  private static Map<String, Integer> numbered(String names) {
    Map<String, Integer> result = new LinkedHashMap<>();
    for (String name : names.split(" ", -1)) {
      result.put(name, result.size() + 1);
    }
    return result;
  }

  /// The architectures of a filter: the machine's own, then those that the profile lists and the
  /// machine can serve.
  static List<SeccompArch> arches(SeccompArch host, Collection<SeccompArch> listed) {
    List<SeccompArch> arches = new ArrayList<>();
    arches.add(host);
    host.compatible().stream().filter(listed::contains).forEach(arches::add);
    return arches;
  }
}
