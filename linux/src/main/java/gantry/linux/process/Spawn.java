package gantry.linux.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import gantry.linux.Fd;
import gantry.linux.SyscallException;
import gantry.linux.call.Frame;
import gantry.linux.call.Function;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// A program to be started as a child, with exactly the descriptors named here and no others, all
/// signals at their defaults and none blocked. Not thread-safe.
///
/// ```java
/// int pid = Spawn.program(stage).argument("gantry").descriptor(0, plan).descriptor(3, sync).start();
/// ```
///
/// posix_spawn(3) does not copy the page tables of this large process: the child borrows its memory
/// until the exec, for which the calling thread waits, some 100 µs.
public final class Spawn {
  private static final int FILE_ACTIONS_SIZE = 128; // 80 in glibc, on both architectures
  private static final int ATTR_SIZE = 512; // 336 in glibc
  private static final short SETSIGDEF = 0x04; // spawn.h
  private static final short SETSIGMASK = 0x08;
  private static final short SETSID = 0x80;
  private static final int SIGSET_SIZE = 128;

  private final String path;
  private final List<String> arguments = new ArrayList<>();
  private final List<String> environment = new ArrayList<>();
  private final TreeMap<Integer, Integer> descriptors = new TreeMap<>();
  private short flags = SETSIGDEF | SETSIGMASK;

  private Spawn(String path) {
    this.path = path;
  }

  /// The program at an absolute path.
  public static Spawn program(String path) {
    return new Spawn(path);
  }

  /// The program that is open as `file`, which need not stay open in the child. Its name in `ps` is
  /// the descriptor's number until it sets another. Not for scripts: their interpreter would look
  /// for them in vain.
  public static Spawn program(Fd file) {
    return new Spawn("/proc/" + ProcessHandle.current().pid() + "/fd/" + file.value());
  }

  /// Adds arguments; the first is what the program sees as its own name.
  public Spawn arguments(List<String> more) {
    arguments.addAll(more);
    return this;
  }

  /// Adds an argument.
  public Spawn argument(String argument) {
    arguments.add(argument);
    return this;
  }

  /// Adds `NAME=value`; the child has no other variables.
  public Spawn environment(String variable) {
    environment.add(variable);
    return this;
  }

  /// Makes the child's descriptor `number` the same open file as ours.
  public Spawn descriptor(int number, Fd ours) {
    descriptors.put(number, ours.value());
    return this;
  }

  /// The child leads a session of its own, so that signals of this one's terminal do not reach it.
  public Spawn newSession() {
    flags |= SETSID;
    return this;
  }

  /// Starts it and returns its number. The caller waits for it: [PidFd#open] then [PidFd#reap].
  ///
  /// @throws SyscallException if the program cannot be executed
  public int start() {
    try (Frame frame = Frame.open()) {
      MemorySegment actions = frame.allocate(FILE_ACTIONS_SIZE);
      MemorySegment attributes = frame.allocate(ATTR_SIZE);
      expect(Libc.ACTIONS_INIT, frame, actions, 0, 0);
      expect(Libc.ATTR_INIT, frame, attributes, 0, 0);
      try {
        addActions(frame, actions);
        addAttributes(frame, attributes);
        return spawn(frame, actions, attributes);
      } finally {
        expect(Libc.ATTR_DESTROY, frame, attributes, 0, 0);
        expect(Libc.ACTIONS_DESTROY, frame, actions, 0, 0);
      }
    }
  }

  private int spawn(Frame frame, MemorySegment actions, MemorySegment attributes) {
    MemorySegment pid = frame.allocate(8);
    int error =
        frame.call(
            Libc.SPAWN,
            pid.address(),
            frame.text(path),
            actions.address(),
            attributes.address(),
            vector(frame, arguments),
            vector(frame, environment));
    if (error != 0) {
      throw new SyscallException("posix_spawn", error, path);
    }
    return pid.get(JAVA_INT, 0);
  }

  private static long vector(Frame frame, List<String> texts) {
    MemorySegment vector = frame.allocate((texts.size() + 1L) * 8);
    for (int i = 0; i < texts.size(); i++) {
      vector.set(JAVA_LONG, i * 8L, frame.text(texts.get(i)));
    }
    return vector.address();
  }

  /// Ours may have the numbers that others shall have, so all first go to numbers beyond, then to
  /// their places.
  private void addActions(Frame frame, MemorySegment actions) {
    int end = descriptors.isEmpty() ? 0 : descriptors.lastKey() + 1;
    int beyond = end;
    for (int ours : descriptors.values()) {
      beyond = Math.max(beyond, ours + 1);
    }
    int parked = beyond;
    for (int ours : descriptors.values()) {
      expect(Libc.ADD_DUP2, frame, actions, ours, parked++);
    }
    parked = beyond;
    for (int number : descriptors.keySet()) {
      expect(Libc.ADD_DUP2, frame, actions, parked++, number);
    }
    for (int number = 0; number < end; number++) {
      if (!descriptors.containsKey(number)) {
        expect(Libc.ADD_CLOSE, frame, actions, number, 0);
      }
    }
    expect(Libc.ADD_CLOSEFROM, frame, actions, end, 0);
  }

  private void addAttributes(Frame frame, MemorySegment attributes) {
    MemorySegment none = frame.allocate(SIGSET_SIZE);
    MemorySegment all = frame.allocate(SIGSET_SIZE).fill((byte) 0xFF);
    expect(Libc.ATTR_SETFLAGS, frame, attributes, flags, 0);
    expect(Libc.ATTR_SETSIGMASK, frame, attributes, none.address(), 0);
    expect(Libc.ATTR_SETSIGDEFAULT, frame, attributes, all.address(), 0);
  }

  private static void expect(
      Function function, Frame frame, MemorySegment subject, long a, long b) {
    int error = frame.call(function, subject.address(), a, b, 0, 0, 0);
    if (error != 0) {
      throw new SyscallException("posix_spawn", error, "preparing");
    }
  }

  /// Looked up when the first child is started.
  private static final class Libc {
    static final Function SPAWN = Function.named("posix_spawn");
    static final Function ACTIONS_INIT = Function.named("posix_spawn_file_actions_init");
    static final Function ACTIONS_DESTROY = Function.named("posix_spawn_file_actions_destroy");
    static final Function ADD_DUP2 = Function.named("posix_spawn_file_actions_adddup2");
    static final Function ADD_CLOSE = Function.named("posix_spawn_file_actions_addclose");
    static final Function ADD_CLOSEFROM =
        Function.named("posix_spawn_file_actions_addclosefrom_np");
    static final Function ATTR_INIT = Function.named("posix_spawnattr_init");
    static final Function ATTR_DESTROY = Function.named("posix_spawnattr_destroy");
    static final Function ATTR_SETFLAGS = Function.named("posix_spawnattr_setflags");
    static final Function ATTR_SETSIGMASK = Function.named("posix_spawnattr_setsigmask");
    static final Function ATTR_SETSIGDEFAULT = Function.named("posix_spawnattr_setsigdefault");
  }
}
