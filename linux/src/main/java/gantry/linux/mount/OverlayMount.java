package gantry.linux.mount;

import static gantry.linux.SyscallException.check;
import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;

import gantry.linux.Fd;
import gantry.linux.KernelVersion;
import gantry.linux.OwnedFd;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// An overlay to be mounted: directories shown as one, the upper one taking the writes. Directories
/// are given as descriptors (`O_PATH` will do) and named to the kernel as `/proc/self/fd/N`: no
/// path is walked again, none is too long or has a comma, and a container's mountinfo shows nothing
/// of the host's.
///
/// The kernels differ in how many layers they can be told of:
/// - since 6.5 one by one (`lowerdir+`), 500 at most;
/// - before, in one option, which fsconfig(2) limits to 255 bytes, about 14 layers;
/// - beyond that, by mount(2), whose page of options has room for about 220. That call needs a path
///   to mount on, so it is made in a mount namespace of its own, and the mount copied out of it.
///
/// See Documentation/filesystems/overlayfs.rst. Not thread-safe.
public final class OverlayMount {
  private static final KernelVersion LAYERS_ONE_BY_ONE = new KernelVersion(6, 5);
  private static final int OPTION = 255;
  private static final int PAGE = 4095;

  private final List<Fd> lower = new ArrayList<>();
  private final Map<String, String> options = new LinkedHashMap<>();
  private Optional<Fd> upper = Optional.empty();
  private Optional<Fd> work = Optional.empty();
  private boolean forgetful;
  private boolean userAttributes;

  /// An overlay without directories yet.
  public OverlayMount() {}

  /// Adds a layer beneath those added before: the topmost first.
  public OverlayMount lower(Fd directory) {
    lower.add(directory);
    return this;
  }

  /// The directory that takes the writes, and an empty one on the same file system for the kernel's
  /// use. Without them the mount is read-only.
  public OverlayMount upper(Fd directory, Fd workDirectory) {
    upper = Optional.of(directory);
    work = Optional.of(workDirectory);
    return this;
  }

  /// Never syncs: after a crash of the machine the upper directory cannot be mounted again (since
  /// 5.10).
  public OverlayMount forgetful() {
    forgetful = true;
    return this;
  }

  /// Keeps its notes in `user.overlay.…` attributes, as it must inside a user namespace (since
  /// 5.11).
  public OverlayMount userAttributes() {
    userAttributes = true;
    return this;
  }

  /// Any other option: `xino` `off`, `metacopy` `on`, `redirect_dir`, `index`.
  public OverlayMount option(String key, String value) {
    options.put(key, value);
    return this;
  }

  /// The mount, detached, with these bits of [MountFlags].
  public OwnedFd mount(int flags) {
    if (lower.isEmpty()) {
      throw new IllegalStateException("an overlay needs at least one lower directory");
    }
    if (KernelVersion.current().atLeast(LAYERS_ONE_BY_ONE)) {
      return mountOneByOne(flags);
    }
    return lowerOption().length() <= OPTION ? mountInOneOption(flags) : mountByPath(flags);
  }

  OwnedFd mountOneByOne(int flags) {
    try (FileSystemContext context = FileSystemContext.open("overlay")) {
      for (Fd directory : lower) {
        context.set("lowerdir+", directory.procPath());
      }
      return mount(context, flags);
    }
  }

  OwnedFd mountInOneOption(int flags) {
    try (FileSystemContext context = FileSystemContext.open("overlay")) {
      return mount(context.set("lowerdir", lowerOption()), flags);
    }
  }

  private OwnedFd mount(FileSystemContext context, int flags) {
    upper.ifPresent(directory -> context.set("upperdir", directory.procPath()));
    work.ifPresent(directory -> context.set("workdir", directory.procPath()));
    options.forEach(context::set);
    if (forgetful) {
      context.flag("volatile");
    }
    if (userAttributes) {
      context.flag("userxattr");
    }
    return context.mount(flags);
  }

  OwnedFd mountByPath(int flags) {
    OwnedFd mount = NamespaceThread.unshared(Set.of(Namespace.MOUNT), this::mountOverProc);
    if (flags != 0) {
      Mounts.change(mount, Depth.ONE, MountChange.setting(flags));
    }
    return mount;
  }

  /// Over /proc because that is sure to be there, and nobody sees it in this namespace.
  private OwnedFd mountOverProc() {
    Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
    List<OwnedFd> opened = new ArrayList<>();
    try {
      mountOver("/proc", page(directory -> reopen(directory, opened)));
      return Mounts.copy(Fd.CWD, "/proc", Depth.ONE);
    } finally {
      opened.forEach(OwnedFd::close);
    }
  }

  /// The same directory in the mount namespace of this thread: the kernel stacks only what is in
  /// its own.
  private static Fd reopen(Fd directory, List<OwnedFd> opened) {
    OwnedFd here = At.open(Fd.CWD, At.readlink(Fd.CWD, directory.procPath()), O_PATH | O_DIRECTORY);
    opened.add(here);
    if (!At.stat(here).sameFile(At.stat(directory))) {
      throw new IllegalStateException(
          "directory " + directory.procPath() + " was moved while it was mounted");
    }
    return here;
  }

  private static void mountOver(String path, String page) {
    if (page.length() > PAGE) {
      throw new IllegalArgumentException(
          "this kernel cannot stack so many layers in a page of options; Linux 6.5 and newer can");
    }
    try (Frame frame = Frame.open()) {
      long type = frame.text("overlay");
      long result = frame.call(Sys.MOUNT, type, frame.text(path), type, 0, frame.text(page));
      check(result, "mount", "overlay " + page);
    }
  }

  private String page(UnaryOperator<Fd> here) {
    List<String> all = new ArrayList<>();
    all.add(
        "lowerdir=" + lower.stream().map(here).map(Fd::procPath).collect(Collectors.joining(":")));
    upper.ifPresent(directory -> all.add("upperdir=" + here.apply(directory).procPath()));
    work.ifPresent(directory -> all.add("workdir=" + here.apply(directory).procPath()));
    options.forEach((key, value) -> all.add(key + "=" + value));
    if (forgetful) {
      all.add("volatile");
    }
    if (userAttributes) {
      all.add("userxattr");
    }
    return String.join(",", all);
  }

  private String lowerOption() {
    return lower.stream().map(Fd::procPath).collect(Collectors.joining(":"));
  }
}
