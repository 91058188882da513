package gantry.linux.cgroup;

import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_WRONLY;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Sys;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileType;
import gantry.linux.process.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A container's control group: one of the same name in every hierarchy. Holds nothing itself;
/// valid while its parent is open. Thread-safe as far as the kernel is.
public final class Cgroup {
  private static final Duration REMOVAL = Duration.ofSeconds(5);
  private static final Duration KILLING = Duration.ofSeconds(10);
  private static final int AT_REMOVEDIR = 0x200; // linux/fcntl.h

  private final CgroupParent parent;
  private final String name;

  Cgroup(CgroupParent parent, String name) {
    this.parent = parent;
    this.name = name;
  }

  /// Its path in each hierarchy: `/gantry/4f1c2a`.
  public String path() {
    return (parent.path().equals("/") ? "" : parent.path()) + "/" + name;
  }

  /// The hierarchy that has this controller. `cpuacct` and `blkio` are called `cpu` and `io` in
  /// version 2.
  Optional<Node> node(String controller) {
    for (Node node : parent.nodes()) {
      if (node.controllers().contains(controller)) {
        return Optional.of(node);
      }
    }
    return Optional.empty();
  }

  Optional<Node> unifiedNode() {
    return parent.nodes().stream().filter(Node::unified).findFirst();
  }

  /// A file of this group, as its parent's directory sees it.
  String file(String file) {
    return name + "/" + file;
  }

  /// Makes the group where it is made on demand only.
  void makeIfLazy(Node node) {
    if (node.lazy()) {
      At.mkdirIfAbsent(node.dir(), name, 0755);
    }
  }

  /// Whether it exists.
  public boolean exists() {
    return parent.nodes().stream().anyMatch(node -> At.exists(node.dir(), name));
  }

  /// Writes what is set in `limits`, and nothing else. Returns what this machine cannot limit, in
  /// words for a warning: `swap limit`.
  ///
  /// @throws SyscallException if the kernel refuses a value: memory below what is used is `EBUSY`
  public List<String> apply(Limits limits) {
    return new LimitWriter(this).write(limits);
  }

  /// Sets which devices can be used, by rules of version 1, `c 1:3 rwm`; none but these. False
  /// where the `devices` controller is not mounted: version 2 has programs for that.
  public boolean allowDevices(List<String> rules) {
    Optional<Node> devices = node("devices");
    if (devices.isEmpty()) {
      return false;
    }
    devices.get().write(file("devices.deny"), "a");
    try (OwnedFd allow = At.open(devices.get().dir(), file("devices.allow"), O_WRONLY)) {
      for (String rule : rules) {
        writeRule(allow, rule);
      }
    }
    return true;
  }

  private static void writeRule(Fd file, String rule) {
    try (Frame frame = Frame.open()) {
      long result = frame.repeat(Sys.WRITE, file.value(), frame.text(rule), rule.length(), 0);
      SyscallException.check(result, "write", "devices.allow' with '" + rule);
    }
  }

  /// What it has used.
  public CgroupStats stats() {
    return new StatsReader(this).read();
  }

  /// How many of its processes were killed for want of memory; 0 also if it is gone.
  public long oomKills() {
    return new StatsReader(this).oomKills();
  }

  /// Watches for want of memory; empty where the kernel does not tell. The caller closes it.
  public Optional<OomWatch> watchOom() {
    Optional<Node> memory = node("memory");
    if (memory.isEmpty()) {
      return Optional.empty();
    }
    if (memory.get().unified()) {
      OwnedFd events = At.open(memory.get().dir(), file("memory.events"), O_RDONLY);
      return Optional.of(new OomWatch(events, Readiness.PRIORITY));
    }
    return watchOom(memory.get());
  }

