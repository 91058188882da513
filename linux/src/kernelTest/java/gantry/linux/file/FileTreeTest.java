package gantry.linux.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
  @TempDir Path root;
  private OwnedFd dir;

  @BeforeEach
  void open() {
    dir = At.openDirectory(Fd.CWD, root.toString());
  }

  @AfterEach
  void close() {
    dir.close();
  }

  @KernelTest
  void remove_linksAndFilesAndDirectories_leavesWhatLinksPointTo() throws IOException {
    Path outside = Files.createDirectories(root.resolve("outside/kept"));
    Path tree = Files.createDirectories(root.resolve("tree/a/b"));
    Files.createSymbolicLink(tree.resolve("link"), root.resolve("outside"));
    Files.createSymbolicLink(root.resolve("tree/link"), Path.of("/etc"));
    for (int i = 0; i < 2000; i++) {
      Files.createFile(tree.resolve("file-with-a-rather-long-name-" + i));
    }
    At.mknod(dir, "tree/fifo", FileType.FIFO.bits() | 0600, new DeviceNumber(0, 0));
    At.mkdir(dir, "tree/no\uDCFFutf8", 0);
    FileTree.remove(dir, "tree");
    assertThat(root.resolve("tree")).doesNotExist();
    assertThat(outside).isDirectory();
    FileTree.remove(dir, "tree");
  }

  @KernelTest
  void remove_link_removesTheLinkOnly() throws IOException {
    Files.createDirectory(root.resolve("target"));
    At.symlink("target", dir, "link");
    FileTree.remove(dir, "link");
    assertThat(root.resolve("target")).isDirectory();
    assertThat(At.exists(dir, "link")).isFalse();
  }

  @KernelTest
  void remove_moreLevelsThanDescriptors_isDone() {
    At.mkdir(dir, "deep", 0700);
    OwnedFd level = At.openDirectory(dir, "deep");
    for (int i = 0; i < 22_000; i++) {
      At.mkdir(level, "d", 0700);
      OwnedFd next = At.openDirectory(level, "d");
      level.close();
      level = next;
    }
    level.close();
    FileTree.remove(dir, "deep");
    assertThat(At.exists(dir, "deep")).isFalse();
  }

  @KernelTest
  void remove_mountPoint_isRefusedAndUntouched() throws Exception {
    Path mounted = Files.createDirectories(root.resolve("tree/mounted"));
    assertThat(
            new ProcessBuilder("mount", "-t", "tmpfs", "t", mounted.toString()).start().waitFor())
        .isZero();
    try {
      Files.createFile(mounted.resolve("precious"));
      assertThatThrownBy(() -> FileTree.remove(dir, "tree"))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.EXDEV)).isTrue());
      assertThat(mounted.resolve("precious")).exists();
    } finally {
      new ProcessBuilder("umount", mounted.toString()).start().waitFor();
    }
  }

  @KernelTest
  void removeContents_leavesTheDirectory() throws IOException {
    Files.createDirectories(root.resolve("a/b"));
    Files.createFile(root.resolve("f"));
    FileTree.removeContents(dir);
    assertThat(root).isEmptyDirectory();
  }

  @KernelTest
  void makeDirectories_throughLinks_staysInside() throws IOException {
    Path jail = Files.createDirectory(root.resolve("jail"));
    Path real = Files.createDirectory(jail.resolve("real"));
    Files.createSymbolicLink(jail.resolve("abs"), Path.of("/real"));
    Files.createSymbolicLink(jail.resolve("dangling"), Path.of("/../../new/./place"));
    Files.createSymbolicLink(real.resolve("up"), Path.of("../../../.."));
    try (OwnedFd jailFd = At.openDirectory(dir, "jail")) {
      FileTree.makeDirectories(jailFd, "/abs/x/y/", 0755).close();
      FileTree.makeDirectories(jailFd, "dangling/sub", 0755).close();
      FileTree.makeDirectories(jailFd, "real/up/top", 0755).close();
      FileTree.makeDirectories(jailFd, "one/../two", 0755).close();
      FileTree.makeDirectories(jailFd, "", 0755).close();
    }
    assertThat(root.resolve("jail/real/x/y")).isDirectory();
    assertThat(root.resolve("jail/new/place/sub")).isDirectory();
    assertThat(root.resolve("jail/top")).isDirectory();
    assertThat(root.resolve("jail/two")).isDirectory();
    try (var children = Files.list(root)) {
      assertThat(children).containsExactly(root.resolve("jail"));
    }
  }

  @KernelTest
  void makeDirectories_loopOrFileInTheWay_fails() throws IOException {
    At.symlink("loop", dir, "loop");
    assertThatThrownBy(() -> FileTree.makeDirectories(dir, "loop/x", 0755))
        .isInstanceOf(SyscallException.class);
    Files.createFile(root.resolve("f"));
    assertThatThrownBy(() -> FileTree.makeDirectories(dir, "f/x", 0755))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.is(Errno.ENOTDIR)).isTrue());
  }

  @KernelTest
  void list_manyNames_hasEachOnce() throws IOException {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 1500; i++) {
      names.add("name-" + i);
      Files.createFile(root.resolve("name-" + i));
    }
    assertThat(Directory.list(dir))
        .extracting(DirectoryEntry::name)
        .containsExactlyInAnyOrderElementsOf(names);
    assertThat(Directory.list(dir)).hasSize(1500).allMatch(e -> e.type() == FileType.REGULAR);
  }
}
