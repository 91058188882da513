package gantry.linux;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.cgroup.CgroupParent;
import gantry.linux.cgroup.Cgroups;
import gantry.linux.event.EventLoop;
import gantry.linux.event.Readiness;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.FileTree;
import gantry.linux.file.MappedFile;
import gantry.linux.file.MemoryFile;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.Pipe;
import gantry.linux.mount.FileSystemContext;
import gantry.linux.mount.MountInfo;
import gantry.linux.mount.OverlayMount;
import gantry.linux.netlink.NetlinkSocket;
import gantry.linux.process.Namespace;
import gantry.linux.process.PidFd;
import gantry.linux.process.ProcessStat;
import gantry.linux.process.Spawn;
import gantry.linux.socket.UnixSocket;
import gantry.linux.terminal.Pty;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

/// Whatever is done, and whether it works or fails, leaves no descriptor open that nobody owns.
class DescriptorLeakTest {
  @TempDir Path root;

  private static int openDescriptors() {
    try (OwnedFd dir = At.openDirectory(Fd.CWD, "/proc/self/fd/")) {
      return Directory.list(dir).size();
    }
  }

  private static void leaksNothing(Runnable deed) {
    deed.run(); // classes and the like are loaded by the first
    int before = openDescriptors();
    for (int i = 0; i < 20; i++) {
      deed.run();
    }
    assertThat(openDescriptors()).isEqualTo(before);
  }

  private static void fails(Runnable deed) {
    try {
      deed.run();
    } catch (SyscallException _) {
      return;
    }
    throw new AssertionError("should have failed");
  }

  @KernelTest
  void files() {
    leaksNothing(
        () -> {
          try (OwnedFd dir = At.openDirectory(Fd.CWD, root.toString());
              OwnedFd memory = MemoryFile.open("m")) {
            FileTree.makeDirectories(dir, "a/b/c", 0755).close();
            At.symlink("loop", dir, "a/loop");
            fails(() -> FileTree.makeDirectories(dir, "a/loop/x", 0755));
            fails(() -> At.openInRoot(dir, "a/none", OpenFlags.O_RDONLY));
            fails(() -> MappedFile.open(memory, 1, 1));
            FileTree.remove(dir, "a");
            Pipe.open().close();
          }
        });
  }

  @KernelTest
  void mounts() throws IOException {
    for (String name : new String[] {"lower", "upper", "work"}) {
      Files.createDirectory(root.resolve(name));
    }
    leaksNothing(
        () -> {
          MountInfo.ofSelf();
          try (OwnedFd dir = At.openDirectory(Fd.CWD, root.toString());
              OwnedFd lower = At.openDirectory(dir, "lower");
              OwnedFd upper = At.openDirectory(dir, "upper");
              OwnedFd work = At.openDirectory(dir, "work")) {
            new OverlayMount().lower(lower).upper(upper, work).mount(0).close();
            fails(
                () ->
                    new OverlayMount()
                        .lower(lower)
                        .upper(upper, work)
                        .option("no", "such")
                        .mount(0));
            fails(() -> new OverlayMount().lower(lower).upper(upper, upper).mount(0));
          }
          fails(() -> FileSystemContext.open("nonsense"));
        });
  }

  @KernelTest
  void processesAndNamespaces() {
    leaksNothing(
        () -> {
          int pid = Spawn.program("/bin/true").argument("true").start();
          try (PidFd child = PidFd.open(pid).orElseThrow()) {
            ProcessStat.of(pid);
            fails(() -> child.take(1000));
            child.await();
          }
          PidFd.open(1, 12345);
          fails(() -> Spawn.program("/none").argument("none").start());
          Namespace.newNetwork().close();
        });
  }

  @KernelTest
  void loopsTerminalsAndSockets() {
    leaksNothing(
        () -> {
          try (EventLoop loop = EventLoop.start("leak", e -> {});
              Pty pty = Pty.open();
              UnixSocket.Pair pair = UnixSocket.pair();
              NetlinkSocket _ = NetlinkSocket.openRoute()) {
            loop.whenReady(pty.slave(), Readiness.READABLE).cancel(false);
            UnixSocket.send(pair.one(), new byte[1], List.of(pty.master(), pty.slave()));
            UnixSocket.receive(pair.other(), 1).close();
          }
          fails(() -> UnixSocket.connect("/none"));
          fails(() -> UnixSocket.listen("/none/none"));
        });
  }

  @KernelTest
  void controlGroups() {
    leaksNothing(
        () -> {
          CgroupParent parent =
              Cgroups.detect().parent("/gantry-leak-" + ProcessHandle.current().pid());
          parent.create("c").stats();
          parent.existing("c").openTasks().forEach(OwnedFd::close);
          parent.existing("c").openDirectory().ifPresent(OwnedFd::close);
          parent.existing("c").remove();
          fails(() -> parent.existing("c").openTasks());
          parent.remove();
        });
  }
}