  private Optional<OomWatch> watchOom(Node memory) {
    OwnedFd event = eventFd();
    try (OwnedFd control = At.open(memory.dir(), file("memory.oom_control"), O_RDONLY)) {
      String pair = event.value() + " " + control.value();
      if (memory.writeIfExists(file("cgroup.event_control"), pair)) {
        return Optional.of(new OomWatch(event, Readiness.READABLE));
      }
      event.close(); // real-time kernels have no such file
      return Optional.empty();
    } catch (RuntimeException e) {
      event.close();
      throw e;
    }
  }

  private static OwnedFd eventFd() {
    try (Frame frame = Frame.open()) {
      int flags = 0x80000 | 0x800; // EFD_CLOEXEC | EFD_NONBLOCK
      return OwnedFd.adopt(frame.call(Sys.EVENTFD2, 0, flags), "eventfd2", "");
    }
  }

  /// The files by which a process joins the hierarchies of version 1: it writes `0` into each, by
  /// its only thread. The caller closes them.
  public List<OwnedFd> openTasks() {
    List<OwnedFd> files = new ArrayList<>();
    try {
      for (Node node : parent.nodes()) {
        if (!node.unified()) {
          files.add(At.open(node.dir(), file("tasks"), O_WRONLY));
        }
      }
      return files;
    } catch (RuntimeException e) {
      files.forEach(OwnedFd::close);
      throw e;
    }
  }

  /// The directory in version 2, for `CLONE_INTO_CGROUP`; empty where version 2 is not used for
  /// this group. The caller closes it.
  public Optional<OwnedFd> openDirectory() {
    return unifiedNode().flatMap(node -> At.openIfExists(node.dir(), name, O_PATH | O_DIRECTORY));
  }

  /// Moves a process into the group, with all its threads.
  public void add(int pid) {
    for (Node node : parent.nodes()) {
      if (!node.lazy() || At.exists(node.dir(), name)) {
        node.write(file("cgroup.procs"), Integer.toString(pid));
      }
    }
  }

  /// The processes in it and in the groups that they made beneath it.
  public List<Integer> processes() {
    List<Integer> pids = new ArrayList<>();
    processes(mainNode(), name, pids);
    return pids;
  }

  /// One that all processes are in: version 2 if that is all there is, else the first of version 1.
  private Node mainNode() {
    return node("freezer").or(() -> parent.nodes().stream().findFirst()).orElseThrow();
  }

  private static void processes(Node node, String group, List<Integer> pids) {
    node.read(group + "/cgroup.procs")
        .orElse("")
        .lines()
        .forEach(pid -> pids.add(Integer.valueOf(pid)));
    for (String child : children(node, group)) {
      processes(node, child, pids);
    }
  }

  private static List<String> children(Node node, String group) {
    Optional<OwnedFd> open = At.openIfExists(node.dir(), group, O_RDONLY | O_DIRECTORY);
    if (open.isEmpty()) {
      return List.of();
    }
    try (OwnedFd dir = open.get()) {
      return Directory.list(dir).stream()
          .filter(entry -> entry.type() == FileType.DIRECTORY)
          .map(DirectoryEntry::name)
          .map(child -> group + "/" + child)
          .toList();
    }
  }

  // ---- freezing and killing

  /// Stops all its processes where they are, and waits until they stand.
  ///
  /// @throws SyscallException `ETIMEDOUT` if they do not within `patience`; they run again then
  public void freeze(Duration patience) {
    if (!tryFreeze(patience)) {
      thaw();
      throw new SyscallException("freeze", Errno.ETIMEDOUT, path());
    }
  }

  private boolean tryFreeze(Duration patience) {
    Patience wait = new Patience(patience);
    Optional<Node> freezer = node("freezer");
    if (freezer.isEmpty()) {
      Node node = unifiedNode().orElseThrow();
      node.write(file("cgroup.freeze"), "1");
      return wait.until(() -> node.read(file("cgroup.events")).orElse("").contains("frozen 1"));
    }
    return wait.until(
        () -> {
          freezer
              .get()
              .write(file("freezer.state"), "FROZEN"); // again: a new process may be missing
          return freezer.get().read(file("freezer.state")).orElse("").strip().equals("FROZEN");
        });
  }

