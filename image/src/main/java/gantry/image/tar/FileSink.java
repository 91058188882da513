package gantry.image.tar;

import gantry.linux.Fd;
import java.io.IOException;

/// An output stream that can take bytes straight from a file, inside of the kernel. A stream that
/// implements it is given large files that way by [TarWriter].
public interface FileSink {
  /// Sends up to `sizeBytes` from the file's position on, which moves along; returns how many were
  /// sent, fewer only where the file ends. What was written to the stream before goes out first.
  long transferFrom(Fd file, long sizeBytes) throws IOException;
}
