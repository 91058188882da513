package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_NONBLOCK;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.build.BuildException;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.Resolve;
import gantry.linux.file.Xattr;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Files that a build may copy from: a context, or the files of a stage or an image. Read-only, and
/// as they were when first looked at: each directory is listed once, so that all steps of a build
/// see the same. What changes afterwards is noticed when it is copied, as
/// [BuildException.Kind#CHANGED]; a new tree of the same directory then sees it as it is.
///
/// Every file is reached by `openat2` from the root, without links in the path: links are read and
/// followed here, and those that lead upwards or are absolute end in the root. Somebody who
/// exchanges a directory for a link while the tree is walked gets an error.
///
/// Borrows the directory. Thread-safe; one selection at a time is made.
public final class SourceTree {
  private static final int LINKS_MAX = 40; // as the kernel's own, MAXSYMLINKS
  private static final int DEPTH_MAX = 1024;
  private static final int FILES_MAX = 10_000_000;
  private static final int INSIDE = Resolve.BENEATH | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS;

  /// Whose files they become when nothing else is said.
  public enum Owners {
    /// Root's, whoever has them here: those of a context.
    ROOT,
    /// Those who have them here: of a stage or an image.
    KEPT
  }

  /// A directory that a tree begins at.
  ///
  /// @param directory opened for reading or as a path; the caller's, open as long as the tree is
  ///   used
  /// @param name what to call it in errors: `the build context`, `stage 'base'`
  /// @param owners whose its files are
  /// @param ignored what is not in the tree, as if it did not exist
  public record Origin(Fd directory, String name, Owners owners, IgnoreRules ignored) {}

  private final Origin origin;
  private final ContentMemory memory;
  private final Node root;
  private int files;

  private SourceTree(Origin origin, ContentMemory memory) {
    this.origin = origin;
    this.memory = memory;
    FileStat stat = At.stat(origin.directory());
    if (!stat.directory()) {
      throw BuildException.invalid("%s is not a directory".formatted(origin.name()));
    }
    this.root = new Node("", stat, IgnoreRules.ROOT);
  }

  /// The tree that begins at `origin`; `memory` knows contents of files from earlier builds.
  public static SourceTree of(Origin origin, DigestMemory memory) {
    return new SourceTree(origin, memory);
  }

  static SourceTree of(Origin origin, ContentMemory memory) {
    return new SourceTree(origin, memory);
  }

  Origin origin() {
    return origin;
  }

  /// Finds what a COPY or ADD names, and reads of it what is not known.
  ///
  /// @throws BuildException `NOT_FOUND` as Docker says it: `"/x": not found`; `INVALID` for a
  ///   pattern that is none
  public synchronized Selection select(Sources sources) {
    List<Selection.Item> items = new Selector(this, sources).items();
    Contents contents = new Contents(this, memory);
    items.forEach(item -> item.entries().forEach(entry -> contents.need(entry.node())));
    contents.read();
    return new Selection(this, items);
  }

  /// The bytes of a regular file, such as the Dockerfile or `.dockerignore`; links are followed,
  /// within the tree. Empty if there is nothing of that name.
  ///
  /// @throws BuildException if it is no regular file, or larger than `limit` bytes
  public synchronized Optional<byte[]> read(String path, int limit) {
    Optional<Node> node = resolve(path);
    if (node.isEmpty()) {
      return Optional.empty();
    }
    try (OwnedFd file = openFile(node.get())) {
      byte[] bytes = gantry.linux.file.FileIo.readAll(file, limit + 1);
      if (bytes.length > limit) {
        throw BuildException.invalid("'%s' is larger than %d bytes".formatted(shown(path), limit));
      }
      return Optional.of(bytes);
    }
  }

  Node root() {
    return root;
  }

  /// What a path leads to when links are followed, the last one too.
  Optional<Node> resolve(String path) {
    return resolve(root, path, new int[] {LINKS_MAX});
  }

  private Optional<Node> resolve(Node from, String path, int[] links) {
    Node at = path.startsWith("/") ? root : from;
    for (String part : path.split("/", -1)) {
      if (part.isEmpty() || part.equals(".")) {
        continue;
      }
      if (!at.stat().directory()) {
        return Optional.empty();
      }
      Optional<Node> next = part.equals("..") ? Optional.of(parent(at)) : followed(at, part, links);
      if (next.isEmpty()) {
        return next;
      }
      at = next.get();
    }
    return Optional.of(at);
  }

  /// No link is in the path of a node, so its parent is found by its path.
  private Node parent(Node node) {
    Node at = root;
    String path = TreePath.parent(node.path());
    for (int end = 0; end < path.length() && end >= 0; ) {
      int slash = path.indexOf('/', end);
      String name = slash < 0 ? path.substring(end) : path.substring(end, slash);
      at = child(at, name).orElseThrow();
      end = slash < 0 ? path.length() : slash + 1;
    }
    return at;
  }

  private Optional<Node> followed(Node directory, String name, int[] links) {
    Optional<Node> child = child(directory, name);
    if (child.isEmpty() || !child.get().stat().symlink()) {
      return child;
    }
    if (links[0]-- == 0) {
      return Optional.empty();
    }
    return resolve(directory, target(child.get()), links);
  }

  private Optional<Node> child(Node directory, String name) {
    for (Node child : children(directory)) {
      if (child.name().equals(name)) {
        return Optional.of(child);
      }
    }
    return Optional.empty();
  }

