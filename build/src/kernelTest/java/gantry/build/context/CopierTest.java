package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import gantry.build.context.Sources.Parents;
import gantry.image.tar.Extractor.Owner;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Xattr;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// What is in the table was seen with Docker 28.5 and BuildKit.
class CopierTest {
  @TempDir Path directory;
  private Trees context;
  private Trees image;
  private Map<String, String> before;

  @BeforeEach
  void files() throws IOException {
    context = new Trees(Files.createDirectory(directory.resolve("context")));
    context
        .file("src/a", "A")
        .file("src/sub/s", "S")
        .link("src/lsub", "sub")
        .link("src/labs", "/etc/passwd")
        .directory("src/empty", "rwxrwxrwx")
        .link("filelink", "src/a")
        .link("dirlink", "src")
        .file("multi/1.txt", "1")
        .file("multi/2.txt", "2")
        .file("multi/d1/x", "x")
        .file("over/l/o", "o")
        .file("over2/sub", "f")
        .file("over3/xfile/y", "y")
        .file("p/q/f", "f")
        .directory("p/q", "rwxr-x---")
        .directory("src/sub", "rwx--x--x");
    Files.createLink(context.path.resolve("src/hard"), context.path.resolve("src/a"));
    Files.setAttribute(context.path.resolve("src/a"), "unix:uid", 7);
    Files.setAttribute(context.path.resolve("src/a"), "unix:mode", 04755);
    for (String old : List.of("src/a", "src/sub/s", "src/sub", "src", "p/q/f", "p/q", "p")) {
      context.old(old);
    }
    image = new Trees(Files.createDirectory(directory.resolve("image")));
    image
        .file("d/a", "base")
        .file("d/sub/f", "base")
        .file("d/xfile", "x")
        .file("real/target", "t")
        .directory("etc", "rwxr-xr-x")
        .link("d/l", "/real")
        .link("ldir", "real")
        .link("lfile", "real/target")
        .link("labs", "/etc/abs")
        .link("dangling", "nowhere/x")
        .link("up", "../../../../etc");
    Files.setAttribute(image.path.resolve("real"), "unix:uid", 5);
    Files.setAttribute(image.path.resolve("d/sub"), "unix:uid", 5);
    before = listing();
  }

  @AfterEach
  void close() {
    context.close();
    image.close();
  }

