package gantry.image.tar;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import gantry.linux.Fd;
import gantry.linux.file.FileIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Bytes on their way between Java's streams, which want arrays, and the kernel, which wants native
/// memory. Made once for a whole archive: allocating per file would cost more than copying. For one
/// thread.
public final class CopyBuffer {
  private final int size;
  private byte @Nullable [] bytes;
  private @Nullable MemorySegment memory;

  /// Room for `size` bytes, taken when first used.
  public CopyBuffer(int size) {
    this.size = size;
  }

  /// The array, to be filled by a stream or given to one.
  public byte[] bytes() {
    if (bytes == null) {
      bytes = new byte[size];
    }
    return bytes;
  }

  /// Automatic, as the buffer has no owner who would close it; it lives as long as its archive.
  private MemorySegment memory() {
    if (memory == null) {
      memory = Arena.ofAuto().allocate(size);
    }
    return memory;
  }

  /// Writes the first `count` of [#bytes] to the file's position.
  public void writeTo(Fd file, int count) {
    write(file, bytes(), count);
  }

  /// Writes the first `count` bytes of another array, no larger than this buffer.
  public void write(Fd file, byte[] source, int count) {
    MemorySegment part = memory().asSlice(0, count);
    MemorySegment.copy(source, 0, part, JAVA_BYTE, 0, count);
    FileIo.writeFully(file, part);
  }

  /// Fills [#bytes] from the file's position with up to `max`; returns how many, 0 at the end.
  public int readFrom(Fd file, long max) {
    MemorySegment native_ = memory();
    int count = (int) FileIo.read(file, native_.asSlice(0, Math.min(size, max)));
    MemorySegment.copy(native_, JAVA_BYTE, 0, bytes(), 0, count);
    return count;
  }
}
