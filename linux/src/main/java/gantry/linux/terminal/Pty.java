package gantry.linux.terminal;

import static gantry.linux.SyscallException.check;
import static gantry.linux.file.OpenFlags.O_CLOEXEC;
import static gantry.linux.file.OpenFlags.O_NOCTTY;
import static gantry.linux.file.OpenFlags.O_RDWR;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import java.lang.foreign.MemorySegment;

/// A new pseudo-terminal: what a program writes to the slave is read from the master, and the other
/// way round. The owner closes both; either can be closed before. See pty(7).
///
/// @param master the side that plays the screen and keyboard
/// @param slave the side that is a program's terminal
/// @param number its name in the devpts instance: `/dev/pts/NUMBER`
public record Pty(OwnedFd master, OwnedFd slave, int number) implements AutoCloseable {
  private static final int TIOCGPTN = 0x80045430; // asm-generic/ioctls.h
  private static final int TIOCSPTLCK = 0x40045431;
  private static final int TIOCGPTPEER = 0x5441; // since 4.13

  /// A pseudo-terminal of this machine's own devpts.
  public static Pty open() {
    return of(At.open(Fd.CWD, "/dev/ptmx", O_RDWR | O_NOCTTY));
  }

  /// A pseudo-terminal of the devpts instance whose root is open as `devpts`, be it a detached
  /// mount.
  public static Pty open(Fd devpts) {
    return of(At.open(devpts, "ptmx", O_RDWR | O_NOCTTY));
  }

  private static Pty of(OwnedFd master) {
    try (Frame frame = Frame.open()) {
      MemorySegment number = frame.allocate(8);
      check(ioctl(frame, master, TIOCSPTLCK, number.address()), "ioctl", "TIOCSPTLCK");
      check(ioctl(frame, master, TIOCGPTN, number.address()), "ioctl", "TIOCGPTN");
      // Not by its name, which may mean another's terminal in a foreign /dev/pts.
      long slave = ioctl(frame, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
      return new Pty(master, OwnedFd.adopt(slave, "ioctl", "TIOCGPTPEER"), number.get(JAVA_INT, 0));
    } catch (RuntimeException e) {
      master.close();
      throw e;
    }
  }

  private static long ioctl(Frame frame, Fd fd, int request, long argument) {
    return frame.repeat(Sys.IOCTL, fd.value(), Integer.toUnsignedLong(request), argument, 0);
  }

  @Override
  public void close() {
    slave.close();
    master.close();
  }
}