  /// What is in a directory and not ignored, in the order of the names' bytes.
  List<Node> children(Node directory) {
    List<Node> known = directory.children();
    if (known != null) {
      return known;
    }
    List<Node> children = list(directory);
    directory.setChildren(children);
    return children;
  }

  private List<Node> list(Node directory) {
    checkDepth(directory.path());
    List<Node> children = new ArrayList<>();
    try (OwnedFd fd = open(directory, O_RDONLY | O_DIRECTORY)) {
      List<DirectoryEntry> entries = Directory.list(fd);
      entries.sort(Comparator.comparing(DirectoryEntry::name, NameOrder.BYTES));
      for (DirectoryEntry entry : entries) {
        Node child = look(fd, directory, entry);
        if (child != null) {
          children.add(child);
        }
      }
    }
    files += children.size();
    if (files > FILES_MAX) {
      throw BuildException.invalid("%s has more than %d files".formatted(origin.name(), FILES_MAX));
    }
    return children;
  }

  private void checkDepth(String path) {
    if (path.chars().filter(c -> c == '/').count() >= DEPTH_MAX) {
      throw BuildException.invalid("'%.80s…' is nested too deep".formatted(shown(path)));
    }
  }

  /// A child, unless it is ignored or gone meanwhile.
  private @Nullable Node look(Fd fd, Node directory, DirectoryEntry entry) {
    String path = TreePath.child(directory.path(), entry.name());
    IgnoreRules.Match match = origin.ignored().match(path, directory.match());
    boolean hidden = match.excluded();
    if (hidden && !mayHoldMore(entry, path)) {
      return null;
    }
    Optional<FileStat> stat = At.statIfExists(fd, entry.name());
    if (stat.isEmpty() || stat.get().type() == FileType.SOCKET) {
      return null; // no image can hold a socket
    }
    Node node = new Node(path, stat.get(), match);
    boolean shown = !hidden || (stat.get().directory() && !children(node).isEmpty());
    return shown ? node : null;
  }

  private boolean mayHoldMore(DirectoryEntry entry, String path) {
    boolean directory = entry.type() == FileType.DIRECTORY || entry.type() == FileType.UNKNOWN;
    return directory && origin.ignored().mayReinclude(path);
  }

  /// Where a link points to.
  String target(Node link) {
    String known = link.target();
    if (known != null) {
      return known;
    }
    try (OwnedFd parent = openDirectory(TreePath.parent(link.path()))) {
      String target = At.readlink(parent, link.name());
      link.setTarget(target);
      return target;
    } catch (SyscallException e) {
      throw changed(link, e);
    }
  }

  /// The extended attributes of a file that are copied with it.
  Map<String, byte[]> attributes(Node node, Fd parent) {
    Map<String, byte[]> known = node.attributes();
    if (known == null) {
      known = attributes(parent, node.name());
      node.setAttributes(known);
    }
    return known;
  }

  /// Those that a layer can hold.
  static Map<String, byte[]> attributes(Fd directory, String name) {
    List<String> names = Xattr.list(directory, name);
    if (names.isEmpty()) {
      return Map.of();
    }
    Map<String, byte[]> attributes = new LinkedHashMap<>();
    for (String attribute : names.stream().sorted().toList()) {
      if (attribute.equals("security.capability")
          || (attribute.startsWith("user.") && !attribute.startsWith("user.overlay."))) {
        Xattr.get(directory, name, attribute).ifPresent(value -> attributes.put(attribute, value));
      }
    }
    return attributes;
  }

  /// Opens a regular file for reading.
  ///
  /// @throws BuildException if it is another kind of file
  OwnedFd openFile(Node node) {
    if (!node.stat().regular()) {
      throw BuildException.invalid("'%s' is not a regular file".formatted(shown(node.path())));
    }
    return open(node, O_RDONLY | O_NONBLOCK);
  }

  /// Opens the file that a node is, and no other that has its path by now.
  private OwnedFd open(Node node, int flags) {
    OwnedFd file;
    try {
      file = openBeneath(node.path(), flags);
    } catch (SyscallException e) {
      throw changed(node, e);
    }
    if (!At.stat(file).sameFile(node.stat())) {
      file.close();
      throw changed(node);
    }
    return file;
  }

  /// Opens a directory by its path, to reach names in it.
  OwnedFd openDirectory(String path) {
    return openBeneath(path, O_RDONLY | O_DIRECTORY);
  }

  private OwnedFd openBeneath(String path, int flags) {
    String name = path.isEmpty() ? "." : path;
    return At.openat2(origin.directory(), name, flags | O_NOFOLLOW, 0, INSIDE);
  }

  /// What went wrong with a file that was there.
  private RuntimeException changed(Node node, SyscallException e) {
    boolean exchanged =
        e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR) || e.is(Errno.ELOOP) || e.is(Errno.EINVAL);
    return exchanged
        ? changed(node)
        : new BuildException(
            BuildException.Kind.INVALID,
            "cannot read '%s' of %s: %s"
                .formatted(shown(node.path()), origin.name(), e.errno().text()),
            e);
  }

  /// To be thrown when a file is not what it was.
  BuildException changed(Node node) {
    return new BuildException(
        BuildException.Kind.CHANGED,
        "'%s' of %s was changed while the build read it; build again"
            .formatted(shown(node.path()), origin.name()));
  }

  static String shown(String path) {
    return path.startsWith("/") ? path : "/" + path;
  }
}
