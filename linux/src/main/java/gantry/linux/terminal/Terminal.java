package gantry.linux.terminal;

import static gantry.linux.SyscallException.check;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/// A terminal that is open: its size and its mode. See ioctl_tty(2); numbers of
/// asm-generic/ioctls.h.
public final class Terminal {
  private static final int TCGETS = 0x5401;
  private static final int TCSETS = 0x5402;
  private static final int TIOCGWINSZ = 0x5413;
  private static final int TIOCSWINSZ = 0x5414;

  private Terminal() {}

  /// Whether it is a terminal at all.
  public static boolean isTerminal(Fd fd) {
    try (Frame frame = Frame.open()) {
      return ioctl(frame, fd, TCGETS, frame.uninitialised(Mode.SIZE)) == 0;
    }
  }

  /// Its size.
  public static WindowSize size(Fd terminal) {
    try (Frame frame = Frame.open()) {
      MemorySegment size = frame.allocate(8); // struct winsize
      check(ioctl(frame, terminal, TIOCGWINSZ, size), "ioctl", "TIOCGWINSZ");
      return new WindowSize(
          Short.toUnsignedInt(size.get(JAVA_SHORT, 0)),
          Short.toUnsignedInt(size.get(JAVA_SHORT, 2)));
    }
  }

  /// Sets its size; the kernel tells the foreground processes by SIGWINCH if it is another than
  /// before.
  public static void resize(Fd terminal, WindowSize wanted) {
    try (Frame frame = Frame.open()) {
      MemorySegment size = frame.allocate(8);
      size.set(JAVA_SHORT, 0, (short) wanted.rows());
      size.set(JAVA_SHORT, 2, (short) wanted.columns());
      check(ioctl(frame, terminal, TIOCSWINSZ, size), "ioctl", "TIOCSWINSZ");
    }
  }

  /// Its mode, empty if it is no terminal.
  public static Optional<Mode> mode(Fd fd) {
    try (Frame frame = Frame.open()) {
      MemorySegment termios = frame.uninitialised(Mode.SIZE);
      long result = ioctl(frame, fd, TCGETS, termios);
      if (result == -Errno.ENOTTY.number()) {
        return Optional.empty();
      }
      check(result, "ioctl", "TCGETS");
      return Optional.of(new Mode(termios.toArray(JAVA_BYTE)));
    }
  }

  /// Sets its mode at once. What was typed before and is not yet read stays: a program that feeds a
  /// terminal need not wait until whoever reads from it is ready.
  public static void setMode(Fd terminal, Mode mode) {
    try (Frame frame = Frame.open()) {
      long termios = frame.bytes(mode.termios);
      check(frame.repeat(Sys.IOCTL, terminal.value(), TCSETS, termios, 0), "ioctl", "TCSETS");
    }
  }

  private static long ioctl(Frame frame, Fd fd, int request, MemorySegment argument) {
    return frame.repeat(Sys.IOCTL, fd.value(), request, argument.address(), 0);
  }

  /// How a terminal treats what goes through it.
  public static final class Mode {
    static final int SIZE = 36; // the kernel's struct termios, asm-generic/termbits.h
    private static final int IFLAG = 0;
    private static final int OFLAG = 4;
    private static final int CFLAG = 8;
    private static final int LFLAG = 12;
    private static final int CC = 17;
    private static final int VTIME = 5;
    private static final int VMIN = 6;
    // BRKINT | IGNBRK | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON
    private static final int INPUT = 0x2 | 0x1 | 0x8 | 0x20 | 0x40 | 0x80 | 0x100 | 0x400;
    private static final int OPOST = 0x1;
    private static final int CSIZE_PARENB = 0x30 | 0x100;
    private static final int CS8 = 0x30;
    // ECHO | ECHONL | ICANON | ISIG | IEXTEN
    private static final int LOCAL = 0x8 | 0x40 | 0x2 | 0x1 | 0x8000;

    private final byte[] termios;

    private Mode(byte[] termios) {
      this.termios = termios;
    }

    /// This mode made raw: every byte passes as it is, at once, and none means anything. As
    /// cfmakeraw(3).
    public Mode raw() {
      MemorySegment copy = MemorySegment.ofArray(new int[SIZE / 4]);
      copy.copyFrom(MemorySegment.ofArray(termios));
      change(copy, IFLAG, INPUT, 0);
      change(copy, OFLAG, OPOST, 0);
      change(copy, CFLAG, CSIZE_PARENB, CS8);
      change(copy, LFLAG, LOCAL, 0);
      copy.set(JAVA_BYTE, CC + VMIN, (byte) 1);
      copy.set(JAVA_BYTE, CC + VTIME, (byte) 0);
      return new Mode(copy.toArray(JAVA_BYTE));
    }

    private static void change(MemorySegment termios, int offset, int clear, int set) {
      termios.set(JAVA_INT, offset, (termios.get(JAVA_INT, offset) & ~clear) | set);
    }
  }
}
