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
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class AtTest {
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
  void open_missing_namesCallPathAndReason() {
    assertThatThrownBy(() -> At.open(dir, "no/such", OpenFlags.O_RDONLY))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
        .hasMessage("openat 'no/such': no such file or directory (ENOENT)");
    assertThat(At.openIfExists(dir, "no", OpenFlags.O_RDONLY)).isEmpty();
  }

  @KernelTest
  void open_isCloseOnExec() throws IOException {
    String info = Files.readString(Path.of("/proc/self/fdinfo/" + dir.value()));
    String flags = info.lines().filter(l -> l.startsWith("flags:")).findFirst().orElseThrow();
    assertThat(Integer.parseInt(flags.substring(6).strip(), 8) & OpenFlags.O_CLOEXEC).isNotZero();
  }

  @KernelTest
  void stat_agreesWithJava() throws IOException {
    Path file = Files.writeString(root.resolve("f"), "hello");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-x--x"));
    Files.setAttribute(file, "unix:uid", 1234);
    Files.createLink(root.resolve("g"), file);
    FileStat stat = At.stat(dir, "f");
    assertThat(stat.type()).isEqualTo(FileType.REGULAR);
    assertThat(stat.permissions()).isEqualTo(0651);
    assertThat(stat.sizeBytes()).isEqualTo(5);
    assertThat(stat.uid()).isEqualTo(1234);
    assertThat(stat.links()).isEqualTo(2);
    assertThat(stat.inode()).isEqualTo(Files.getAttribute(file, "unix:ino"));
    assertThat(stat.device().encoded()).isEqualTo(Files.getAttribute(file, "unix:dev"));
    assertThat(stat.modified().toInstant()).isEqualTo(Files.getLastModifiedTime(file).toInstant());
    assertThat(stat.sameFile(At.stat(dir, "g"))).isTrue();
    assertThat(At.stat(Fd.CWD, "/proc").mountRoot()).isTrue();
  }

  @KernelTest
  void openInRoot_absoluteLink_staysInside() throws IOException {
    Files.createDirectory(root.resolve("etc"));
    Files.writeString(root.resolve("etc/passwd"), "inside");
    At.symlink("/etc/passwd", dir, "link");
    At.symlink("../../../../etc/passwd", dir, "dots");
    for (String name : new String[] {"link", "dots", "/../etc/passwd"}) {
      try (OwnedFd file = At.openInRoot(dir, name, OpenFlags.O_RDONLY)) {
        assertThat(At.stat(file).sizeBytes()).as(name).isEqualTo(6);
      }
    }
  }

  @KernelTest
  void openat2_beneath_refusesToLeave() {
    assertThatThrownBy(() -> At.openat2(dir, "..", OpenFlags.O_PATH, 0, Resolve.BENEATH))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.is(Errno.EXDEV)).isTrue());
    At.symlink("/", dir, "l");
    assertThatThrownBy(() -> At.openat2(dir, "l", OpenFlags.O_PATH, 0, Resolve.NO_SYMLINKS))
        .isInstanceOfSatisfying(
            SyscallException.class, e -> assertThat(e.is(Errno.ELOOP)).isTrue());
  }

  @KernelTest
  void names_madeRenamedRemoved() {
    At.mkdir(dir, "d", 0700);
    assertThat(At.mkdirIfAbsent(dir, "d", 0700)).isFalse();
    At.mknod(dir, "null", FileType.CHARACTER_DEVICE.bits() | 0600, new DeviceNumber(1, 3));
    FileStat device = At.stat(dir, "null");
    assertThat(device.type()).isEqualTo(FileType.CHARACTER_DEVICE);
    assertThat(device.special()).isEqualTo(new DeviceNumber(1, 3));
    At.rename(dir, "null", dir, "d/null");
    assertThat(At.exists(dir, "null")).isFalse();
    At.symlink("t", dir, "s");
    assertThat(At.readlink(dir, "s")).isEqualTo("t");
    assertThatThrownBy(() -> At.renameNoReplace(dir, "s", dir, "d")).hasMessageContaining("EEXIST");
    At.exchange(dir, "s", dir, "d");
    assertThat(At.stat(dir, "s").directory()).isTrue();
    At.unlink(dir, "d");
    assertThat(At.unlinkIfExists(dir, "d")).isFalse();
    At.unlink(dir, "s/null");
    At.rmdir(dir, "s");
    assertThat(At.rmdirIfExists(dir, "s")).isFalse();
  }

  @KernelTest
  void link_temporaryFile_getsItsName() {
    try (OwnedFd file = At.open(dir, ".", OpenFlags.O_TMPFILE | OpenFlags.O_RDWR, 0600)) {
      At.link(file, dir, "one");
      At.linkEmptyPath(file, dir, "two");
      At.link(dir, "two", dir, "three");
      assertThat(At.stat(file).links()).isEqualTo(3);
    }
  }

  @KernelTest
  void attributes_ofLinksAndPathDescriptors() {
    At.symlink("nowhere", dir, "s");
    At.chown(dir, "s", 5, 6);
    At.utimes(dir, "s", new TimeSpec(-5, 1), new TimeSpec(77, 999_999_999));
    FileStat link = At.stat(dir, "s");
    assertThat(link.uid()).isEqualTo(5);
    assertThat(link.gid()).isEqualTo(6);
    assertThat(link.modified()).isEqualTo(new TimeSpec(77, 999_999_999));
    assertThat(link.accessed()).isEqualTo(new TimeSpec(-5, 1));

    At.mkdir(dir, "d", 0700);
    try (OwnedFd path = At.open(dir, "d", OpenFlags.O_PATH | OpenFlags.O_NOFOLLOW)) {
      At.chmod(path, 01777);
      At.chown(path, "", 8, -1);
    }
    assertThat(At.stat(dir, "d").permissions()).isEqualTo(01777);
    assertThat(At.stat(dir, "d").uid()).isEqualTo(8);
    At.chmod(dir, "d", 0);
    assertThat(At.stat(dir, "d").permissions()).isZero();
  }

  @KernelTest
  void names_thatAreNoUtf8_survive() {
    At.mkdir(dir, "a\uDCFFb", 0700);
    assertThat(At.stat(dir, "a\uDCFFb").directory()).isTrue();
    At.symlink("x\uDCE4", dir, "l");
    assertThat(At.readlink(dir, "l")).isEqualTo("x\uDCE4");
    At.rmdir(dir, "a\uDCFFb");
  }

  @KernelTest
  void fileSystem_proc_isRecognised() {
    try (OwnedFd proc = At.open(Fd.CWD, "/proc", OpenFlags.O_PATH)) {
      assertThat(At.fileSystem(proc).magic()).isEqualTo(FileSystemStat.PROC);
    }
    assertThat(At.fileSystem(dir).nameMax()).isEqualTo(255);
  }
}
