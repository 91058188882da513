package gantry.stage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Writes a plan in the form of [PlanLayout]. One use.
final class PlanEncoder {
  private final LaunchPlan plan;
  private final LaunchPlan.Timing timing;
  private final Map<String, Integer> strings = new HashMap<>();
  private final IdentityHashMap<List<String>, Integer> lists = new IdentityHashMap<>();
  private long[] pointers = new long[64];
  private int pointerCount;
  private byte[] data = new byte[8192];
  private int dataSize;

  PlanEncoder(LaunchPlan plan, LaunchPlan.Timing timing) {
    this.plan = plan;
    this.timing = timing;
  }

  byte[] encode() {
    List<Step> steps = plan.steps();
    byte[] records = new byte[steps.size() * PlanLayout.STEP];
    for (int i = 0; i < steps.size(); i++) {
      write(steps.get(i), records, i * PlanLayout.STEP);
    }
    addPointer(PlanLayout.NONE); // the list of lists ends here, whatever the last one was
    dataSize = (dataSize + 8) & ~7; // at least one 0 at the end
    reserve(0);
    return assemble(records);
  }

  private byte[] assemble(byte[] records) {
    int pointersAt = PlanLayout.HEADER + records.length;
    int dataAt = pointersAt + pointerCount * 8;
    int timesAt = dataAt + dataSize;
    int timesSize = timing == LaunchPlan.Timing.ON ? plan.steps().size() * 8 : 0;
    int size = timesAt + timesSize;
    if (size > PlanLayout.MAXIMUM) {
      throw tooLarge();
    }
    byte[] out = new byte[size];
    set(out, 0, PlanLayout.MAGIC);
    set(out, 4, PlanLayout.VERSION);
    set(out, PlanLayout.SIZE, size);
    set(out, PlanLayout.STEPS, PlanLayout.HEADER);
    set(out, PlanLayout.STEP_COUNT, plan.steps().size());
    set(out, PlanLayout.POINTERS, pointersAt);
    set(out, PlanLayout.POINTER_COUNT, pointerCount);
    set(out, PlanLayout.DATA, dataAt);
    set(out, PlanLayout.DATA_SIZE, dataSize);
    set(out, PlanLayout.TIMES, timesSize == 0 ? 0 : timesAt);
    for (int slot = 0; slot < Slot.COUNT; slot++) {
      set(out, PlanLayout.SLOTS + 4 * slot, slot < plan.inherited() ? slot : -1);
    }
    System.arraycopy(records, 0, out, PlanLayout.HEADER, records.length);
    for (int i = 0; i < pointerCount; i++) {
      PlanLayout.LONG.set(out, pointersAt + i * 8, pointers[i]);
    }
    System.arraycopy(data, 0, out, dataAt, dataSize);
    PlanLayout.LONG.set(out, PlanLayout.CHECKSUM, PlanLayout.checksum(out));
    return out;
  }

  private void write(Step step, byte[] out, int at) {
    out[at] = (byte) step.op().number();
    out[at + 1] = (byte) (step.save().isPresent() ? step.save().get().index() : PlanLayout.NO_SLOT);
    out[at + 2] = (byte) step.skip();
    for (int i = 0; i < step.ignore().size(); i++) {
      out[at + 4 + i] = (byte) step.ignore().get(i).number();
    }
    for (int i = 0; i < step.args().size(); i++) {
      long value = value(step, step.op().letters().charAt(i), step.args().get(i));
      PlanLayout.LONG.set(out, at + 8 + i * 8, value);
    }
  }

  private long value(Step step, char letter, Arg arg) {
    return switch (arg) {
      case Arg.Word(long value, Notation _) when letter == 'i' -> value;
      case Arg.Descriptor(Slot slot) when letter == 'f' -> slot.index();
      case Arg.Fixed fixed when fixed == Arg.Fixed.CWD && letter == 'f' -> -100;
      case Arg.Text(String text) when letter == 's' || letter == 'z' -> string(text);
      case Arg.Fixed fixed when fixed == Arg.Fixed.NONE && letter == 'z' -> PlanLayout.NONE;
      case Arg.Bytes b when letter == 'b' || letter == 'g' ->
          structure(b.bytes()) | (long) b.bytes().length << 32;
      case Arg.Bytes b
          when letter >= '1' && letter <= '9' && b.bytes().length == (letter - '0') * 8 ->
          structure(b.bytes());
      case Arg.Texts(List<String> texts) when letter == 'p' -> list(texts);
      default ->
          throw new IllegalArgumentException(
              "%s cannot take %s where its form says '%s'"
                  .formatted(step.op().call(), arg.shown(), letter));
    };
  }

  private long string(String text) {
    Integer known = strings.get(text);
    if (known != null) {
      return known;
    }
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a string for the kernel cannot contain NUL: '" + text.replace('\0', '?') + "'");
    }
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int offset = append(bytes, bytes.length + 1);
    strings.put(text, offset);
    return offset;
  }

  private long structure(byte[] bytes) {
    dataSize = (dataSize + 7) & ~7;
    return append(bytes, bytes.length);
  }

  private int append(byte[] bytes, int size) {
    reserve(size);
    int offset = dataSize;
    System.arraycopy(bytes, 0, data, offset, bytes.length);
    dataSize += size;
    return offset;
  }

  /// Room for `more` bytes beyond the rounding at the end.
  private void reserve(int more) {
    long needed = (long) dataSize + more + 16;
    if (needed > PlanLayout.MAXIMUM) {
      throw tooLarge();
    }
    if (needed > data.length) {
      data =
          Arrays.copyOf(
              data, (int) Math.max(needed, Math.min(data.length * 2L, PlanLayout.MAXIMUM)));
    }
  }

  private long list(List<String> texts) {
    Integer known = lists.get(texts);
    if (known != null) {
      return known;
    }
    int first = pointerCount;
    for (String text : texts) {
      addPointer(string(text));
    }
    addPointer(PlanLayout.NONE);
    lists.put(texts, first);
    return first;
  }

  private void addPointer(long value) {
    if (pointerCount == pointers.length) {
      pointers = Arrays.copyOf(pointers, pointerCount * 2);
    }
    pointers[pointerCount++] = value;
  }

  private static IllegalArgumentException tooLarge() {
    return new IllegalArgumentException(
        "the arguments and the environment are too large: a launch plan holds at most 16 MiB");
  }

  private static void set(byte[] out, int at, int value) {
    PlanLayout.INT.set(out, at, value);
  }
}
