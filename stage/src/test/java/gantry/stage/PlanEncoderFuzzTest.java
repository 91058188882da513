package gantry.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import gantry.stage.LaunchPlan.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whatever a container's config brings into a plan, the plan that comes out is one that the stage
/// accepts: offsets inside their part, strings that end.
class PlanEncoderFuzzTest {

  @FuzzTest
  void encode_anything_isWellFormed(FuzzedDataProvider data) {
    LaunchPlan.Builder plan = LaunchPlan.builder();
    int steps = data.consumeInt(0, 40);
    for (int i = 0; i < steps; i++) {
      Op op = data.pickValue(Op.values());
      plan.step(op, "fuzz", arguments(op, data));
    }
    byte[] bytes;
    try {
      bytes = plan.build().encode(data.consumeBoolean() ? Timing.ON : Timing.OFF);
    } catch (IllegalArgumentException refused) {
      assertThat(refused).hasMessageContaining("NUL");
      return;
    }
    check(bytes, steps);
  }

  private static Arg[] arguments(Op op, FuzzedDataProvider data) {
    Arg[] args = new Arg[op.arguments()];
    for (int i = 0; i < args.length; i++) {
      args[i] = argument(op.letters().charAt(i), data);
    }
    return args;
  }

  private static Arg argument(char letter, FuzzedDataProvider data) {
    return switch (letter) {
      case 'i' -> Arg.number(data.consumeLong());
      case 'f' ->
          data.consumeBoolean() ? Arg.Fixed.CWD : Arg.of(new Slot(data.consumeInt(0, 63), "x"));
      case 's' -> Arg.text(data.consumeString(40));
      case 'z' -> data.consumeBoolean() ? Arg.Fixed.NONE : Arg.text(data.consumeString(40));
      case 'b', 'g' -> Arg.bytes(data.consumeBytes(40), "bytes");
      case 'p' -> {
        List<String> texts = new ArrayList<>();
        int count = data.consumeInt(0, 5);
        for (int i = 0; i < count; i++) {
          texts.add(data.consumeString(20));
        }
        yield new Arg.Texts(texts);
      }
      default -> Arg.bytes(new byte[(letter - '0') * 8], "structure");
    };
  }

  private static void check(byte[] plan, int steps) {
    int pointers = word(plan, PlanLayout.POINTERS);
    int pointerCount = word(plan, PlanLayout.POINTER_COUNT);
    int data = word(plan, PlanLayout.DATA);
    int dataSize = word(plan, PlanLayout.DATA_SIZE);
    int times = word(plan, PlanLayout.TIMES);
    assertThat(pointers).isEqualTo(PlanLayout.HEADER + steps * PlanLayout.STEP);
    assertThat(data).isEqualTo(pointers + 8 * pointerCount);
    assertThat(data + dataSize + (times == 0 ? 0 : 8 * steps)).isEqualTo(plan.length);
    assertThat(plan[data + dataSize - 1]).isZero();
    assertThat(plan.length % 8).isZero();
    for (int i = 0; i < pointerCount; i++) {
      long pointer = (long) PlanLayout.LONG.get(plan, pointers + 8 * i);
      assertThat(pointer == PlanLayout.NONE || pointer < dataSize).isTrue();
    }
    assertThat((long) PlanLayout.LONG.get(plan, data - 8)).isEqualTo(PlanLayout.NONE);
    for (int i = 0; i < steps; i++) {
      checkStep(plan, PlanLayout.HEADER + i * PlanLayout.STEP, dataSize, pointerCount);
    }
  }

  private static void checkStep(byte[] plan, int at, int dataSize, int pointerCount) {
    Op op = operation(plan[at]).orElseThrow();
    for (int i = 0; i < op.arguments(); i++) {
      long value = (long) PlanLayout.LONG.get(plan, at + 8 + 8 * i);
      long offset = value & 0xffffffffL;
      long length = value >>> 32;
      switch (op.letters().charAt(i)) {
        case 'i' -> {}
        case 'f' -> assertThat(value == -100 || (value >= 0 && value < 64)).isTrue();
        case 'z' -> assertThat(value == PlanLayout.NONE || value < dataSize).isTrue();
        case 's' -> assertThat(value).isBetween(0L, dataSize - 1L);
        case 'p' -> assertThat(value).isBetween(0L, pointerCount - 1L);
        case 'b', 'g' -> assertThat(offset + length).isLessThanOrEqualTo(dataSize);
        default ->
            assertThat(value + (op.letters().charAt(i) - '0') * 8L).isLessThanOrEqualTo(dataSize);
      }
    }
  }

  private static Optional<Op> operation(byte number) {
    for (Op op : Op.values()) {
      if (op.number() == number) {
        return Optional.of(op);
      }
    }
    return Optional.empty();
  }

  private static int word(byte[] plan, int at) {
    return (int) PlanLayout.INT.get(plan, at);
  }
}
