package gantry.linux;

/// A system call that failed: which, on what, and what the kernel said. Raised only in this module;
/// the first caller that knows the intent wraps it, once.
///
/// Its message reads `openat 'etc/passwd': no such file or directory (ENOENT)`.
public final class SyscallException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String call;
  private final int number;
  private final String operand;

  /// A failure of `call` on `operand`, which is a path or says in words what the call was about;
  /// empty if there is nothing to say.
  public SyscallException(String call, Errno errno, String operand) {
    this(call, errno.number(), operand);
  }

  /// As above, from the positive number that the kernel gave.
  public SyscallException(String call, int number, String operand) {
    super(sentence(call, number, operand));
    this.call = call;
    this.number = number;
    this.operand = operand;
  }

  /// Returns `result` unless it is a negated errno (as the kernel gives it): then the call failed.
  public static long check(long result, String call, String operand) {
    if (result < 0 && result >= -4095) { // MAX_ERRNO, linux/err.h
      throw new SyscallException(call, (int) -result, operand);
    }
    return result;
  }

  /// The call's name as in its manual page: `openat2`.
  public String call() {
    return call;
  }

  public Errno errno() {
    return Errno.of(number);
  }

  /// The number itself, which says more than [#errno] only where that is [Errno#UNKNOWN].
  public int number() {
    return number;
  }

  /// What the call was about.
  public String operand() {
    return operand;
  }

  /// Whether the kernel's answer was this one.
  public boolean is(Errno errno) {
    return errno() == errno;
  }

  private static String sentence(String call, int number, String operand) {
    Errno errno = Errno.of(number);
    String said = errno == Errno.UNKNOWN ? "error " + number : errno.toString();
    return operand.isEmpty() ? call + ": " + said : call + " '" + operand + "': " + said;
  }
}
