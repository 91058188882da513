package gantry.linux.bpf;

import gantry.linux.security.DeviceRule;
import gantry.linux.security.DeviceRule.Kind;
import gantry.linux.security.DeviceRule.Verdict;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// Device rules as an eBPF program for a cgroup v2: it goes through the rules from the last to the
/// first, strikes off each kind of access that one allows, and ends as soon as none is left or one
/// of those left is denied.
///
/// Source: `struct bpf_cgroup_dev_ctx` in `linux/bpf.h`; instruction set of
/// `Documentation/bpf/standardization/instruction-set.rst`.
public final class DeviceProgram {
  private static final int CONTEXT_ACCESS_TYPE = 0;
  private static final int CONTEXT_MAJOR = 4;
  private static final int CONTEXT_MINOR = 8;
  private static final int BLOCK = 1; // BPF_DEVCG_DEV_BLOCK
  private static final int CHARACTER = 2; // BPF_DEVCG_DEV_CHAR

  private static final int R0 = 0;
  private static final int R1 = 1;
  private static final int TYPE = 2;
  private static final int ACCESS = 3;
  private static final int MAJOR = 4;
  private static final int MINOR = 5;

  private static final int LDX_W = 0x61;
  private static final int AND32_K = 0x54;
  private static final int RSH32_K = 0x74;
  private static final int MOV32_K = 0xb4;
  private static final int MOV32_X = 0xbc;
  private static final int JEQ32_K = 0x16;
  private static final int JNE32_K = 0x56;
  private static final int EXIT = 0x95;
  private static final int MAX_RULES = 1024;

  private final ByteBuffer code;

  private DeviceProgram(int rules) {
    code = ByteBuffer.allocate(8 * (16 + 8 * rules)).order(ByteOrder.nativeOrder());
  }

  /// The instructions, eight bytes each.
  ///
  /// @throws IllegalArgumentException for more than 1024 rules
  public static byte[] of(List<DeviceRule> rules) {
    if (rules.size() > MAX_RULES) {
      throw new IllegalArgumentException(
          "%d device rules; at most %d are taken".formatted(rules.size(), MAX_RULES));
    }
    DeviceProgram program = new DeviceProgram(rules.size());
    program.loadContext();
    for (DeviceRule rule : rules.reversed()) {
      program.rule(rule);
      if (settlesAll(rule)) {
        break; // the verifier refuses code that nothing reaches
      }
    }
    if (rules.stream().noneMatch(DeviceProgram::settlesAll)) {
      program.answer(0);
    }
    byte[] bytes = new byte[program.code.position()];
    program.code.get(0, bytes);
    return bytes;
  }

  private static boolean settlesAll(DeviceRule rule) {
    return rule.kind() == Kind.ANY
        && rule.major().isEmpty()
        && rule.minor().isEmpty()
        && rule.access() == DeviceRule.EVERYTHING;
  }

  private void loadContext() {
    emit(LDX_W, TYPE, R1, CONTEXT_ACCESS_TYPE, 0);
    emit(MOV32_X, ACCESS, TYPE, 0, 0);
    emit(RSH32_K, ACCESS, 0, 0, 16);
    emit(AND32_K, TYPE, 0, 0, 0xffff);
    emit(LDX_W, MAJOR, R1, CONTEXT_MAJOR, 0);
    emit(LDX_W, MINOR, R1, CONTEXT_MINOR, 0);
  }

  private void rule(DeviceRule rule) {
    boolean whole = rule.access() == DeviceRule.EVERYTHING;
    int verdictLength = whole ? 2 : rule.verdict() == Verdict.ALLOW ? 4 : 5;
    int tests =
        (rule.kind() == Kind.ANY ? 0 : 1)
            + (rule.major().isPresent() ? 1 : 0)
            + (rule.minor().isPresent() ? 1 : 0);
    if (rule.kind() != Kind.ANY) {
      int type = rule.kind() == Kind.BLOCK ? BLOCK : CHARACTER;
      emit(JNE32_K, TYPE, 0, --tests + verdictLength, type);
    }
    if (rule.major().isPresent()) {
      emit(JNE32_K, MAJOR, 0, --tests + verdictLength, rule.major().getAsInt());
    }
    if (rule.minor().isPresent()) {
      emit(JNE32_K, MINOR, 0, --tests + verdictLength, rule.minor().getAsInt());
    }
    if (!whole) {
      partial(rule);
    }
    answer(rule.verdict() == Verdict.ALLOW ? 1 : 0);
  }

  private void partial(DeviceRule rule) {
    if (rule.verdict() == Verdict.ALLOW) {
      emit(AND32_K, ACCESS, 0, 0, DeviceRule.EVERYTHING & ~rule.access());
      emit(JNE32_K, ACCESS, 0, 2, 0);
    } else {
      emit(MOV32_X, R0, ACCESS, 0, 0);
      emit(AND32_K, R0, 0, 0, rule.access());
      emit(JEQ32_K, R0, 0, 2, 0);
    }
  }

  private void answer(int value) {
    emit(MOV32_K, R0, 0, 0, value);
    emit(EXIT, 0, 0, 0, 0);
  }

  private void emit(int opcode, int destination, int source, int offset, int immediate) {
    code.put((byte) opcode);
    code.put((byte) (source << 4 | destination));
    code.putShort((short) offset);
    code.putInt(immediate);
  }
}
