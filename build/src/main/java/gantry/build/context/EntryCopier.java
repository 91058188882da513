package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.build.BuildException;
import gantry.build.context.Selection.Entry;
import gantry.build.context.Selection.Inode;
import gantry.image.tar.Extractor.Owner;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.Resolve;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Transfer;
import gantry.linux.file.Xattr;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/// Copies the files of one source into one open directory, each by its name in an open parent.
/// Order of metadata: owner, attributes, permissions, times; a directory's times when it is left.
final class EntryCopier implements AutoCloseable {
  static final Owner ROOT = new Owner(0, 0);

  private static final int INSIDE = Resolve.BENEATH | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS;
  private static final int BLOCK = 512;

  /// A directory that is being filled.
  private record Open(String path, OwnedFd fd, TimeSpec time) {}

  private final SourceTree tree;
  private final Fd target;
  private final String shown;
  private final CopyOptions options;
  private final Deque<Open> open = new ArrayDeque<>();
  private final Map<Inode, String> linked = new HashMap<>();

  /// @param target stays the caller's
  /// @param shown what the directory is called in errors
  EntryCopier(SourceTree tree, Fd target, String shown, CopyOptions options) {
    this.tree = tree;
    this.target = target;
    this.shown = shown;
    this.options = options;
  }

  /// Copies a file below the directory; entries come parents first.
  void copy(Entry entry) {
    Fd parent = leaveTo(TreePath.parent(entry.path()));
    String name = TreePath.name(entry.path());
    if (entry.node().stat().directory()) {
      enter(parent, name, entry);
    } else {
      copyAs(parent, name, entry.path(), entry.node());
    }
  }

  /// Copies one file that is no directory under a name in the directory.
  void copyAs(String name, Node node) {
    copyAs(target, name, name, node);
  }

  /// Leaves all directories that are still open.
  void finish() {
    leaveTo("");
  }

  private Fd leaveTo(String path) {
    while (!open.isEmpty() && !open.peek().path().equals(path)) {
      Open left = open.pop();
      try (OwnedFd directory = left.fd()) {
        At.utimes(directory, "", left.time(), left.time());
      }
    }
    return open.isEmpty() ? target : open.peek().fd();
  }

  private void enter(Fd parent, String name, Entry entry) {
    FileStat stat = entry.node().stat();
    if (!At.mkdirIfAbsent(parent, name, 0700) && !At.stat(parent, name).directory()) {
      throw BuildException.invalid("cannot copy to non-directory: " + shown(entry.path()));
    }
    OwnedFd directory = At.openDirectory(parent, name);
    open.push(new Open(entry.path(), directory, options.time(stat.modified())));
    chown(directory, "", stat);
    setAttributes(directory, "", entry.node());
    At.chmod(directory, permissions(stat));
  }

  private String shown(String path) {
    return TreePath.child(
        shown.endsWith("/") ? shown.substring(0, shown.length() - 1) : shown, path);
  }

  private void copyAs(Fd parent, String name, String path, Node node) {
    makeRoom(parent, name, path);
    switch (node.stat().type()) {
      case REGULAR -> copyRegular(parent, name, path, node);
      case SYMLINK -> {
        At.symlink(Objects.requireNonNull(node.target()), parent, name);
        chown(parent, name, node.stat());
        setTimes(parent, name, node.stat());
      }
      case FIFO -> makeNode(parent, name, node, new DeviceNumber(0, 0));
      case CHARACTER_DEVICE, BLOCK_DEVICE -> copyDevice(parent, name, node);
      default ->
          throw BuildException.invalid(
              "'%s' is neither a file, a directory, a link nor a device"
                  .formatted(SourceTree.shown(node.path())));
    }
  }

  private void makeRoom(Fd parent, String name, String path) {
    try {
      At.unlinkIfExists(parent, name);
    } catch (SyscallException e) {
      if (!e.is(Errno.EISDIR)) {
        throw e;
      }
      throw BuildException.invalid(
          "cannot replace to directory %s with file".formatted(shown(path)));
    }
  }

