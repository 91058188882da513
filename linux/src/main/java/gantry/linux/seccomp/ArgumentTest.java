package gantry.linux.seccomp;

/// A condition on one argument of a system call. Numbers are unsigned 64-bit values.
///
/// @param index which argument, 0 to 5
/// @param value what it is compared with; the mask for [Operator#MASKED_EQUAL]
/// @param valueTwo what must remain under the mask, for [Operator#MASKED_EQUAL] alone
public record ArgumentTest(int index, Operator operator, long value, long valueTwo) {
  public ArgumentTest {
    if (index < 0 || index > 5) {
      throw new IllegalArgumentException("an argument index is 0 to 5, not " + index);
    }
  }

  /// How an argument is compared.
  public enum Operator {
    NOT_EQUAL("SCMP_CMP_NE"),
    LESS("SCMP_CMP_LT"),
    LESS_OR_EQUAL("SCMP_CMP_LE"),
    EQUAL("SCMP_CMP_EQ"),
    GREATER_OR_EQUAL("SCMP_CMP_GE"),
    GREATER("SCMP_CMP_GT"),
    MASKED_EQUAL("SCMP_CMP_MASKED_EQ");

    private final String ociName;

    Operator(String ociName) {
      this.ociName = ociName;
    }

    /// The name in a profile, e.g. `SCMP_CMP_EQ`.
    public String ociName() {
      return ociName;
    }
  }
}