  /// Each file: permissions, owner, `old` if it has the time of its source, and content.
  private Map<String, String> listing() throws IOException {
    Map<String, String> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(image.path)) {
      for (Path file : walk.filter(path -> !path.equals(image.path)).toList()) {
        files.put(image.path.relativize(file).toString(), described(file));
      }
    }
    return files;
  }

  private static String described(Path file) throws IOException {
    var attributes =
        Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    int mode = (int) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    String owner =
        Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS)
            + ":"
            + Files.getAttribute(file, "unix:gid", LinkOption.NOFOLLOW_LINKS);
    String what =
        attributes.isSymbolicLink()
            ? "-> " + Files.readSymbolicLink(file)
            : "%04o ".formatted(mode & 07777)
                + (attributes.isDirectory() ? "dir" : "'" + Files.readString(file) + "'");
    boolean old = attributes.lastModifiedTime().toInstant().equals(Trees.LONG_AGO);
    return what + " " + owner + (old ? " old" : "");
  }

  /// What is another one now, as `path: what it is`.
  private List<String> changes() throws IOException {
    List<String> changes = new ArrayList<>();
    Map<String, String> after = listing();
    after.forEach(
        (path, file) -> {
          if (!file.equals(before.get(path))) {
            changes.add(path + ": " + file);
          }
        });
    before.keySet().stream()
        .filter(path -> !after.containsKey(path))
        .forEach(path -> changes.add("gone: " + path));
    return changes;
  }

  private List<String> copied(String destination, String... sources) throws IOException {
    return copied(CopyOptions.PLAIN, destination, sources);
  }

  private List<String> copied(CopyOptions options, String destination, String... sources)
      throws IOException {
    Selection selection = context.context().select(Sources.of(sources));
    new Copier(image.fd, options).copy(selection, destination);
    return changes();
  }

  private static CopyOptions options(@Nullable Owner owner, @Nullable String mode) {
    return new CopyOptions(
        Optional.ofNullable(owner),
        Optional.ofNullable(mode).map(ModeChange::parse),
        Optional.empty(),
        CopyOptions.Archives.COPIED);
  }

  private static final String A = "4755 'A' 0:0 old";

  @KernelTest
  void copy_file_takesTheNameOrGoesIntoTheDirectory() throws IOException {
    assertThat(copied("/n/m", "src/a")).containsExactly("n: 0755 dir 0:0", "n/m: " + A);
    assertThat(copied("/o/m/", "src/a")).contains("o/m: 0755 dir 0:0", "o/m/a: " + A);
    assertThat(copied("/d", "src/a")).contains("d/a: " + A);
    assertThat(copied("/e/", "filelink")).contains("e/filelink: " + A);
    assertThat(copied("../../t", "src/a")).contains("t: " + A);
  }

  @KernelTest
  void copy_directory_givesItsContentsAndItsTime() throws IOException {
    assertThat(copied("/new", "dirlink"))
        .containsExactly(
            "new: 0755 dir 0:0 old",
            "new/a: " + A,
            "new/empty: 0777 dir 0:0",
            "new/hard: " + A,
            "new/labs: -> /etc/passwd 0:0",
            "new/lsub: -> sub 0:0",
            "new/sub: 0711 dir 0:0 old",
            "new/sub/s: 0644 'S' 0:0 old");
    assertThat((int) Files.getAttribute(image.path.resolve("new/a"), "unix:nlink")).isEqualTo(2);
  }

  @KernelTest
  void copy_directoryOnDirectory_merges() throws IOException {
    assertThat(copied("/d", "src"))
        .contains("d: 0755 dir 0:0 old", "d/a: " + A, "d/sub: 0711 dir 0:0 old")
        .noneMatch(line -> line.startsWith("d/sub/f") || line.startsWith("gone"));
  }

  @KernelTest
  void copy_several_dropIntoOneAnother() throws IOException {
    assertThat(copied("/n/", "mul*/*"))
        .containsExactly(
            "n: 0755 dir 0:0",
            "n/1.txt: 0644 '1' 0:0",
            "n/2.txt: 0644 '2' 0:0",
            "n/x: 0644 'x' 0:0");
    assertThat(copied("/m", "multi/*.txt")).contains("m: 0644 '2' 0:0");
    assertThat(copied("/none", "noth*")).noneMatch(line -> line.startsWith("none"));
    assertThat(copied("/h/", "src/a", "src/hard")).contains("h/a: " + A, "h/hard: " + A);
    assertThat((int) Files.getAttribute(image.path.resolve("h/a"), "unix:nlink")).isOne();
  }

  @KernelTest
  void copy_ownersAndModes_areThoseOfTheOptions() throws IOException {
    assertThat(copied(options(new Owner(9, 10), "640"), "/n1/n2", "src"))
        .contains(
            "n1: 0640 dir 9:10",
            "n1/n2: 0640 dir 9:10 old",
            "n1/n2/a: 0640 'A' 9:10 old",
            "n1/n2/labs: -> /etc/passwd 9:10",
            "n1/n2/sub: 0640 dir 9:10 old");
    assertThat(copied(options(null, "go-rx"), "/x/y/", "src/sub"))
        .contains("x: 0755 dir 0:0", "x/y: 0755 dir 0:0 old", "x/y/s: 0600 'S' 0:0 old");
    assertThat(copied(options(new Owner(3, 3), "600"), "/d/", "src/sub"))
        .contains("d: 0755 dir 0:0 old", "d/s: 0600 'S' 3:3 old");
  }

  @KernelTest
  void copy_fromStage_keepsOwners() throws IOException {
    try (Trees target = new Trees(Files.createDirectory(directory.resolve("other")))) {
      new Copier(target.fd, CopyOptions.PLAIN)
          .copy(image.stage().select(Sources.of("/d", "/lfile")), "/n/");
      assertThat(described(target.path.resolve("n/sub"))).isEqualTo("0755 dir 5:0");
      assertThat(described(target.path.resolve("n"))).isEqualTo("0755 dir 0:0");
      assertThat(described(target.path.resolve("n/lfile"))).isEqualTo("0644 't' 0:0");
    }
  }

  @KernelTest
  void copy_linksInTheDestination_areFollowedInTheRoot() throws IOException {
    assertThat(copied("/ldir", "src/a")).contains("real/a: " + A);
    assertThat(copied("/ldir/z", "src/a")).contains("real/z: " + A);
    assertThat(copied("/lfile", "src/a")).contains("real/target: " + A);
    assertThat(copied("/dangling", "src/a")).contains("nowhere: 0755 dir 0:0", "nowhere/x: " + A);
    assertThat(copied("/labs", "src/a")).contains("etc/abs: " + A);
    assertThat(copied("/up/q", "src/a")).contains("etc/q: " + A);
    assertThat(copied("/ldir", "src/sub")).contains("real/s: 0644 'S' 0:0 old");
  }

  @KernelTest
  void copy_directoryOverLinkOrFile_isRefused() {
    assertThatThrownBy(() -> copied("/d", "over"))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.INVALID))
        .hasMessage("cannot copy to non-directory: /d/l");
    assertThatThrownBy(() -> copied("/d", "over3"))
        .hasMessage("cannot copy to non-directory: /d/xfile");
    assertThatThrownBy(() -> copied("/d", "over2"))
        .hasMessage("cannot replace to directory /d/sub with file");
    assertThatThrownBy(() -> copied("/d/xfile", "src"))
        .hasMessage("cannot copy to non-directory: /d/xfile");
    assertThatThrownBy(() -> copied("/d/xfile/y", "src/a"))
        .hasMessage("mkdir /d/xfile/y: not a directory");
  }

  @KernelTest
  void copy_fileOverLinkInADirectory_replacesTheLink() throws IOException {
    context.file("over4/l", "new");
    assertThat(copied("/d", "over4")).contains("d/l: 0644 'new' 0:0");
    assertThat(Files.readString(image.path.resolve("real/target"))).isEqualTo("t");
  }

  @KernelTest
  void copy_parents_areMadeAsTheyAre() throws IOException {
    Selection selection =
        context.context().select(new Sources(List.of("./p/q/f"), IgnoreRules.NONE, Parents.KEPT));
    new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/n/");
    assertThat(changes())
        .contains("n/p: 0755 dir 0:0 old", "n/p/q: 0750 dir 0:0 old", "n/p/q/f: 0644 'f' 0:0 old");
  }

  @KernelTest
  void copy_latest_boundsTimes() throws IOException {
    TimeSpec limit = TimeSpec.of(Instant.EPOCH);
    CopyOptions options =
        new CopyOptions(
            Optional.empty(), Optional.empty(), Optional.of(limit), CopyOptions.Archives.COPIED);
    copied(options, "/n/m/", "src");
    for (String path : List.of("n/m", "n/m/sub", "n/m/lsub", "n/m/a")) {
      assertThat(At.stat(image.fd, path).modified()).as(path).isEqualTo(limit);
    }
  }

  @KernelTest
  void copy_holesAndAttributes_areKept() throws IOException {
    Path sparse = context.path.resolve("sparse");
    try (FileChannel file =
        FileChannel.open(sparse, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap("middle".getBytes(UTF_8)), 8 << 20);
      file.write(ByteBuffer.wrap(new byte[1]), 64 << 20);
    }
    // a capability, version 2: CAP_NET_RAW permitted and effective
    byte[] capability = new byte[20];
    capability[0] = 1;
    capability[3] = 2;
    capability[5] = 0x20;
    try (OwnedFd file = At.open(context.fd, "sparse", 0)) {
      Xattr.set(file, "user.k", "v".getBytes(UTF_8));
      Xattr.set(file, "security.capability", capability);
    }
    Selection selection = context.context().select(Sources.of("sparse"));
    new Copier(image.fd, options(new Owner(1, 1), null)).copy(selection, "/");
    assertThat(Files.mismatch(sparse, image.path.resolve("sparse"))).isEqualTo(-1);
    assertThat(At.stat(image.fd, "sparse").blocks()).isLessThan(1000);
    assertThat(Xattr.get(image.fd, "sparse", "user.k")).contains("v".getBytes(UTF_8));
    assertThat(Xattr.get(image.fd, "sparse", "security.capability")).contains(capability);
  }

  @KernelTest
  void copy_changedSinceItWasSelected_isRefusedByName() throws IOException {
    Selection selection = context.context().select(Sources.of("multi"));
    Files.writeString(context.path.resolve("multi/2.txt"), "3");
    assertThatThrownBy(() -> new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/n"))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.CHANGED))
        .hasMessageStartingWith("'/multi/2.txt' of the build context was changed");
    Files.delete(context.path.resolve("multi/1.txt"));
    Files.createSymbolicLink(context.path.resolve("multi/1.txt"), Path.of("/etc/shadow"));
    assertThatThrownBy(() -> new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/m"))
        .hasMessageStartingWith("'/multi/1.txt' of the build context was changed");
    assertThat(image.path.resolve("m/1.txt")).doesNotExist();
  }

  @KernelTest
  void copy_fifosAndSockets_areKeptAndLeftOut() throws Exception {
    At.mknod(context.fd, "multi/d1/fifo", 0x1000 | 0600, new DeviceNumber(0, 0));
    At.mknod(context.fd, "multi/d1/socket", 0xC000, new DeviceNumber(0, 0));
    At.mknod(context.fd, "multi/d1/null", 0x2000 | 0666, new DeviceNumber(1, 3));
    Selection selection = context.context().select(Sources.of("multi/d1"));
    new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/n");
    assertThat(At.stat(image.fd, "n/fifo").mode()).isEqualTo(0x1000 | 0600);
    assertThat(At.stat(image.fd, "n/null").special()).isEqualTo(new DeviceNumber(1, 3));
    assertThat(At.exists(image.fd, "n/socket")).isFalse();
  }

  @KernelTest
  void add_archive_isUnpackedWhateverItsName() throws Exception {
    Path tar = context.path.resolve("data.bin");
    run("tar", "-C", context.path.resolve("multi").toString(), "-czf", tar.toString(), ".");
    run("tar", "-C", context.path.resolve("multi").toString(), "-cf", tar + ".plain", ".");
    context.file("not.tar.gz", "no archive").file("empty.tar", "");
    assertThat(copied(CopyOptions.UNPACKING, "/n", "data.bin"))
        .contains("n/1.txt: 0644 '1' 0:0", "n/d1/x: 0644 'x' 0:0");
    assertThat(copied(CopyOptions.UNPACKING, "/ldir", "data.bin.plain"))
        .contains("real/1.txt: 0644 '1' 0:0");
    CopyOptions owned =
        new CopyOptions(
            Optional.of(new Owner(5, 6)),
            Optional.of(ModeChange.parse("600")),
            Optional.empty(),
            CopyOptions.Archives.UNPACKED);
    assertThat(copied(owned, "/o/", "data.bin"))
        .contains("o: 0755 dir 5:6", "o/1.txt: 0644 '1' 5:6", "o/d1: 0755 dir 5:6");
    assertThat(copied(CopyOptions.UNPACKING, "/p/", "not.tar.gz", "empty.tar"))
        .contains("p/not.tar.gz: 0644 'no archive' 0:0", "p/empty.tar: 0644 '' 0:0");
  }

  @KernelTest
  void add_archiveThatLeadsOut_isConfined() throws Exception {
    Files.createDirectory(directory.resolve("make"));
    Path make = directory.resolve("make");
    Files.createSymbolicLink(make.resolve("evil"), Path.of("/../../../.."));
    Files.writeString(make.resolve("f"), "f");
    Path tar = context.path.resolve("evil.tar");
    run(
        "tar",
        "-C",
        make.toString(),
        "-cPf",
        tar.toString(),
        "evil",
        "--transform",
        "s,^f,evil/out,",
        "f");
    assertThat(copied(CopyOptions.UNPACKING, "/d/", "evil.tar")).contains("out: 0644 'f' 0:0");
    run(
        "tar",
        "-C",
        make.toString(),
        "-cPf",
        tar.toString(),
        "--transform",
        "s,^f,../../out2,",
        "f");
    assertThatThrownBy(() -> copied(CopyOptions.UNPACKING, "/d/", "evil.tar"))
        .hasMessageStartingWith("cannot unpack '/evil.tar': ");
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @KernelTest
  void copy_deviceThatHides_isRefused() {
    At.mknod(context.fd, "multi/d1/hide", 0x2000, new DeviceNumber(0, 0));
    assertThatThrownBy(() -> copied("/n", "multi/d1"))
        .hasMessage("'/multi/d1/hide' is a device 0:0, which hides files of lower layers");
  }

  @KernelTest
  void copy_loopInTheDestination_fails() throws IOException {
    image.link("loop1", "loop2").link("loop2", "loop1");
    assertThatThrownBy(() -> copied("/loop1", "src/a"))
        .hasMessageContaining("too many levels of symbolic links");
  }
}
