package gantry.linux.mount;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_DIRECTORY;
import static gantry.linux.file.OpenFlags.O_PATH;
import static gantry.linux.file.OpenFlags.O_WRONLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.FileSystemStat;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class MountsTest {
  @TempDir Path root;
  private OwnedFd dir;

  @BeforeEach
  void open() {
    dir = At.openDirectory(Fd.CWD, root.toString());
  }

  @AfterEach
  void nothingMountedIsLeft() {
    dir.close();
    assertThat(MountInfo.ofSelf()).noneMatch(this::ours); // others mount things meanwhile
  }

  private boolean ours(MountInfo mount) {
    return mount.mountPoint().startsWith(root.toString())
        || mount.superOptions().stream().anyMatch(option -> option.contains("/proc/self/fd/"));
  }

  private static OwnedFd tmpfs(int flags) {
    try (FileSystemContext context = FileSystemContext.open("tmpfs")) {
      return context.set("size", "1m").set("mode", "0751").mount(flags);
    }
  }

  @KernelTest
  void tmpfs_detached_isUsableAndInNoTable() {
    try (OwnedFd mount = tmpfs(MountFlags.NOSUID)) {
      assertThat(At.fileSystem(mount).magic()).isEqualTo(FileSystemStat.TMPFS);
      assertThat(At.stat(mount).permissions()).isEqualTo(0751);
      At.mkdir(mount, "d", 0700);
      int id = (int) At.stat(mount).mountId();
      assertThat(MountInfo.ofSelf()).noneMatch(info -> info.id() == id);
    }
  }

  @KernelTest
  void attach_thenDetach_byDescriptorAndPath() {
    At.mkdir(dir, "here", 0700);
    String path = root.resolve("here").toString();
    try (OwnedFd mount = tmpfs(MountFlags.NODEV | MountFlags.NOATIME)) {
      Mounts.attach(mount, dir, "here");
      MountInfo info =
          MountInfo.ofSelf().stream()
              .filter(m -> m.mountPoint().equals(path))
              .findFirst()
              .orElseThrow();
      assertThat(info.type()).isEqualTo("tmpfs");
      assertThat(info.options()).contains("nodev", "noatime");
      assertThat(info.id()).isEqualTo((int) At.stat(mount).mountId());
      Mounts.detach(mount);
      assertThat(Mounts.detachIfMounted(path)).isFalse();
    }
    try (OwnedFd mount = tmpfs(0);
        OwnedFd target = At.open(dir, "here", O_PATH)) {
      Mounts.attach(mount, target, "");
    }
    Mounts.detach(path);
  }

  @KernelTest
  void change_readOnlyAndAtime_isSeen() throws IOException {
    Files.createDirectory(root.resolve("source"));
    try (OwnedFd copy = Mounts.copy(dir, "source", Depth.TREE)) {
      Mounts.change(
          copy,
          Depth.TREE,
          MountChange.setting(MountFlags.RDONLY | MountFlags.STRICTATIME)
              .and(MountChange.propagating(Propagation.PRIVATE)));
      assertThatThrownBy(() -> At.mkdir(copy, "x", 0700))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.EROFS)).isTrue());
      Mounts.change(copy, Depth.ONE, MountChange.clearing(MountFlags.RDONLY));
      At.mkdir(copy, "x", 0700);
    }
    assertThat(root.resolve("source/x")).isDirectory();
  }

  @KernelTest
  void context_badOption_hasTheKernelsWords() {
    try (FileSystemContext context = FileSystemContext.open("tmpfs")) {
      assertThatThrownBy(() -> context.set("size", "nonsense"))
          .isInstanceOf(SyscallException.class)
          .hasMessageContaining("fsconfig 'tmpfs size=nonsense: ")
          .hasMessageContaining("Bad value for 'size'");
    }
    assertThatThrownBy(() -> FileSystemContext.open("nonsensefs")).hasMessageContaining("ENODEV");
  }

  @FunctionalInterface
  interface Way {
    OwnedFd mount(OverlayMount overlay);
  }

  private void overlay(int layers, Way way) throws IOException {
    List<OwnedFd> open = new ArrayList<>();
    Path base = Files.createTempDirectory(root, "overlay,with:odd\\name");
    try {
      OverlayMount overlay = new OverlayMount();
      for (int i = 0; i < layers; i++) {
        Path layer = Files.createDirectory(base.resolve("layer" + i));
        Files.writeString(layer.resolve("file" + i), "");
        Files.writeString(layer.resolve("common"), i == 0 ? "highest" : "lower");
        OwnedFd fd = At.open(Fd.CWD, layer.toString(), O_PATH | O_DIRECTORY);
        open.add(fd);
        overlay.lower(fd);
      }
      for (String name : new String[] {"upper", "work"}) {
        open.add(At.open(Fd.CWD, Files.createDirectory(base.resolve(name)).toString(), O_PATH));
      }
      overlay.upper(open.get(layers), open.get(layers + 1)).option("xino", "off").forgetful();
      try (OwnedFd mount = way.mount(overlay)) {
        assertThat(At.fileSystem(mount).magic()).isEqualTo(FileSystemStat.OVERLAYFS);
        assertThat(At.exists(mount, "file0")).isTrue();
        assertThat(At.exists(mount, "file" + (layers - 1))).isTrue();
        assertThat(At.stat(mount, "common").sizeBytes()).isEqualTo(7);
        At.open(mount, "new", O_CREAT | O_WRONLY, 0600).close();
      }
      assertThat(base.resolve("upper/new")).exists();
    } finally {
      open.forEach(OwnedFd::close);
    }
  }

  @KernelTest
  void overlay_oneByOne_holdsHundredLayers() throws IOException {
    overlay(100, o -> o.mountOneByOne(MountFlags.NODEV));
  }

  @KernelTest
  void overlay_inOneOption_worksToo() throws IOException {
    overlay(8, o -> o.mountInOneOption(0));
  }

  @KernelTest
  void overlay_byPath_holdsHundredLayersAndLeavesNoMount() throws IOException {
    overlay(100, o -> o.mountByPath(MountFlags.NODEV));
  }

  @KernelTest
  void overlay_readOnly_needsNoUpper() throws IOException {
    List<OwnedFd> layers = new ArrayList<>();
    for (String name : new String[] {"a", "b"}) {
      layers.add(At.open(Fd.CWD, Files.createDirectory(root.resolve(name)).toString(), O_PATH));
    }
    OverlayMount overlay = new OverlayMount().lower(layers.get(0)).lower(layers.get(1));
    try (OwnedFd mount = overlay.mount(0)) {
      assertThatThrownBy(() -> At.mkdir(mount, "x", 0700)).hasMessageContaining("EROFS");
    } finally {
      layers.forEach(OwnedFd::close);
    }
  }
}
