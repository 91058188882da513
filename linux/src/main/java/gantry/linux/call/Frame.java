package gantry.linux.call;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Scratch memory for the arguments of system calls, and the calls themselves. Opened for one call
/// or a few, on one thread, and closed before the method returns:
///
/// ```java
/// try (Frame frame = Frame.open()) {
///   return OwnedFd.adopt(frame.call(Sys.OPENAT, dir.value(), frame.text(path), flags, mode), "openat", path);
/// }
/// ```
///
/// Frames are kept for reuse, as malloc, zeroing and the bookkeeping of an arena cost more than
/// most of the calls. Memory of a frame belongs to its arguments until it is closed; nothing of it
/// may be kept. An automatic arena holds it, because a frame wanders from thread to thread and is
/// dropped when the pool has no room for it.
public final class Frame implements AutoCloseable {
  private static final int SIZE = 24 * 1024; // two paths of 4 KiB, 16 KiB of data
  private static final int SLOTS = 64;
  private static final int PROBES = 4;
  private static final int ERRNO_SIZE = 8;
  private static final int EINTR = 4; // asm-generic/errno-base.h

  private static final AtomicReferenceArray<@Nullable Frame> POOL =
      new AtomicReferenceArray<>(SLOTS);

  private final MemorySegment memory;
  private final MemorySegment errno;
  private int used;
  private boolean open;
  private @Nullable Arena overflow;

  private Frame() {
    memory = Arena.ofAuto().allocate(SIZE, 16);
    errno = memory.asSlice(0, ERRNO_SIZE);
  }

  /// A frame for the current thread, until it is closed.
  public static Frame open() {
    int slot = (int) Thread.currentThread().threadId();
    Frame frame = null;
    for (int i = 0; i < PROBES && frame == null; i++) {
      frame = POOL.getAndSet((slot + i) & (SLOTS - 1), null);
    }
    if (frame == null) {
      frame = new Frame();
    }
    frame.used = ERRNO_SIZE;
    frame.open = true;
    return frame;
  }

  /// The address of `text` as a C string; the bytes are those of [FileName#encode].
  public long text(String text) {
    return bytes(FileName.encode(text), 1);
  }

  /// The address of a copy of `bytes`.
  public long bytes(byte[] bytes) {
    return bytes(bytes, 0);
  }

  private long bytes(byte[] bytes, int zeros) {
    MemorySegment target = uninitialised(bytes.length + (long) zeros);
    MemorySegment.copy(bytes, 0, target, JAVA_BYTE, 0, bytes.length);
    for (int i = 0; i < zeros; i++) {
      target.set(JAVA_BYTE, bytes.length + (long) i, (byte) 0);
    }
    return target.address();
  }

  /// Zeroed memory, aligned to 8 bytes.
  public MemorySegment allocate(long size) {
    return uninitialised(size).fill((byte) 0);
  }

  /// Memory with whatever was in it, aligned to 8 bytes: for buffers that the kernel fills.
  public MemorySegment uninitialised(long size) {
    if (size > SIZE - used) {
      return large(size);
    }
    MemorySegment slice = memory.asSlice(used, size);
    used = (int) (used + size + 7) & ~7;
    return slice;
  }

  @SuppressWarnings("MustBeClosed") // closed with the frame
  private MemorySegment large(long size) {
    if (overflow == null) {
      overflow = Arena.ofConfined();
    }
    return overflow.allocate(size, 8);
  }

  /// The address of memory that is not this frame's: native, and alive. It must stay reachable
  /// until the call is over.
  public static long address(MemorySegment memory) {
    if (!memory.isNative()) {
      throw new IllegalArgumentException("the kernel needs native memory, not a Java array");
    }
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException("the memory was freed");
    }
    return memory.address();
  }

  public long call(int number) {
    return invoke(Libc.SYSCALL, number, 0, 0, 0, 0, 0, 0);
  }

  public long call(int number, long a) {
    return invoke(Libc.SYSCALL, number, a, 0, 0, 0, 0, 0);
  }

  public long call(int number, long a, long b) {
    return invoke(Libc.SYSCALL, number, a, b, 0, 0, 0, 0);
  }

  public long call(int number, long a, long b, long c) {
    return invoke(Libc.SYSCALL, number, a, b, c, 0, 0, 0);
  }

  public long call(int number, long a, long b, long c, long d) {
    return invoke(Libc.SYSCALL, number, a, b, c, d, 0, 0);
  }

  public long call(int number, long a, long b, long c, long d, long e) {
    return invoke(Libc.SYSCALL, number, a, b, c, d, e, 0);
  }

  /// Makes the system call and returns its result, or the negated errno as the kernel itself gives
  /// it. `EINTR` is an answer like any other: see [#repeat].
  public long call(int number, long a, long b, long c, long d, long e, long f) {
    return invoke(Libc.SYSCALL, number, a, b, c, d, e, f);
  }

  public long repeat(int number, long a, long b, long c, long d) {
    return repeat(number, a, b, c, d, 0, 0);
  }

  /// Makes the system call again as long as a signal interrupts it: for calls that have then done
  /// nothing. The JVM itself interrupts threads now and then.
  public long repeat(int number, long a, long b, long c, long d, long e, long f) {
    long result;
    do {
      result = invoke(Libc.SYSCALL, number, a, b, c, d, e, f);
    } while (result == -EINTR);
    return result;
  }

  /// Calls a function of the C library whose result is its own: errno is not looked at.
  public int call(Function function, long a, long b, long c, long d, long e, long f) {
    checkOpen();
    try {
      return (int) (long) Libc.CALL.invokeExact(function.address(), errno, a, b, c, d, e, f, 0L);
    } catch (Throwable impossible) { // declared by MethodHandle only
      throw new AssertionError(impossible);
    }
  }

  private long invoke(
      MemorySegment function, long number, long a, long b, long c, long d, long e, long f) {
    checkOpen();
    try {
      long result = (long) Libc.CALL.invokeExact(function, errno, number, a, b, c, d, e, f);
      return result == -1 ? -errno.get(JAVA_INT, 0) : result;
    } catch (Throwable impossible) { // declared by MethodHandle only
      throw new AssertionError(impossible);
    }
  }

  private void checkOpen() {
    if (!open) {
      throw new IllegalStateException("the frame is closed");
    }
  }

  @Override
  public void close() {
    if (!open) {
      return;
    }
    open = false;
    if (overflow != null) {
      overflow.close();
      overflow = null;
    }
    int slot = (int) Thread.currentThread().threadId();
    for (int i = 0; i < PROBES; i++) {
      if (POOL.compareAndSet((slot + i) & (SLOTS - 1), null, this)) {
        return;
      }
    }
  }
}
