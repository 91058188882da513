package gantry.build.solve;

import gantry.build.BuildException;
import gantry.build.context.BuildContext;
import gantry.build.context.Contexts;
import gantry.build.context.GitAccess;
import gantry.build.context.GitReference;
import gantry.build.dockerfile.Add;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.OpenFlags;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import java.net.URI;
import java.util.Optional;

/// A source of `ADD` that is fetched: a git repository or what is at an `http` address.
sealed interface RemoteSource {
  record Git(GitReference reference) implements RemoteSource {}

  record Url(URI uri) implements RemoteSource {}

  /// What the text means; empty for a path.
  static Optional<RemoteSource> parse(String text) {
    Optional<GitReference> git = GitReference.parse(text);
    if (git.isPresent()) {
      return git.map(Git::new);
    }
    if (!text.startsWith("http://") && !text.startsWith("https://")) {
      return Optional.empty();
    }
    try {
      return Optional.of(new Url(URI.create(text)));
    } catch (IllegalArgumentException e) {
      throw new BuildException(
          BuildException.Kind.INVALID, "invalid URL '%s': %s".formatted(text, e.getMessage()), e);
    }
  }

  /// Fetches it for an `ADD`; the caller closes the context.
  default BuildContext added(Contexts contexts, Add add) {
    return switch (this) {
      case Git(GitReference reference) -> checked(repository(contexts, add, reference), add);
      case Url(URI uri) -> contexts.ofFile(uri, add.checksum().map(text -> digest(add, text)));
    };
  }

  private static BuildContext repository(Contexts contexts, Add add, GitReference reference) {
    return contexts.ofGit(
        add.keepGitDir() ? reference.keepingGitDirectory() : reference, GitAccess.ANYBODY);
  }

  /// Of a repository the checksum is the commit.
  private static BuildContext checked(BuildContext repository, Add add) {
    Optional<String> wanted = add.checksum();
    if (wanted.isPresent() && !repository.version().equals(wanted)) {
      repository.close();
      throw add.origin()
          .problem(
              "the repository is at commit %s, expected %s"
                  .formatted(repository.version().orElse("unknown"), wanted.get()),
              wanted.get());
    }
    return repository;
  }

  private static Digest digest(Add add, String text) {
    try {
      return Digest.parse(text);
    } catch (FormatException e) {
      throw add.origin().problem("invalid checksum: " + e.getMessage(), text);
    }
  }

  /// What of the fetched context is copied: a repository's contents, or the one file.
  default String path(BuildContext fetched) {
    if (this instanceof Git) {
      return ".";
    }
    try (OwnedFd listed =
        At.open(fetched.directory(), ".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY)) {
      return Directory.list(listed).getFirst().name();
    }
  }
}
