package gantry.build;

import gantry.linux.OwnedFd;
import gantry.oci.Reference;
import java.io.InputStream;

/// Where the files of a build come from. Whoever is given one closes it.
public sealed interface ContextSource extends AutoCloseable {
  /// A directory of this machine, open for reading. Nothing is copied: a file that changes while it
  /// is built fails the build.
  record Directory(OwnedFd directory) implements ContextSource {
    @Override
    public void close() {
      directory.close();
    }
  }

  /// A tar archive, compressed or not, as the classic clients send.
  record Tar(InputStream stream) implements ContextSource {
    @Override
    public void close() {} // the sender's connection, which is read to its end elsewhere
  }

  /// A git repository, or a tar archive or a Dockerfile at an `http` address.
  record Remote(String url) implements ContextSource {
    @Override
    public void close() {}
  }

  /// The files of an image: for named contexts.
  record Image(Reference reference) implements ContextSource {
    @Override
    public void close() {}
  }

  /// No files at all.
  record Empty() implements ContextSource {
    @Override
    public void close() {}
  }

  @Override
  void close();
}
