package gantry.build.context;

import gantry.build.context.SourceTree.Origin;
import gantry.build.context.SourceTree.Owners;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;

/// Directories with files for tests, and trees of them.
final class Trees implements AutoCloseable {
  static final Instant LONG_AGO = Instant.parse("2005-05-05T05:05:05.123456789Z");

  final Path path;
  final OwnedFd fd;
  final DigestMemory memory;

  Trees(Path path, DigestMemory memory) {
    this.path = path;
    this.fd = At.openDirectory(Fd.CWD, path.toString());
    this.memory = memory;
  }

  Trees(Path path) {
    this(path, DigestMemory.forThisProcess());
  }

  SourceTree context() {
    return context(IgnoreRules.NONE);
  }

  SourceTree context(IgnoreRules rules) {
    return SourceTree.of(new Origin(fd, "the build context", Owners.ROOT, rules), memory);
  }

  SourceTree stage() {
    return SourceTree.of(new Origin(fd, "stage 'base'", Owners.KEPT, IgnoreRules.NONE), memory);
  }

  Trees file(String name, String content) throws IOException {
    Path file = path.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    return this;
  }

  Trees directory(String name, String permissions) throws IOException {
    Path directory = path.resolve(name);
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
    return this;
  }

  Trees link(String name, String target) throws IOException {
    Path link = path.resolve(name);
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, Path.of(target));
    return this;
  }

  Trees old(String name) throws IOException {
    Files.setLastModifiedTime(path.resolve(name), FileTime.from(LONG_AGO));
    return this;
  }

  @Override
  public void close() {
    fd.close();
  }
}
