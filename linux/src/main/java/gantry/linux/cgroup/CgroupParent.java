package gantry.linux.cgroup;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_RDONLY;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileControl;
import gantry.linux.file.FileType;
import gantry.linux.file.Xattr;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;

/// The group beneath which containers have theirs, open in every hierarchy: making a container's
/// group is then one call for each. Thread-safe; lives as long as the engine.
///
/// Several may have the same group open, in this process and in others. Each holds a shared lock on
/// its directory; the last to close removes it, if it was made by one of them and nothing is
/// beneath.
public final class CgroupParent implements AutoCloseable {
  private static final int MODE = 0755;
  private static final String MADE_HERE = "trusted.gantry";
  private static final Set<String> LIMITED =
      Set.of("cpu", "cpuset", "io", "memory", "pids", "hugetlb");

  private final String path;
  private final List<Node> nodes;
  private final AtomicBoolean closed = new AtomicBoolean();

  CgroupParent(String path, List<Node> nodes) {
    this.path = path;
    this.nodes = nodes;
  }

  static CgroupParent open(List<Hierarchy> hierarchies, boolean lazyUnified, String path) {
    List<Node> nodes = new ArrayList<>();
    try {
      for (Hierarchy hierarchy : hierarchies) {
        nodes.add(open(hierarchy, lazyUnified && hierarchy.unified(), components(path)));
      }
      return new CgroupParent(path, List.copyOf(nodes));
    } catch (RuntimeException e) {
      nodes.forEach(Node::close);
      throw e;
    }
  }

  private static List<String> components(String path) {
    List<String> components = new ArrayList<>();
    for (String component : path.split("/", -1)) {
      if (component.equals("..")) {
        throw new IllegalArgumentException(
            "a control group's path has no '..', got '" + path + "'");
      }
      if (!component.isEmpty() && !component.equals(".")) {
        components.add(component);
      }
    }
    return components;
  }

