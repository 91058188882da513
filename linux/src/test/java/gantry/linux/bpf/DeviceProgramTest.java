package gantry.linux.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.security.DeviceRule;
import gantry.linux.security.DeviceRule.Kind;
import gantry.linux.security.DeviceRule.Verdict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DeviceProgramTest {
  private static final int BLOCK = 1;
  private static final int CHARACTER = 2;

  @Test
  void containerDefault_givesTheUsualDevices() {
    byte[] program = DeviceProgram.of(DeviceRule.containerDefault());
    assertThat(run(program, CHARACTER, 1, 3, DeviceRule.EVERYTHING)).isTrue();
    assertThat(run(program, CHARACTER, 136, 77, DeviceRule.READ)).isTrue();
    assertThat(run(program, CHARACTER, 10, 229, DeviceRule.READ)).isFalse(); // fuse
    assertThat(run(program, CHARACTER, 10, 229, DeviceRule.MKNOD)).isTrue();
    assertThat(run(program, BLOCK, 8, 0, DeviceRule.MKNOD)).isTrue();
    assertThat(run(program, BLOCK, 1, 3, DeviceRule.READ)).isFalse();
    assertThat(run(program, CHARACTER, 1, 1, DeviceRule.READ | DeviceRule.MKNOD)).isFalse();
  }

  @Test
  void everything_isAllowedAndNothingDenied() {
    assertThat(run(DeviceProgram.of(DeviceRule.everything()), BLOCK, 8, 0, 7)).isTrue();
    assertThat(run(DeviceProgram.of(List.of()), CHARACTER, 1, 3, 2)).isFalse();
  }

  @Test
  void laterRules_win() {
    List<DeviceRule> rules =
        List.of(
            DeviceRule.allow("a *:* rwm"),
            DeviceRule.deny(Kind.CHARACTER, OptionalInt.of(1), OptionalInt.empty()),
            DeviceRule.allow("c 1:3 r"));
    byte[] program = DeviceProgram.of(rules);
    assertThat(run(program, CHARACTER, 1, 3, DeviceRule.READ)).isTrue();
    assertThat(run(program, CHARACTER, 1, 3, DeviceRule.WRITE)).isFalse();
    assertThat(run(program, CHARACTER, 1, 4, DeviceRule.READ)).isFalse();
    assertThat(run(program, CHARACTER, 2, 4, DeviceRule.READ)).isTrue();
  }

  @Test
  void program_agreesWithTheRulesOnAnything() {
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      List<DeviceRule> rules = new ArrayList<>();
      for (int i = random.nextInt(6); i >= 0; i--) {
        rules.add(
            new DeviceRule(
                random.nextBoolean() ? Verdict.ALLOW : Verdict.DENY,
                List.of(Kind.values()).get(random.nextInt(3)),
                random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(2)),
                random.nextBoolean() ? OptionalInt.empty() : OptionalInt.of(random.nextInt(2)),
                1 + random.nextInt(7)));
      }
      byte[] program = DeviceProgram.of(rules);
      for (int type = 1; type <= 2; type++) {
        for (int number = 0; number < 4; number++) {
          for (int access = 1; access < 8; access++) {
            assertThat(run(program, type, number & 1, number >> 1, access))
                .as("%s: %d %d %d", rules, type, number, access)
                .isEqualTo(allowed(rules, type, number & 1, number >> 1, access));
          }
        }
      }
    }
  }

  @Test
  void of_tooManyRules_isRefused() {
    List<DeviceRule> rules = Collections.nCopies(2000, DeviceRule.allow("c 1:3 r"));
    assertThatThrownBy(() -> DeviceProgram.of(rules)).hasMessageContaining("at most 1024");
  }

  private static boolean allowed(
      List<DeviceRule> rules, int type, int major, int minor, int access) {
    for (int bit = 1; bit < 8; bit <<= 1) {
      boolean granted = false;
      for (DeviceRule rule : rules) {
        boolean matches =
            (rule.kind() == Kind.ANY || (rule.kind() == Kind.BLOCK) == (type == BLOCK))
                && rule.major().orElse(major) == major
                && rule.minor().orElse(minor) == minor
                && (rule.access() & bit) != 0;
        granted = matches ? rule.verdict() == Verdict.ALLOW : granted;
      }
      if ((access & bit) != 0 && !granted) {
        return false;
      }
    }
    return true;
  }

  /// Runs the instructions that the program uses, as the kernel would.
  private static boolean run(byte[] program, int type, int major, int minor, int access) {
    ByteBuffer code = ByteBuffer.wrap(program).order(ByteOrder.nativeOrder());
    int[] context = {access << 16 | type, major, minor};
    int[] registers = new int[11];
    for (int at = 0; ; at++) {
      int opcode = code.get(8 * at) & 0xff;
      int to = code.get(8 * at + 1) & 15;
      int from = code.get(8 * at + 1) >> 4 & 15;
      int offset = code.getShort(8 * at + 2);
      int immediate = code.getInt(8 * at + 4);
      switch (opcode) {
        case 0x61 -> registers[to] = context[offset / 4];
        case 0x54 -> registers[to] &= immediate;
        case 0x74 -> registers[to] >>>= immediate;
        case 0xb4 -> registers[to] = immediate;
        case 0xbc -> registers[to] = registers[from];
        case 0x16 -> at += registers[to] == immediate ? offset : 0;
        case 0x56 -> at += registers[to] != immediate ? offset : 0;
        case 0x95 -> {
          return registers[0] == 1;
        }
        default -> throw new AssertionError("unknown opcode " + opcode);
      }
    }
  }
}