  private void copyRegular(Fd parent, String name, String path, Node node) {
    if (copiedAsLink(parent, name, path, node)) {
      return;
    }
    try (OwnedFd source = tree.openFile(node)) {
      checkUnchanged(source, node);
      try (OwnedFd file = At.open(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600)) {
        long copied = copyContent(source, file, node.stat());
        if (copied != node.stat().sizeBytes()) {
          throw tree.changed(node);
        }
        checkUnchanged(source, node);
        chown(file, "", node.stat());
        setAttributes(file, "", node);
        At.chmod(file, permissions(node.stat()));
        setTimes(file, "", node.stat());
      }
    }
  }

  /// A file of which another name was copied becomes a link to that copy.
  private boolean copiedAsLink(Fd parent, String name, String path, Node node) {
    if (node.stat().links() < 2) {
      return false;
    }
    String first = linked.putIfAbsent(Inode.of(node.stat()), path);
    if (first == null) {
      return false;
    }
    try (OwnedFd file = At.openat2(target, first, O_PATH | O_NOFOLLOW, 0, INSIDE)) {
      At.link(file, parent, name);
    }
    return true;
  }

  private void checkUnchanged(Fd source, Node node) {
    FileStat now = At.stat(source);
    FileStat then = node.stat();
    if (now.sizeBytes() != then.sizeBytes()
        || !now.modified().equals(then.modified())
        || !now.changed().equals(then.changed())) {
      throw tree.changed(node);
    }
  }

  private static long copyContent(Fd source, Fd file, FileStat stat) {
    if (stat.blocks() * BLOCK >= stat.sizeBytes()) {
      return Transfer.copy(source, file, stat.sizeBytes());
    }
    long position = 0;
    while (position < stat.sizeBytes()) {
      OptionalLong data = FileControl.nextData(source, position);
      if (data.isEmpty()) {
        break;
      }
      long start = data.getAsLong();
      long end = FileControl.nextHole(source, start).orElse(stat.sizeBytes());
      FileControl.seek(source, start);
      FileControl.seek(file, start);
      if (Transfer.copy(source, file, end - start) != end - start) {
        return start; // it has become shorter
      }
      position = end;
    }
    FileControl.truncate(file, stat.sizeBytes());
    return stat.sizeBytes();
  }

  private void copyDevice(Fd parent, String name, Node node) {
    if (node.stat().special().encoded() == 0) {
      throw BuildException.invalid(
          "'%s' is a device 0:0, which hides files of lower layers"
              .formatted(SourceTree.shown(node.path())));
    }
    makeNode(parent, name, node, node.stat().special());
  }

  private void makeNode(Fd parent, String name, Node node, DeviceNumber device) {
    FileStat stat = node.stat();
    At.mknod(parent, name, stat.type().bits() | 0600, device);
    chown(parent, name, stat);
    setAttributes(parent, name, node);
    try (OwnedFd made = At.open(parent, name, O_PATH | O_NOFOLLOW)) {
      At.chmod(made, permissions(stat));
    }
    setTimes(parent, name, stat);
  }

  private void chown(Fd directory, String name, FileStat stat) {
    Owner owner = options.owner().orElse(owner(stat));
    At.chown(directory, name, owner.uid(), owner.gid());
  }

  private Owner owner(FileStat stat) {
    return switch (tree.origin().owners()) {
      case ROOT -> ROOT;
      case KEPT -> new Owner(stat.uid(), stat.gid());
    };
  }

  private int permissions(FileStat stat) {
    return options
        .mode()
        .map(mode -> mode.applied(stat.permissions(), stat.type() == FileType.DIRECTORY))
        .orElse(stat.permissions());
  }

  private void setTimes(Fd directory, String name, FileStat stat) {
    TimeSpec time = options.time(stat.modified());
    At.utimes(directory, name, time, time);
  }

  /// An attribute that the file system cannot hold is left out, but a capability must not be lost.
  private static void setAttributes(Fd directory, String name, Node node) {
    Map<String, byte[]> attributes = Optional.ofNullable(node.attributes()).orElseGet(Map::of);
    attributes.forEach(
        (attribute, value) -> {
          try {
            Xattr.set(directory, name, attribute, value);
          } catch (SyscallException e) {
            boolean unsupported = e.is(Errno.EOPNOTSUPP) || e.is(Errno.EPERM);
            if (!unsupported || attribute.startsWith("security.")) {
              throw e;
            }
          }
        });
  }

  /// Lets go of the directories that an error has left open.
  @Override
  public void close() {
    open.forEach(directory -> directory.fd().close());
    open.clear();
  }
}