  /// Lets its processes go on.
  public void thaw() {
    Optional<Node> freezer = node("freezer");
    if (freezer.isPresent()) {
      freezer.get().write(file("freezer.state"), "THAWED");
    } else {
      unifiedNode().orElseThrow().write(file("cgroup.freeze"), "0");
    }
  }

  /// Whether it is frozen, or about to be.
  public boolean frozen() {
    Optional<Node> freezer = node("freezer");
    if (freezer.isPresent()) {
      return freezer.get().read(file("freezer.state")).orElse("").startsWith("FR");
    }
    Optional<String> freeze = unifiedNode().flatMap(node -> node.read(file("cgroup.freeze")));
    return freeze.orElse("").strip().equals("1");
  }

  /// Kills all processes in it and beneath it, and waits until they are gone or ended.
  ///
  /// @throws SyscallException `ETIMEDOUT` if some would not go within ten seconds: they hang in the
  ///   kernel
  public void kill() {
    boolean gone = new Patience(KILLING).until(this::killOnce);
    if (!gone) {
      throw new SyscallException("kill", Errno.ETIMEDOUT, path());
    }
  }

  /// Whether there was nobody left. In version 1 the processes are frozen while they are told, so
  /// that none has children meanwhile.
  private boolean killOnce() {
    Node main = mainNode();
    boolean atOnce = main.unified() && main.tryWrite(file("cgroup.kill"), "1") == 0; // since 5.14
    List<Integer> pids = processes();
    if (!atOnce && !pids.isEmpty()) {
      boolean stopped = node("freezer").isPresent() && tryFreeze(Duration.ofMillis(100));
      for (int pid : stopped ? processes() : pids) {
        kill(pid);
      }
    }
    if (!pids.isEmpty() && frozen()) {
      thaw();
    }
    return pids.isEmpty();
  }

  private static void kill(int pid) {
    try (Frame frame = Frame.open()) {
      frame.call(Sys.KILL, pid, Signal.KILL.number()); // gone already is as good
    }
  }

  // ---- renaming and removal

  /// Gives it another name, for an engine that makes groups ahead of need; descriptors that are
  /// open go on working. Empty, and nothing done, where version 2 is used, which knows no renaming.
  public Optional<Cgroup> rename(String newName) {
    Cgroup renamed = parent.existing(newName);
    if (parent.nodes().stream().anyMatch(node -> node.unified() && !node.lazy())) {
      return Optional.empty();
    }
    for (Node node : parent.nodes()) {
      if (!node.unified()) {
        At.rename(node.dir(), name, node.dir(), newName);
      }
    }
    return Optional.of(renamed);
  }

  /// Removes it, and what groups its processes made beneath it, in every hierarchy. Waits for
  /// processes that are just ending. Does nothing where it is gone.
  ///
  /// @throws SyscallException `EBUSY` if it still has processes after five seconds
  public void remove() {
    for (Node node : parent.nodes()) {
      long result = removeOnce(node, name);
      if (result < 0) {
        removePatiently(node);
      }
    }
  }

  private void removePatiently(Node node) {
    boolean gone = new Patience(REMOVAL).until(() -> removeTree(node, name));
    if (!gone) {
      throw new SyscallException("rmdir", Errno.EBUSY, node.path() + "/" + name);
    }
  }

  private static boolean removeTree(Node node, String group) {
    for (String child : children(node, group)) {
      removeTree(node, child);
    }
    long result = removeOnce(node, group);
    if (result < 0 && result != -Errno.EBUSY.number()) {
      SyscallException.check(result, "rmdir", node.path() + "/" + group);
    }
    return result == 0;
  }

  private static long removeOnce(Node node, String group) {
    try (Frame frame = Frame.open()) {
      long result = frame.call(Sys.UNLINKAT, node.dir().value(), frame.text(group), AT_REMOVEDIR);
      return result == -Errno.ENOENT.number() ? 0 : result;
    }
  }

  @Override
  public String toString() {
    return path();
  }
}
