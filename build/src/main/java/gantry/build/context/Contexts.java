package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.build.BuildException;
import gantry.image.tar.Compression;
import gantry.image.tar.Extractor;
import gantry.image.tar.Extractor.Owner;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileTree;
import gantry.linux.file.Resolve;
import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Optional;

/// Makes contexts of what builds are given, in a directory of its own: `contexts` holds what lives
/// as long as a build, `downloads` what was fetched and may be asked for again, `context-digests`
/// what files were found to contain.
///
/// For one process at a time: what an earlier one has left behind is removed at the beginning.
/// Thread-safe.
public final class Contexts implements AutoCloseable {
  private static final String GIT_PROTOCOLS = "http:https:ssh:git";
  private static final int INSIDE = Resolve.BENEATH | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS;

  private final OwnedFd scratch;
  private final RemoteFiles remote;
  private final DigestMemory memory;
  private final ContextLimits limits;
  private final String gitProtocols;

  private Contexts(
      OwnedFd scratch,
      RemoteFiles remote,
      DigestMemory memory,
      ContextLimits limits,
      String gitProtocols) {
    this.scratch = scratch;
    this.remote = remote;
    this.memory = memory;
    this.limits = limits;
    this.gitProtocols = gitProtocols;
  }

  /// Opens the contexts of a directory, which stays the caller's.
  public static Contexts open(Fd directory, ContextLimits limits) {
    return open(directory, limits, GIT_PROTOCOLS);
  }

  static Contexts open(Fd directory, ContextLimits limits, String gitProtocols) {
    At.mkdirIfAbsent(directory, "contexts", 0700);
    OwnedFd scratch = At.openDirectory(directory, "contexts");
    ScratchDirectory.removeLeftovers(scratch);
    return new Contexts(
        scratch,
        RemoteFiles.open(directory, limits),
        DigestMemory.open(directory),
        limits,
        gitProtocols);
  }

  /// What files were found to contain, for trees of stages and images.
  public DigestMemory memory() {
    return memory;
  }

  /// The files of a directory as they are. Owns the descriptor from now on.
  public BuildContext ofDirectory(OwnedFd directory) {
    return new BuildContext(directory, memory, Optional.empty(), () -> {});
  }

  /// A context without files.
  public BuildContext empty() {
    return scratch((directory, known) -> directory);
  }

  /// The files of a tar archive, compressed or not: read to its end, and whoever has made it,
  /// extracted within a directory of its own. All files are root's. The stream stays the caller's.
  ///
  /// @throws BuildException `INVALID` naming the entry that cannot be, or the limit
  public BuildContext ofTar(InputStream stream) {
    return scratch(
        (directory, known) -> {
          extract(stream, directory, known);
          return directory;
        });
  }

  private static void extract(InputStream stream, Fd directory, ExtractedContents known) {
    Extractor.Options options = new Extractor.Options(false, false, Optional.of(new Owner(0, 0)));
    try (Extractor extractor = new Extractor(directory, options)) {
      extractor.watch(known);
      TarReader tar = TarReader.of(Compression.unpacked(stream));
      extractor.extract(tar);
      tar.drain();
    } catch (TarException | UncheckedIOException e) {
      throw new BuildException(
          BuildException.Kind.INVALID, "cannot read the build context: " + e.getMessage(), e);
    } catch (SyscallException e) {
      throw new BuildException(
          BuildException.Kind.INTERNAL, "cannot keep the build context: " + e.getMessage(), e);
    }
  }

  /// The files of a git repository, or of a directory in it.
  ///
  /// @throws BuildException `INVALID` with what git says
  public BuildContext ofGit(GitReference reference, GitAccess access) {
    String[] commit = new String[1];
    return scratch(
        (directory, known) -> {
          GitRepository repository =
              new GitRepository(
                  reference,
                  access,
                  Path.of(
                      "/proc/%d/fd/%d".formatted(ProcessHandle.current().pid(), directory.value())),
                  gitProtocols);
          commit[0] = repository.checkOut();
          if (!reference.keepGitDirectory()) {
            FileTree.remove(directory, ".git");
          }
          return reference.subdirectory().isEmpty()
              ? directory
              : subdirectory(directory, reference);
        },
        () -> Optional.of(commit[0]));
  }

  private static OwnedFd subdirectory(OwnedFd directory, GitReference reference) {
    try (directory) {
      return At.openat2(
          directory, reference.subdirectory(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, INSIDE);
    } catch (SyscallException e) {
      boolean wrong = e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP);
      throw wrong
          ? new BuildException(
              BuildException.Kind.NOT_FOUND,
              "git repository %s has no directory '%s'"
                  .formatted(reference, reference.subdirectory()),
              e)
          : e;
    }
  }

  /// What a text names that is no path: a git repository that everybody may read, or an `http`
  /// address.
  ///
  /// @throws BuildException `INVALID` if it is neither
  public BuildContext ofRemote(String text) {
    return GitReference.parse(text)
        .map(reference -> ofGit(reference, GitAccess.ANYBODY))
        .orElseGet(() -> ofUrl(url(text)));
  }

  /// The text as a URL.
  ///
  /// @throws BuildException `INVALID` if it is none
  public static URI url(String text) {
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw BuildException.invalid("'%s' is no URL: %s".formatted(text, e.getReason()));
    }
  }

  /// What is at an `http` address as a context: the files of a tar archive, or else a Dockerfile
  /// alone.
  public BuildContext ofUrl(URI url) {
    return scratch(
        (directory, known) -> {
          try (RemoteFiles.Fetched fetched = remote.fetch(url, Optional.empty())) {
            if (fetched.isArchive()) {
              try (InputStream stream = fetched.stream()) {
                extract(stream, directory, known);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            } else {
              fetched.place(directory, "Dockerfile", known);
            }
            return directory;
          }
        });
  }

  /// What is at an `http` address as one file, for ADD: named as the last part of the URL's path,
  /// readable for root alone, with the time that the server says.
  ///
  /// @param checksum that it must have; with it, nothing is asked for if it is here
  /// @throws BuildException `INVALID` if it has another, or the server does not give it
  public BuildContext ofFile(URI url, Optional<Digest> checksum) {
    return scratch(
        (directory, known) -> {
          try (RemoteFiles.Fetched fetched = remote.fetch(url, checksum)) {
            fetched.place(directory, RemoteFiles.nameOf(url), known);
            return directory;
          }
        });
  }

  /// Fills a directory and says what of it the context is.
  private interface Filling {
    OwnedFd fill(OwnedFd directory, ExtractedContents known);
  }

  private BuildContext scratch(Filling filling) {
    return scratch(filling, Optional::empty);
  }

  private BuildContext scratch(
      Filling filling, java.util.function.Supplier<Optional<String>> version) {
    ScratchDirectory directory = ScratchDirectory.create(scratch);
    try {
      ExtractedContents known = new ExtractedContents(limits);
      OwnedFd root = filling.fill(directory.fd().duplicate(), known);
      return new BuildContext(root, known, version.get(), directory::close);
    } catch (RuntimeException | Error e) {
      directory.close();
      throw e;
    }
  }

  /// Contexts that are still open stay usable until they are closed.
  @Override
  public void close() {
    remote.close();
    memory.close();
    scratch.close();
  }
}
