package gantry.build.solve;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.build.context.BuildContext;
import gantry.build.context.Contexts;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import java.nio.charset.StandardCharsets;

/// A file whose content stands in the Dockerfile.
final class InlineFile {
  private InlineFile() {}

  /// A context of that file alone; the caller closes it.
  static BuildContext make(Contexts contexts, String name, String content) {
    BuildContext context = contexts.empty();
    try (OwnedFd file = At.open(context.directory(), name, O_WRONLY | O_CREAT | O_EXCL, 0644)) {
      FileIo.writeFully(file, content.getBytes(StandardCharsets.UTF_8));
      At.chmod(file, 0644);
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }
}
