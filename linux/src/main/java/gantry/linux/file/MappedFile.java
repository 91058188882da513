package gantry.linux.file;

import static gantry.linux.SyscallException.check;

import gantry.linux.Fd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// A range of a file in memory, shared with every process that maps it: what is stored is in the
/// file at once, and stays there if this process is killed.
///
/// The file must not shrink below the range while it is mapped: touching a lost page raises SIGBUS,
/// which the JVM reports as `InternalError`.
public final class MappedFile implements AutoCloseable {
  private static final int PROT_READ = 1; // asm-generic/mman-common.h
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;

  private final Arena arena;
  private final MemorySegment memory;

  private MappedFile(Arena arena, MemorySegment memory) {
    this.arena = arena;
    this.memory = memory;
  }

  /// Maps `sizeBytes` from `offset` (a multiple of the page size) for reading and writing.
  public static MappedFile open(Fd file, long offset, long sizeBytes) {
    return open(file, offset, sizeBytes, PROT_READ | PROT_WRITE);
  }

  /// As above, for reading only.
  public static MappedFile openReadOnly(Fd file, long offset, long sizeBytes) {
    return open(file, offset, sizeBytes, PROT_READ);
  }

  @SuppressWarnings("MustBeClosed") // closed with the mapping
  private static MappedFile open(Fd file, long offset, long sizeBytes, int protection) {
    if (sizeBytes <= 0) {
      throw new IllegalArgumentException("a mapping needs at least one byte, got " + sizeBytes);
    }
    try (Frame frame = Frame.open()) {
      long result =
          frame.call(Sys.MMAP, 0, sizeBytes, protection, MAP_SHARED, file.value(), offset);
      long address = check(result, "mmap", file.procPath());
      // Shared: a container's record is written by the loop and read by whoever looks at it.
      Arena arena = Arena.ofShared();
      // The size is what the kernel has just mapped.
      MemorySegment memory =
          MemorySegment.ofAddress(address)
              .reinterpret(sizeBytes, arena, gone -> unmap(address, sizeBytes));
      return new MappedFile(arena, protection == PROT_READ ? memory.asReadOnly() : memory);
    }
  }

  private static void unmap(long address, long sizeBytes) {
    try (Frame frame = Frame.open()) {
      frame.call(Sys.MUNMAP, address, sizeBytes);
    }
  }

  /// The memory, until [#close]; after that its use throws.
  public MemorySegment memory() {
    return memory;
  }

  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
