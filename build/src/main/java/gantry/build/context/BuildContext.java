package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;

import gantry.build.context.SourceTree.Origin;
import gantry.build.context.SourceTree.Owners;
import gantry.linux.OwnedFd;
import java.util.Optional;

/// The files that a build is given: a directory, an archive, a git repository, or one file of a
/// URL. Owns what it stands on, also a directory that was made for it; closing removes that.
///
/// ```java
/// try (BuildContext context = contexts.ofDirectory(fd)) {
///   byte[] dockerfile = context.read("Dockerfile", LIMIT).orElseThrow();
///   SourceTree tree = context.tree(context.ignoreRules("Dockerfile"));
/// }
/// ```
public final class BuildContext implements AutoCloseable {
  private static final String IGNORE = ".dockerignore";
  private static final int IGNORE_MAX = 1 << 20;
  private static final String NAME = "the build context";

  private final OwnedFd directory;
  private final ContentMemory memory;
  private final Runnable end;
  private final Optional<String> version;

  BuildContext(OwnedFd directory, ContentMemory memory, Optional<String> version, Runnable end) {
    this.directory = directory;
    this.memory = memory;
    this.version = version;
    this.end = end;
  }

  /// The files as they are now, without those that are ignored. Used no longer than the context.
  public SourceTree tree(IgnoreRules rules) {
    return tree(NAME, rules);
  }

  /// As above, with another name for it in errors.
  public SourceTree tree(String name, IgnoreRules rules) {
    return SourceTree.of(new Origin(directory, name, Owners.ROOT, rules), memory);
  }

  /// A file of the context, ignored or not; links are followed within the context. Empty if there
  /// is none.
  ///
  /// @throws gantry.build.BuildException if it is larger than `limit` bytes, or no regular file
  public Optional<byte[]> read(String path, int limit) {
    return tree(IgnoreRules.NONE).read(path, limit);
  }

  /// The rules that hold for a Dockerfile: those of `<Dockerfile>.dockerignore` beside it, else of
  /// the context's `.dockerignore`.
  ///
  /// @param dockerfile its path in the context
  /// @throws gantry.build.BuildException naming the line that is none
  public IgnoreRules ignoreRules(String dockerfile) {
    for (String file : new String[] {dockerfile + IGNORE, IGNORE}) {
      Optional<byte[]> text = read(file, IGNORE_MAX);
      if (text.isPresent()) {
        return IgnoreRules.parse(new String(text.get(), UTF_8), file);
      }
    }
    return IgnoreRules.NONE;
  }

  /// The directory itself, for mounts of the whole context; the context's.
  public OwnedFd directory() {
    return directory;
  }

  /// What names exactly these files at the place that they come from: the commit of a git
  /// repository. Empty for others.
  public Optional<String> version() {
    return version;
  }

  @Override
  public void close() {
    directory.close();
    end.run();
  }
}
