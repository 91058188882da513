package gantry.linux.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.KernelVersion;
import gantry.linux.bpf.ClassicInterpreter;
import gantry.linux.security.Capability;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;

class SeccompProfileTest {
  private static final int ALLOW = 0x7fff0000;
  private static final int AMD64 = 0xc000003e;
  private static final int I386 = 0x40000003;
  private static final KernelVersion KERNEL = new KernelVersion(6, 1);

  @Test
  void parse_dockersFields_areAllRead() {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38,
             "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]},
                         {"architecture": "SCMP_ARCH_RISCV64", "subArchitectures": null}],
             "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
             "syscalls": [
               {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null, "comment": "io",
                "includes": {}, "excludes": null},
               {"name": "clone", "action": "SCMP_ACT_TRACE", "errnoRet": 7,
                "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 2,
                          "op": "SCMP_CMP_MASKED_EQ"}],
                "includes": {"caps": ["CAP_SYS_ADMIN"], "arches": ["amd64"], "minKernel": "4.8"},
                "excludes": {"caps": ["CAP_BPF"]}}]}
            """);
    assertThat(profile.defaultAction()).isEqualTo(new SeccompAction.Errno(38));
    assertThat(profile.archesFor(SeccompArch.X86_64))
        .containsExactly(SeccompArch.X86_64, SeccompArch.X86);
    assertThat(profile.installFlags()).isEqualTo(6);
    SeccompRule rule = profile.rules().get(1);
    assertThat(rule.action()).isEqualTo(new SeccompAction.Trace(7));
    assertThat(rule.args())
        .containsExactly(new ArgumentTest(1, ArgumentTest.Operator.MASKED_EQUAL, -1, 2));
    Set<Capability> admin = Set.of(Capability.SYS_ADMIN);
    Set<Capability> both = Set.of(Capability.SYS_ADMIN, Capability.BPF);
    assertThat(profile.rulesFor(admin, SeccompArch.X86_64, KERNEL)).hasSize(2);
    assertThat(profile.rulesFor(both, SeccompArch.X86_64, KERNEL)).hasSize(1);
    assertThat(profile.rulesFor(Set.of(), SeccompArch.X86_64, KERNEL)).hasSize(1);
    assertThat(profile.rulesFor(admin, SeccompArch.AARCH64, KERNEL)).hasSize(1);
    assertThat(profile.rulesFor(admin, SeccompArch.X86_64, new KernelVersion(4, 7))).hasSize(1);
  }

  @Test
  void parse_empty_filtersNothing() {
    SeccompProfile profile = SeccompProfile.parse("{}");
    assertThat(filter(profile).run(AMD64, 165)).isEqualTo(ALLOW);
    assertThat(filter(profile).run(AMD64, 100_000)).isEqualTo(ALLOW);
  }

  @Test
  void parse_manyFaults_namesEachField() {
    assertThatThrownBy(
            () ->
                SeccompProfile.parse(
                    """
                    {"defaultAction": "SCMP_ACT_MAYBE", "defaultErrnoRet": 5000,
                     "architectures": ["SCMP_ARCH_Z80"], "flags": ["X"],
                     "syscalls": [7, {"names": "read", "action": 3},
                       {"names": ["read", 4], "name": "write", "action": "SCMP_ACT_ALLOW",
                        "args": [{"index": 6, "value": -1, "op": "SCMP_CMP_XX"}],
                        "includes": {"minKernel": "six"}, "excludes": []}]}
                    """))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll(
            "defaultAction: unknown action 'SCMP_ACT_MAYBE'; expected one of SCMP_ACT_ALLOW,",
            "defaultErrnoRet: expected a number from 0 to 4095, got 5000",
            "architectures: unknown architecture 'SCMP_ARCH_Z80'",
            "flags: unknown flag 'X'",
            "syscalls[0]: expected an object, got number",
            "syscalls[1].names: expected an array, got string",
            "syscalls[1].action: expected a string, got number",
            "syscalls[2].names[1]: expected a string, got number",
            "syscalls[2].name: both 'name' and 'names' are given",
            "syscalls[2].args[0].index: expected an argument from 0 to 5, got 6",
            "syscalls[2].args[0].value: expected a number from 0 to 2^64-1, got -1",
            "syscalls[2].args[0].op: unknown operator 'SCMP_CMP_XX'",
            "syscalls[2].includes.minKernel: invalid kernel version 'six'",
            "syscalls[2].excludes: expected an object, got array");
  }

  @Test
  void parse_notJson_saysSo() {
    for (String text : new String[] {"", "[]", "{", "{} x", "null", "{\"a\":1,\"a\":2}"}) {
      assertThatThrownBy(() -> SeccompProfile.parse(text))
          .as(text)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("seccomp profile is not");
    }
  }

  @Test
  void parse_huge_isRefused() {
    assertThatThrownBy(() -> SeccompProfile.parse(" ".repeat(2_000_000)))
        .hasMessageContaining("at most 1048576");
  }

  @Test
  void compile_actions_haveTheKernelsValues() {
    for (var expected :
        new Object[][] {
          {"SCMP_ACT_KILL", 0},
          {"SCMP_ACT_KILL_THREAD", 0},
          {"SCMP_ACT_KILL_PROCESS", 0x80000000},
          {"SCMP_ACT_TRAP", 0x00030000},
          {"SCMP_ACT_ERRNO", 0x00050001},
          {"SCMP_ACT_TRACE", 0x7ff00001},
          {"SCMP_ACT_LOG", 0x7ffc0000},
          {"SCMP_ACT_NOTIFY", 0x7fc00000}
        }) {
      SeccompProfile profile =
          SeccompProfile.parse(
              """
              {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mount"],"action":"%s"}]}
              """
                  .formatted(expected[0]));
      assertThat(filter(profile).run(AMD64, 165)).as("%s", expected[0]).isEqualTo(expected[1]);
      assertThat(filter(profile).run(AMD64, 164)).isEqualTo(ALLOW);
    }
  }

  @Test
  void compile_withoutX32_endsTheThreadOfAnX32Call() {
    ClassicInterpreter filter =
        filter(SeccompProfile.parse("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}"));
    assertThat(filter.run(AMD64, 0x40000001)).isEqualTo(0);
    assertThat(filter.run(AMD64, -1)).isEqualTo(ALLOW);
    assertThat(filter.run(I386, 1)).isEqualTo(0);
  }

  @Test
  void compile_unconditionalRule_beatsTestedOnes() {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
              {"names":["mount"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"op":"SCMP_CMP_EQ"}]},
              {"names":["mount"],"action":"SCMP_ACT_ERRNO"}]}
            """);
    assertThat(filter(profile).run(AMD64, 165, 0)).isEqualTo(0x00050001);
  }

  @Test
  void compile_testsOfOneArgument_areAlternatives() {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
              {"names":["mount"],"action":"SCMP_ACT_ALLOW","args":[
                {"index":0,"value":3,"op":"SCMP_CMP_EQ"},{"index":0,"value":5,"op":"SCMP_CMP_EQ"}]},
              {"names":["umount2"],"action":"SCMP_ACT_ALLOW","args":[
                {"index":0,"value":3,"op":"SCMP_CMP_EQ"},{"index":1,"value":5,"op":"SCMP_CMP_EQ"}]}]}
            """);
    ClassicInterpreter filter = filter(profile);
    assertThat(filter.run(AMD64, 165, 3)).isEqualTo(ALLOW);
    assertThat(filter.run(AMD64, 165, 5)).isEqualTo(ALLOW);
    assertThat(filter.run(AMD64, 165, 4)).isEqualTo(0x00050001);
    assertThat(filter.run(AMD64, 166, 3, 5)).isEqualTo(ALLOW);
    assertThat(filter.run(AMD64, 166, 3, 4)).isEqualTo(0x00050001);
    assertThat(filter.run(AMD64, 166, 4, 5)).isEqualTo(0x00050001);
  }

  @Test
  void compile_32BitSockets_goThroughSocketcall() {
    SeccompProfile profile =
        SeccompProfile.parse(
            """
            {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],
             "syscalls":[{"names":["bind","shmat"],"action":"SCMP_ACT_ERRNO"}]}
            """);
    ClassicInterpreter filter = filter(profile);
    assertThat(filter.run(I386, 361)).isEqualTo(0x00050001);
    assertThat(filter.run(I386, 102, 2)).isEqualTo(0x00050001);
    assertThat(filter.run(I386, 102, 3)).isEqualTo(ALLOW);
    assertThat(filter.run(I386, 117, 21)).isEqualTo(0x00050001);
    assertThat(filter.run(I386, 117, 22)).isEqualTo(ALLOW);
  }

  @Test
  void compile_operators_compareUnsigned64BitValues() {
    compare("SCMP_CMP_EQ", (a, b) -> a.equals(b));
    compare("SCMP_CMP_NE", (a, b) -> !a.equals(b));
    compare("SCMP_CMP_LT", (a, b) -> Long.compareUnsigned(a, b) < 0);
    compare("SCMP_CMP_LE", (a, b) -> Long.compareUnsigned(a, b) <= 0);
    compare("SCMP_CMP_GT", (a, b) -> Long.compareUnsigned(a, b) > 0);
    compare("SCMP_CMP_GE", (a, b) -> Long.compareUnsigned(a, b) >= 0);
    compare("SCMP_CMP_MASKED_EQ", (a, b) -> (a & b) == (0x8000000180000001L & b));
  }

  private static void compare(String operator, BiPredicate<Long, Long> expected) {
    Random random = new Random(7);
    long[] values = new long[24];
    for (int i = 0; i < values.length; i++) {
      long low = random.nextInt(3) - 1L;
      long high = random.nextInt(3) - 1L;
      values[i] = i < 16 ? (high << 32) + (low & 0xffffffffL) : random.nextLong();
    }
    for (long value : values) {
      long two = 0x8000000180000001L & value;
      ClassicInterpreter filter =
          filter(
              SeccompProfile.parse(
                  """
                  {"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[
                    {"names":["read"],"action":"SCMP_ACT_ALLOW","args":[
                      {"index":2,"value":%s,"valueTwo":%s,"op":"%s"},
                      {"index":1,"value":9,"op":"SCMP_CMP_EQ"}]}]}
                  """
                      .formatted(
                          Long.toUnsignedString(value), Long.toUnsignedString(two), operator)));
      for (long arg : values) {
        assertThat(filter.run(AMD64, 0, 0, 9, arg) == ALLOW)
            .as("%x %s %x", arg, operator, value)
            .isEqualTo(expected.test(arg, value));
        assertThat(filter.run(AMD64, 0, 0, 8, arg)).isEqualTo(0x00050001);
        long mask = 0xffffffffL;
        assertThat(filter.run(I386, 3, 0, 9, arg) == ALLOW)
            .as("32 bits: %x %s %x", arg, operator, value)
            .isEqualTo(
                operator.equals("SCMP_CMP_MASKED_EQ")
                    ? (arg & value & mask) == (two & mask)
                    : expected.test(arg & mask, value & mask));
      }
    }
  }

  @Test
  void compile_rulesForEveryCall_stayWithinTheKernelsLimit() {
    StringBuilder rules = new StringBuilder();
    SyscallTable.numbers(SeccompArch.X86_64)
        .forEach(
            (name, number) ->
                rules.append(
                    """
                    ,{"names":["%s"],"action":"SCMP_ACT_ALLOW","args":[
                      {"index":0,"value":%d,"op":"SCMP_CMP_EQ"}]}
                    """
                        .formatted(name, number)));
    SeccompProfile profile =
        SeccompProfile.parse(
            "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[" + rules.substring(1) + "]}");
    ClassicInterpreter filter = filter(profile);
    SyscallTable.numbers(SeccompArch.X86_64)
        .values()
        .forEach(
            number -> {
              assertThat(filter.run(AMD64, number, number)).isEqualTo(ALLOW);
              assertThat(filter.run(AMD64, number, number + 1)).isEqualTo(0x00050001);
            });
  }

  private static ClassicInterpreter filter(SeccompProfile profile) {
    return new ClassicInterpreter(profile.compile(Set.of(), SeccompArch.X86_64, KERNEL));
  }
}
