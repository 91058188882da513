package gantry.build.solve;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.build.context.DigestMemory;
import gantry.build.context.IgnoreRules;
import gantry.build.context.Selection;
import gantry.build.context.SourceTree;
import gantry.build.context.Sources;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileTree;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/// A file whose content stands in the Dockerfile, in a directory of its own for as long as it takes
/// to copy it.
final class InlineFile implements AutoCloseable {
  private final String scratch;
  private final String name;
  private final OwnedFd directory;
  private final Selection selection;

  private InlineFile(String scratch, String name, OwnedFd directory, Selection selection) {
    this.scratch = scratch;
    this.name = name;
    this.directory = directory;
    this.selection = selection;
  }

  static InlineFile make(Builder.Shared shared, String fileName, String content) {
    String scratch = shared.scratch().toString();
    String name = "inline-" + UUID.randomUUID();
    try (OwnedFd parent = At.openDirectory(Fd.CWD, scratch)) {
      At.mkdir(parent, name, 0700);
      OwnedFd directory = At.openDirectory(parent, name);
      try (OwnedFd file = At.open(directory, fileName, O_WRONLY | O_CREAT | O_EXCL, 0644)) {
        FileIo.writeFully(file, content.getBytes(StandardCharsets.UTF_8));
        At.chmod(file, 0644);
      }
      SourceTree tree =
          SourceTree.of(
              new SourceTree.Origin(
                  directory, "a heredoc", SourceTree.Owners.ROOT, IgnoreRules.NONE),
              DigestMemory.forThisProcess());
      return new InlineFile(scratch, name, directory, tree.select(Sources.of(fileName)));
    }
  }

  Selection selection() {
    return selection;
  }

  @Override
  public void close() {
    directory.close();
    try (OwnedFd parent = At.openDirectory(Fd.CWD, scratch)) {
      FileTree.remove(parent, name);
    }
  }
}