  /// Goes down from the mount point, each directory held until its child is ready.
  private static Node open(Hierarchy hierarchy, boolean lazy, List<String> components) {
    String path = hierarchy.mountPoint();
    Node node = node(hierarchy, path, At.open(Fd.CWD, path, O_RDONLY | O_DIRECTORY));
    try {
      Set<String> enabled = enable(node, hierarchy.controllers());
      for (String component : components) {
        path = path + "/" + component;
        Node child = node(hierarchy, path, hold(node, component));
        prepareCpuset(node, child);
        node.close();
        node = child;
        enabled = enable(node, enabled);
      }
      inheritCpuset(node);
      return new Node(hierarchy.unified(), lazy, enabled, path, node.dir());
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  /// Opens a group beneath one that is held, made if it is missing, with the lock that keeps others
  /// from removing it. One that was removed before the lock was there is made again.
  private static OwnedFd hold(Node above, String name) {
    while (true) {
      boolean made = At.mkdirIfAbsent(above.dir(), name, MODE);
      Optional<OwnedFd> found = At.openIfExists(above.dir(), name, O_RDONLY | O_DIRECTORY);
      if (found.isPresent()) {
        OwnedFd dir = found.get();
        try {
          FileControl.lockShared(dir);
          if (stands(above.dir(), name, dir)) {
            if (made) {
              mark(dir);
            }
            return dir;
          }
        } catch (RuntimeException e) {
          dir.close();
          throw e;
        }
        dir.close();
      }
    }
  }

  private static boolean stands(Fd above, String name, Fd dir) {
    return At.statIfExists(above, name).filter(At.stat(dir)::sameFile).isPresent();
  }

  private static void mark(Fd dir) {
    try {
      Xattr.set(dir, MADE_HERE, new byte[] {'1'});
    } catch (SyscallException _) { // without the privilege it stays when all is over
    }
  }

  private static Node node(Hierarchy hierarchy, String path, OwnedFd dir) {
    return new Node(hierarchy.unified(), false, hierarchy.controllers(), path, dir);
  }

  /// Enables controllers for the children of a group of version 2; returns those that they have
  /// then.
  private static Set<String> enable(Node node, Set<String> wanted) {
    if (!node.unified()) {
      return wanted;
    }
    Set<String> enabled = words(node.read("cgroup.subtree_control"));
    Set<String> available = words(node.read("cgroup.controllers"));
    for (String controller : wanted) {
      if (LIMITED.contains(controller)
          && available.contains(controller)
          && !enabled.contains(controller)
          && enable(node, controller)) {
        enabled.add(controller);
      }
    }
    return enabled;
  }

  private static boolean enable(Node node, String controller) {
    long result = node.tryWrite("cgroup.subtree_control", "+" + controller);
    if (result == -Errno.EBUSY.number()) { // the group has processes itself
      moveProcessesAside(node);
      result = node.tryWrite("cgroup.subtree_control", "+" + controller);
    }
    return result
        == 0; // cpu is refused while real-time processes are about: that one is then not limited
  }

  private static void moveProcessesAside(Node node) {
    At.mkdirIfAbsent(node.dir(), "self", MODE);
    node.read("cgroup.procs")
        .orElse("")
        .lines()
        .forEach(pid -> node.tryWrite("self/cgroup.procs", pid));
  }

  private static Set<String> words(Optional<String> line) {
    Set<String> words = new LinkedHashSet<>(List.of(line.orElse("").strip().split(" ")));
    words.remove("");
    return words;
  }

  /// A group of version 1 takes no process until it has processors and memory nodes.
  private static void prepareCpuset(Node above, Node node) {
    if (node.unified() || !node.controllers().contains("cpuset")) {
      return;
    }
    for (String file : new String[] {"cpuset.cpus", "cpuset.mems"}) {
      if (node.read(file).orElse("").isBlank()) {
        node.write(file, above.read(file).orElse("").strip());
      }
    }
  }

  /// From now on the kernel does that itself for new children.
  private static void inheritCpuset(Node node) {
    if (!node.unified() && node.controllers().contains("cpuset")) {
      node.write("cgroup.clone_children", "1");
    }
  }

  /// `/gantry`.
  public String path() {
    return path;
  }

  /// What its groups can be limited in.
  public Set<String> controllers() {
    Set<String> all = new LinkedHashSet<>();
    nodes.forEach(node -> all.addAll(node.controllers()));
    return all;
  }

  List<Node> nodes() {
    return nodes;
  }

  /// Makes a group of this name, one component, in every hierarchy; where version 2 stands beside
  /// version 1 with little to limit, only once [Cgroup#apply] has a limit for it. Where one is left
  /// over from before it is taken.
  public Cgroup create(String name) {
    Cgroup group = existing(name);
    try (Frame frame = Frame.open()) {
      long text = frame.text(name);
      for (Node node : nodes) {
        if (node.lazy()) {
          continue;
        }
        long result = frame.call(Sys.MKDIRAT, node.dir().value(), text, MODE);
        if (result < 0 && result != -Errno.EEXIST.number()) {
          group.remove();
          SyscallException.check(result, "mkdirat", node.path() + "/" + name);
        }
      }
    }
    return group;
  }

  /// A group made before, which may be gone. Makes no call.
  public Cgroup existing(String name) {
    if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
      throw new IllegalArgumentException("expected a name of one component, got '" + name + "'");
    }
    return new Cgroup(this, name);
  }

  /// The names of all groups beneath it, whoever made them: to find what has no owner.
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>();
    for (Node node : nodes) {
      try (OwnedFd dir = At.open(node.dir(), ".", O_RDONLY | O_DIRECTORY)) {
        for (DirectoryEntry entry : Directory.list(dir)) {
          if (entry.type() == FileType.DIRECTORY) {
            names.add(entry.name());
          }
        }
      }
    }
    return names;
  }

  /// Removes the group itself from every hierarchy; `EBUSY` while there is something beneath it.
  /// Closes it too.
  public void remove() {
    close();
    nodes.forEach(node -> At.rmdirIfExists(Fd.CWD, node.path()));
  }

  @Override
  public void close() {
    if (!closed.getAndSet(true)) {
      nodes.forEach(CgroupParent::leave);
    }
  }

  private static void leave(Node node) {
    try (node) {
      if (Xattr.get(node.dir(), MADE_HERE).isPresent()
          && FileControl.tryLockExclusive(node.dir())
          && stands(Fd.CWD, node.path(), node.dir())) {
        At.rmdirIfExists(Fd.CWD, node.path());
      }
    } catch (SyscallException e) {
      if (!e.is(Errno.EBUSY)) { // there are groups beneath it, or processes in it
        throw e;
      }
    }
  }
}
