package gantry.image.tar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.image.tar.TarEntry.Kind;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileStat;
import gantry.linux.file.FileType;
import gantry.linux.file.OpenFlags;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Xattr;
import gantry.linux.mount.Depth;
import gantry.linux.mount.FileSystemContext;
import gantry.linux.mount.MountChange;
import gantry.linux.mount.Mounts;
import gantry.linux.mount.Propagation;
import gantry.linux.process.Namespace;
import gantry.linux.process.NamespaceThread;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExtractorTest {
  private static final TimeSpec TIME = new TimeSpec(1_700_000_000, 0);
  private static final String OPAQUE = "trusted.overlay.opaque";

  @TempDir private Path outside;
  private Path tree;
  private OwnedFd root;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarWriter tar = new TarWriter(bytes);

  @BeforeEach
  void open() throws IOException {
    tree = Files.createDirectory(outside.resolve("tree"));
    root = At.openDirectory(Fd.CWD, tree.toString());
  }

  @AfterEach
  void close() {
    root.close();
  }

  private ExtractorTest file(String name, String content) {
    byte[] data = content.getBytes(StandardCharsets.UTF_8);
    tar.file(TarEntry.file(name, 0640, data.length, TIME), data);
    return this;
  }

  private ExtractorTest entry(String name, Kind kind, int permissions, String link) {
    return entry(name, kind, permissions, link, Map.of(), new DeviceNumber(0, 0));
  }

  private ExtractorTest entry(
      String name,
      Kind kind,
      int permissions,
      String link,
      Map<String, byte[]> attributes,
      DeviceNumber device) {
    tar.begin(
        new TarEntry(
            name,
            kind,
            permissions,
            12,
            34,
            0,
            TIME,
            Optional.empty(),
            link,
            device,
            attributes,
            Optional.empty()));
    return this;
  }

  private Extractor.Extracted extract(Extractor.Options options) {
    tar.finish();
    try (Extractor extractor = new Extractor(root, options)) {
      return extractor.extract(TarReader.of(new ByteArrayInputStream(bytes.toByteArray())));
    }
  }

  private Extractor.Extracted layer() {
    return extract(Extractor.Options.LAYER);
  }

  private String read(String path) {
    try (OwnedFd file = At.openInRoot(root, path, OpenFlags.O_RDONLY)) {
      return new String(FileIo.readAll(file, 1 << 20), StandardCharsets.UTF_8);
    }
  }

  private FileStat stat(String path) {
    return At.stat(root, path);
  }

  @KernelTest
  void extract_everyKind_hasItsMetadata() {
    byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    entry("d/", Kind.DIRECTORY, 01777, "");
    entry(
        "d/f",
        Kind.FILE,
        06755,
        "",
        Map.of("security.capability", capability, "user.x", new byte[] {0, (byte) 0xFF}),
        new DeviceNumber(0, 0));
    entry("d/h", Kind.HARD_LINK, 0644, "d/f");
    entry("d/s", Kind.SYMBOLIC_LINK, 0777, "/../../etc/passwd");
    entry("d/c", Kind.CHARACTER_DEVICE, 0620, "", Map.of(), new DeviceNumber(1, 3));
    entry("d/b", Kind.BLOCK_DEVICE, 0660, "", Map.of(), new DeviceNumber(7, 300));
    entry("d/p", Kind.FIFO, 0600, "");
    Extractor.Extracted made = layer();

    assertThat(made.impliedDirectories()).isEmpty();
    assertThat(made.rootImplied()).isTrue();
    FileStat dir = stat("d");
    assertThat(dir.permissions()).isEqualTo(01777);
    assertThat(dir.modified()).isEqualTo(TIME);
    FileStat file = stat("d/f");
    assertThat(file.permissions()).isEqualTo(06755);
    assertThat(file.uid()).isEqualTo(12);
    assertThat(file.gid()).isEqualTo(34);
    assertThat(file.links()).isEqualTo(2);
    assertThat(file.modified()).isEqualTo(TIME);
    try (OwnedFd d = At.openDirectory(root, "d")) {
      assertThat(Xattr.get(d, "f", "security.capability")).contains(capability);
      assertThat(Xattr.get(d, "f", "user.x")).contains(new byte[] {0, (byte) 0xFF});
    }
    assertThat(stat("d/h").sameFile(file)).isTrue();
    assertThat(At.readlink(root, "d/s")).isEqualTo("/../../etc/passwd");
    assertThat(stat("d/s").uid()).isEqualTo(12);
    assertThat(stat("d/c").special()).isEqualTo(new DeviceNumber(1, 3));
    assertThat(stat("d/c").permissions()).isEqualTo(0620);
    assertThat(stat("d/b").type()).isEqualTo(FileType.BLOCK_DEVICE);
    assertThat(stat("d/b").special()).isEqualTo(new DeviceNumber(7, 300));
    assertThat(stat("d/p").type()).isEqualTo(FileType.FIFO);
  }

  @KernelTest
  void extract_longAndOddNames_areKept() {
    String lang = "x".repeat(250);
    file("a/" + lang, "1").file("n\udcff\n", "2").file("ü/ñ", "3");
    layer();

    assertThat(read("a/" + lang)).isEqualTo("1");
    assertThat(read("n\udcff\n")).isEqualTo("2");
    assertThat(read("ü/ñ")).isEqualTo("3");
  }

  @KernelTest
  void extract_missingDirectories_areMadeAndSaid() {
    file("a/b/c", "x");

    assertThat(layer().impliedDirectories()).containsExactly("a", "a/b");
    assertThat(stat("a/b").permissions()).isEqualTo(0755);
  }

  @KernelTest
  void layer_whiteouts_becomeOverlaysOwn() {
    file("d/.wh.gone", "");
    file("o/.wh..wh..opq", "");
    file(".wh..wh.plnk", "");
    layer();

    assertThat(stat("d/gone").type()).isEqualTo(FileType.CHARACTER_DEVICE);
    assertThat(stat("d/gone").special()).isEqualTo(new DeviceNumber(0, 0));
    try (OwnedFd o = At.openDirectory(root, "o")) {
      assertThat(Xattr.get(o, OPAQUE)).contains(new byte[] {'y'});
    }
    assertThat(At.exists(root, ".wh..wh.plnk")).isFalse();
  }

  @KernelTest
  void layer_whiteoutAndNewDirectory_hideWhatIsBelowWhateverTheOrder() {
    file(".wh.a", "");
    entry("a/", Kind.DIRECTORY, 0755, "");
    entry("b/", Kind.DIRECTORY, 0755, "");
    file("b/f", "kept");
    file(".wh.b", "");
    file(".wh.c", "");
    file("c/f", "kept");
    layer();

    for (String name : new String[] {"a", "b", "c"}) {
      assertThat(stat(name).directory()).isTrue();
      try (OwnedFd dir = At.openDirectory(root, name)) {
        assertThat(Xattr.get(dir, OPAQUE)).as(name).contains(new byte[] {'y'});
      }
    }
    assertThat(read("b/f")).isEqualTo("kept");
    assertThat(read("c/f")).isEqualTo("kept");
  }

  @KernelTest
  void files_whiteoutName_isAFileLikeAnyOther() {
    file(".wh.x", "data");
    extract(Extractor.Options.FILES);

    assertThat(read(".wh.x")).isEqualTo("data");
  }

  @KernelTest
  void layer_overlaysOwnAttributes_areNotTaken() {
    entry(
        "f",
        Kind.DIRECTORY,
        0755,
        "",
        Map.of("trusted.overlay.redirect", "/x".getBytes(StandardCharsets.US_ASCII)),
        new DeviceNumber(0, 0));
    layer();

    assertThat(Xattr.get(root, "f", "trusted.overlay.redirect")).isEmpty();
  }

  @KernelTest
  void extract_throughLinks_staysInTheTree() throws IOException {
    Files.writeString(outside.resolve("victim"), "safe");
    entry("up", Kind.SYMBOLIC_LINK, 0777, "../../..");
    entry("abs", Kind.SYMBOLIC_LINK, 0777, outside.toString());
    entry("file", Kind.SYMBOLIC_LINK, 0777, outside.resolve("victim").toString());
    file("up/a", "in");
    file("file", "replaced");
    layer();

    assertThat(read("a")).isEqualTo("in");
    assertThat(stat("file").regular()).isTrue();
    assertThat(Files.readString(outside.resolve("victim"))).isEqualTo("safe");
    try (var names = Files.list(outside)) {
      assertThat(names.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder("tree", "victim");
    }
  }

  @KernelTest
  void extract_throughADanglingAbsoluteLink_isRefused() {
    entry("abs", Kind.SYMBOLIC_LINK, 0777, outside.toString());
    file("abs/victim", "x");

    assertThatThrownBy(this::layer)
        .isInstanceOf(TarException.class)
        .hasMessageContaining("cannot extract 'abs/victim'");
    assertThat(outside.resolve("victim")).doesNotExist();
  }

  @KernelTest
  void extract_pathTraversal_isRefusedByName() {
    file("a/../../victim", "x");

    assertThatThrownBy(this::layer)
        .isInstanceOf(TarException.class)
        .hasMessage("'a/../../victim': path traversal, it leads out of the tree");
    assertThat(outside.resolve("victim")).doesNotExist();
  }

  @KernelTest
  void extract_hardLinkOutOfTheTree_isRefusedByName() throws IOException {
    Files.writeString(outside.resolve("victim"), "safe");
    entry("h", Kind.HARD_LINK, 0644, "../victim");

    assertThatThrownBy(this::layer)
        .isInstanceOf(TarException.class)
        .hasMessage("invalid hardlink 'h' -> '../victim': it leads out of the tree");
  }

  @KernelTest
  void extract_hardLinkByWayOfALink_staysInTheTree() throws IOException {
    Files.writeString(outside.resolve("victim"), "safe");
    entry("up", Kind.SYMBOLIC_LINK, 0777, "..");
    entry("h", Kind.HARD_LINK, 0644, "up/victim");

    assertThatThrownBy(this::layer)
        .isInstanceOf(TarException.class)
        .hasMessage("invalid hardlink 'h' -> 'up/victim': no such file in the archive before it");
  }

  @KernelTest
  void extract_hardLinkToADirectory_isRefused() {
    entry("d/", Kind.DIRECTORY, 0755, "");
    entry("h", Kind.HARD_LINK, 0644, "d");

    assertThatThrownBy(this::layer).hasMessage("'h': hard link to the directory 'd'");
  }

  @KernelTest
  void extract_loopingLinks_areRefusedByName() {
    entry("a", Kind.SYMBOLIC_LINK, 0777, "b");
    entry("b", Kind.SYMBOLIC_LINK, 0777, "a");
    file("a/x", "");

    assertThatThrownBy(this::layer)
        .isInstanceOf(TarException.class)
        .hasMessageContaining("cannot extract 'a/x'")
        .hasMessageContaining("ELOOP");
  }

  @KernelTest
  void extract_sameNameTwice_theLastCounts() {
    file("x", "one");
    entry("x", Kind.DIRECTORY, 0755, "");
    file("x/y", "two");
    file("x", "three");
    layer();

    assertThat(read("x")).isEqualTo("three");
  }

  @KernelTest
  void keepKinds_fileForDirectory_isRefused() throws IOException {
    Files.createDirectory(tree.resolve("d"));
    file("d", "x");

    assertThatThrownBy(() -> extract(new Extractor.Options(false, true, Optional.empty())))
        .hasMessage("cannot overwrite directory '/d' with non-directory 'd'");
  }

  @KernelTest
  void keepKinds_directoryForFile_isRefused() throws IOException {
    Files.createFile(tree.resolve("f"));
    entry("f/", Kind.DIRECTORY, 0755, "");

    assertThatThrownBy(() -> extract(new Extractor.Options(false, true, Optional.empty())))
        .hasMessage("cannot overwrite non-directory '/f' with directory 'f/'");
  }

  @KernelTest
  void owner_given_getsEverything() {
    entry("d/", Kind.DIRECTORY, 0755, "");
    file("e/f", "x");
    extract(new Extractor.Options(false, false, Optional.of(new Extractor.Owner(5, 6))));

    assertThat(stat("d").uid()).isEqualTo(5);
    assertThat(stat("e").gid()).isEqualTo(6);
    assertThat(stat("e/f").uid()).isEqualTo(5);
  }

  @KernelTest
  void extract_rootEntry_setsTheRootItself() {
    entry("./", Kind.DIRECTORY, 0700, "");

    assertThat(layer().rootImplied()).isFalse();
    assertThat(At.stat(root).permissions()).isEqualTo(0700);
    assertThat(At.stat(root).uid()).isEqualTo(12);
    assertThat(At.stat(root).modified()).isEqualTo(TIME);
  }

  @ParameterizedTest
  @org.junit.jupiter.api.Tag("kernel")
  @ValueSource(strings = {"gnu", "pax-0.0", "pax-0.1", "pax-1.0"})
  void extract_sparseFile_isWholeAndHasHoles(String format) throws Exception {
    try (InputStream packed =
            ExtractorTest.class.getResourceAsStream("sparse-" + format + ".tar.gz");
        InputStream archive = new GZIPInputStream(Objects.requireNonNull(packed));
        Extractor extractor = new Extractor(root, Extractor.Options.FILES)) {
      extractor.extract(TarReader.of(archive));
    }
    byte[] content = Files.readAllBytes(tree.resolve("s"));

    assertThat(gantry.oci.Digest.sha256(content).hex())
        .isEqualTo("34e043c4c88919ef2bdd6f303d75d00543b7f978f197296f928ac7f33cfa0fc1");
    assertThat(stat("s").blocks() * 512).isLessThan(100_000);
  }

  @KernelTest
  void archiver_tree_comesOutAsItWent() {
    entry("d/", Kind.DIRECTORY, 0750, "");
    file("d/f", "data");
    entry("d/h", Kind.HARD_LINK, 0640, "d/f");
    entry("d/s", Kind.SYMBOLIC_LINK, 0777, "f");
    entry("d/x", Kind.CHARACTER_DEVICE, 0600, "", Map.of(), new DeviceNumber(1, 5));
    file("e/.wh.gone", "");
    file("e/.wh..wh..opq", "");
    layer();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    new TreeArchiver(writer, TreeArchiver.Content.OVERLAY_UPPER).writeContents(root);
    writer.finish();
    TarReader reader = TarReader.of(new ByteArrayInputStream(out.toByteArray()));
    StringBuilder seen = new StringBuilder();
    for (Optional<TarEntry> next = reader.next(); next.isPresent(); next = reader.next()) {
      TarEntry entry = next.get();
      seen.append(
          "%s %s %o %d %s %s\n"
              .formatted(
                  entry.name(),
                  entry.kind(),
                  entry.permissions(),
                  entry.uid(),
                  entry.linkName(),
                  entry.device()));
    }

    assertThat(seen.toString())
        .isEqualTo(
            """
            d/ DIRECTORY 750 12  0:0
            d/f FILE 640 0  0:0
            d/h HARD_LINK 640 0 d/f 0:0
            d/s SYMBOLIC_LINK 777 12 f 0:0
            d/x CHARACTER_DEVICE 600 12  1:5
            e/ DIRECTORY 755 0  0:0
            e/.wh..wh..opq FILE 0 0  0:0
            e/.wh.gone FILE 0 0  0:0
            """);
  }

  @KernelTest
  void archiver_namedDirectory_isRootedAtItsNewName() {
    file("etc/hosts", "x");
    layer();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TarWriter writer = new TarWriter(out);
    new TreeArchiver(writer, TreeArchiver.Content.FILES).write(root, "etc", "copy");
    writer.finish();
    TarReader reader = TarReader.of(new ByteArrayInputStream(out.toByteArray()));

    assertThat(reader.next().orElseThrow().name()).isEqualTo("copy/");
    assertThat(reader.next().orElseThrow().name()).isEqualTo("copy/hosts");
    assertThat(reader.next()).isEmpty();
  }

  @KernelTest
  void base_linksInside_areThoseOfTheRoot() throws IOException {
    Files.createDirectories(tree.resolve("var/real"));
    Files.createDirectories(tree.resolve("tmp"));
    Files.createSymbolicLink(tree.resolve("tmp/link"), Path.of("/var/real"));
    Files.createSymbolicLink(tree.resolve("t"), Path.of("/tmp"));
    entry("./", Kind.DIRECTORY, 0711, "");
    file("link/a", "1").entry("h", Kind.HARD_LINK, 0644, "link/a").file("new/b", "2");
    tar.finish();
    try (Extractor extractor = new Extractor(root, "/t", Extractor.Options.FILES)) {
      extractor.extract(TarReader.of(new ByteArrayInputStream(bytes.toByteArray())));
    }

    assertThat(read("var/real/a")).isEqualTo("1");
    assertThat(read("tmp/h")).isEqualTo("1");
    assertThat(read("tmp/new/b")).isEqualTo("2");
    assertThat(stat("tmp").permissions()).isEqualTo(0711);
    assertThat(stat("tmp").modified()).isEqualTo(TIME);
  }

  @KernelTest
  void base_nameOutOfIt_isRefused() throws IOException {
    Files.createDirectories(tree.resolve("tmp"));
    file("../x", "1");
    tar.finish();
    try (Extractor extractor = new Extractor(root, "tmp", Extractor.Options.FILES)) {
      assertThatThrownBy(
              () -> extractor.extract(TarReader.of(new ByteArrayInputStream(bytes.toByteArray()))))
          .hasMessage("'../x': path traversal, it leads out of the tree");
    }
  }

  @KernelTest
  void archiver_oneMount_leavesOutWhatIsMounted() {
    NamespaceThread.unshared(
        Set.of(Namespace.MOUNT),
        () -> {
          Mounts.change(Fd.CWD, "/", Depth.TREE, MountChange.propagating(Propagation.PRIVATE));
          file("on/covered", "x").file("kept", "y");
          layer();
          try (FileSystemContext context = FileSystemContext.open("tmpfs");
              OwnedFd tmpfs = context.mount(0)) {
            Files.createFile(Path.of(tmpfs.procPath(), "other"));
            Mounts.attach(tmpfs, Fd.CWD, tree.resolve("on").toString());
          } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
          }
          ByteArrayOutputStream out = new ByteArrayOutputStream();
          TarWriter writer = new TarWriter(out);
          try (OwnedFd here = At.openDirectory(Fd.CWD, tree.toString())) {
            new TreeArchiver(writer, TreeArchiver.Content.ONE_MOUNT).writeContents(here);
          }
          writer.finish();
          TarReader reader = TarReader.of(new ByteArrayInputStream(out.toByteArray()));
          assertThat(reader.next().orElseThrow().name()).isEqualTo("kept");
          assertThat(reader.next().orElseThrow().name()).isEqualTo("on/");
          assertThat(reader.next()).isEmpty();
          return true;
        });
  }
}
