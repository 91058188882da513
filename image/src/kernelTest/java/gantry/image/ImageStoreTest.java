package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.ZstdOutputStream;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileTree;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.FileSystemContext;
import gantry.linux.mount.Mounts;
import gantry.oci.Digest;
import gantry.oci.History;
import gantry.oci.MediaType;
import gantry.oci.Platform;
import gantry.oci.Reference;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  private static final byte[] LAYER =
      Archives.tar().directory("bin/", 0755).file("bin/sh", "#!").file("etc/motd", "hello").bytes();
  private static final byte[] SECOND =
      Archives.tar().file("etc/.wh.motd", "").file("etc/issue", "two").bytes();

  @TempDir private Path root;
  private Database database;
  private ImageStore store;

  @BeforeEach
  void open() {
    database = Database.open(root);
    store = ImageStore.open(root, database);
  }

  @AfterEach
  void close() {
    store.close();
    database.close();
  }

  private void reopen() {
    close();
    open();
  }

  private Image load(byte[] archive) {
    return store
        .load(new ByteArrayInputStream(archive), Optional.empty(), LoadProgress.none())
        .getFirst();
  }

  private static String read(OwnedFd root, String path) {
    try (OwnedFd file = At.openInRoot(root, path, OpenFlags.O_RDONLY)) {
      return new String(FileIo.readAll(file, 1 << 20), StandardCharsets.UTF_8);
    }
  }

  @KernelTest
  void load_dockerArchive_isThereAlsoAfterAReopen() {
    Image image = load(Archives.docker("box:1", LAYER, SECOND));
    reopen();

    assertThat(store.find("box:1")).isEqualTo(image);
    assertThat(store.find(image.id().shortHex())).isEqualTo(image);
    assertThat(image.tags()).containsExactly("box:1");
    assertThat(image.layers()).hasSize(2);
    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(read(view, "/etc/issue")).isEqualTo("two");
      assertThat(At.exists(view, "etc/motd")).isFalse();
      assertThat(read(view, "bin/sh")).isEqualTo("#!");
    }
  }

  @KernelTest
  void load_archiveFromBeforeDocker110_isTheTopOfItsChain() {
    Image image = load(Archives.of(Archives.legacy("{\"box\":{\"1\":\"%s\"}}", LAYER, SECOND)));

    assertThat(store.list()).containsExactly(image);
    assertThat(image.tags()).containsExactly("box:1");
    assertThat(image.config().config().env()).containsExactly("A=1");
    assertThat(image.config().rootFs().diffIds())
        .containsExactly(Digest.sha256(LAYER), Digest.sha256(SECOND));
    assertThat(image.config().history())
        .extracting(History::createdBy)
        .containsExactly("/bin/sh -c step 0", "/bin/sh -c step 1");
    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(read(view, "/etc/issue")).isEqualTo("two");
      assertThat(At.exists(view, "etc/motd")).isFalse();
    }
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    store.save(List.of("box:1"), Optional.empty()).to(saved);
    assertThat(load(saved.toByteArray()))
        .returns(image.id(), Image::id)
        .returns(image.manifest(), Image::manifest);
  }

  @KernelTest
  void load_archiveFromBeforeDocker110_withoutNamesAndPacked() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(SECOND);
    }

    Image image = load(Archives.of(Archives.legacy("", LAYER, packed.toByteArray())));

    assertThat(store.list()).containsExactly(image);
    assertThat(image.tags()).isEmpty();
    assertThat(image.config().rootFs().diffIds())
        .containsExactly(Digest.sha256(LAYER), Digest.sha256(SECOND));
  }

  @KernelTest
  void save_loadedImage_loadsAgainAsTheSame() {
    Image image = load(Archives.docker("box:1", LAYER, SECOND));
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    store.save(List.of("box"), Optional.empty()).to(saved);
    store.remove("box:1", false, true, ImageUse.none());
    assertThat(store.list()).isEmpty();

    Image again = load(saved.toByteArray());

    assertThat(again.id()).isEqualTo(image.id());
    assertThat(again.manifest()).isEqualTo(image.manifest());
    assertThat(again.references()).containsExactly(Reference.parse("box:1"));
  }

  @KernelTest
  void prepare_activeSnapshot_isWrittenDiffedCommitted() {
    Image image = load(Archives.docker("box:1", LAYER));
    store.snapshots().prepare("c1", image);
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      At.unlink(mount, "etc/motd");
      try (OwnedFd file = At.open(mount, "new", OpenFlags.O_CREAT | OpenFlags.O_WRONLY, 0644)) {
        FileIo.writeFully(file, new byte[5]);
      }
    }

    assertThat(store.snapshots().changes("c1"))
        .containsExactly(
            new Change(Change.Kind.MODIFIED, "/etc"),
            new Change(Change.Kind.DELETED, "/etc/motd"),
            new Change(Change.Kind.ADDED, "/new"));
    assertThat(store.snapshots().usageBytes("c1")).isEqualTo(5);
    Image made =
        store.commit(
            new CommitRequest(
                "c1",
                image,
                image.config(),
                image.config().config(),
                List.of("ENV A=b"),
                Optional.of(Reference.parse("box:2")),
                "me",
                "note",
                "sh",
                ""));
    assertThat(made.parent()).contains(image.id());
    assertThat(made.config().config().env()).containsExactly("A=b");
    try (OwnedFd view = store.snapshots().view(made)) {
      assertThat(At.exists(view, "etc/motd")).isFalse();
      assertThat(At.stat(view, "new").sizeBytes()).isEqualTo(5);
    }
    assertThatThrownBy(() -> store.remove(image.id().shortHex(), true, true, ImageUse.none()))
        .hasMessage(
            "conflict: unable to delete %s (cannot be forced) - image has dependent child images"
                .formatted(image.id().shortHex()));
  }

  private static final String OTHER_PLATFORM = "s390x";

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String descriptor(String mediaType, byte[] content, String extra) {
    return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d%s}"
        .formatted(mediaType, Digest.sha256(content), content.length, extra);
  }

  private static void blob(Map<String, byte[]> files, byte[] content) {
    files.put("blobs/sha256/" + Digest.sha256(content).hex(), content);
  }

  /// The manifest of an image of one layer; its blobs go to `files`.
  private static byte[] manifest(
      Map<String, byte[]> files, byte[] packed, byte[] plain, String mediaType, String arch) {
    byte[] config =
        bytes(Archives.config(List.of(plain), "").replace("\"amd64\"", "\"" + arch + "\""));
    byte[] manifest =
        bytes(
            "{\"schemaVersion\":2,\"config\":%s,\"layers\":[%s]}"
                .formatted(
                    descriptor(MediaType.OCI_CONFIG, config, ""),
                    descriptor(mediaType, packed, "")));
    blob(files, config);
    blob(files, packed);
    blob(files, manifest);
    return manifest;
  }

  private static byte[] layout(Map<String, byte[]> files, String... descriptors) {
    files.put(
        "index.json",
        bytes("{\"schemaVersion\":2,\"manifests\":[" + String.join(",", descriptors) + "]}"));
    return Archives.of(files);
  }

  @KernelTest
  void load_layoutWithNestedIndex_takesTheHostsImageUnderItsName() {
    Map<String, byte[]> files = new LinkedHashMap<>();
    String host = Platform.host().architecture();
    byte[] mine = manifest(files, LAYER, LAYER, MediaType.OCI_LAYER, host);
    byte[] other = manifest(files, SECOND, SECOND, MediaType.OCI_LAYER, OTHER_PLATFORM);
    byte[] attestation = bytes("{}");
    blob(files, attestation);
    String platform = ",\"platform\":{\"os\":\"%s\",\"architecture\":\"%s\"}";
    byte[] index =
        bytes(
            "{\"schemaVersion\":2,\"manifests\":[%s,%s,%s]}"
                .formatted(
                    descriptor(
                        MediaType.OCI_MANIFEST, other, platform.formatted("linux", OTHER_PLATFORM)),
                    descriptor(MediaType.OCI_MANIFEST, mine, platform.formatted("linux", host)),
                    descriptor(
                        MediaType.OCI_MANIFEST,
                        attestation,
                        platform.formatted("unknown", "unknown"))));
    blob(files, index);
    byte[] archive =
        layout(
            files,
            descriptor(
                MediaType.OCI_INDEX,
                index,
                ",\"annotations\":{\"io.containerd.image.name\":\"docker.io/library/multi:1\"}"));

    Image image = load(archive);

    assertThat(image.tags()).containsExactly("multi:1");
    assertThat(image.manifest().digest()).isEqualTo(Digest.sha256(mine));
    assertThat(store.find(image.manifest().digest().toString())).isEqualTo(image);
    store.drainTrash();
    assertThat(store.blobs().list()).doesNotContain(Digest.sha256(other), Digest.sha256(SECOND));
    assertThatThrownBy(
            () ->
                store.load(
                    new ByteArrayInputStream(archive),
                    Optional.of(Platform.parse("linux/ppc64le")),
                    LoadProgress.none()))
        .hasMessageStartingWith("no matching manifest for linux/ppc64le in the manifest list");
    Image foreign =
        store
            .load(
                new ByteArrayInputStream(archive),
                Optional.of(Platform.parse("linux/" + OTHER_PLATFORM)),
                LoadProgress.none())
            .getFirst();
    assertThat(foreign.config().architecture()).isEqualTo(OTHER_PLATFORM);
  }

  @KernelTest
  void load_packedLayers_areUnpackedByTheirContent() throws Exception {
    for (String name : List.of("gzip", "zstd", "bzip2", "xz")) {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      byte[] plain = Archives.tar().file("how", name).bytes();
      try (OutputStream out = packer(name, packed)) {
        out.write(plain);
      }
      Map<String, byte[]> files = new LinkedHashMap<>();
      byte[] manifest =
          manifest(
              files,
              packed.toByteArray(),
              plain,
              MediaType.OCI_LAYER,
              Platform.host().architecture());
      Image image =
          load(
              layout(
                  files,
                  descriptor(
                      MediaType.OCI_MANIFEST,
                      manifest,
                      ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"packed:"
                          + name
                          + "\"}")));

      assertThat(image.tags()).containsExactly("packed:" + name);
      assertThat(image.layers().getFirst().diffId()).isEqualTo(Digest.sha256(plain));
      try (OwnedFd view = store.snapshots().view(image)) {
        assertThat(read(view, "how")).isEqualTo(name);
      }
    }
  }

  private static OutputStream packer(String name, OutputStream out) throws IOException {
    return switch (name) {
      case "gzip" -> new GZIPOutputStream(out);
      case "zstd" -> new ZstdOutputStream(out);
      case "bzip2" -> new BZip2CompressorOutputStream(out);
      default -> new XZCompressorOutputStream(out);
    };
  }

  @KernelTest
  void load_layerWithoutItsDirectories_inheritsTheirMetadata() {
    byte[] base =
        Archives.tar().directory("./", 0711).directory("tmp/", 01777).directory("a/", 0700).bytes();
    byte[] top = Archives.tar().file("tmp/x", "").file("a/b/c", "").bytes();
    Image image = load(Archives.docker("box:1", base, top));

    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(At.stat(view, "tmp").permissions()).isEqualTo(01777);
      assertThat(At.stat(view, "tmp").modified()).isEqualTo(Archives.TIME);
      assertThat(At.stat(view, "a").permissions()).isEqualTo(0700);
      assertThat(At.stat(view, "a/b").permissions()).isEqualTo(0755);
      assertThat(At.stat(view).permissions()).isEqualTo(0711);
    }
    store.snapshots().prepare("c1", image);
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      assertThat(At.stat(mount).permissions()).isEqualTo(0711);
    }
  }

  @KernelTest
  void load_sameLayerTwiceInAStack_worksBothTimes() {
    byte[] layer = Archives.tar().file("big", new byte[400_000]).bytes();
    Image image = load(Archives.docker("box:1", layer, layer));

    assertThat(image.layers()).hasSize(2);
    assertThat(image.layers().getFirst().chainId())
        .isNotEqualTo(image.layers().getLast().chainId());
  }

  @KernelTest
  void load_tagOfAnotherImage_movesIt() {
    Image first = load(Archives.docker("box:1", LAYER));
    Image second = load(Archives.docker("box:1", LAYER, SECOND));

    assertThat(store.find("box:1")).isEqualTo(second);
    assertThat(store.byId(first.id()).orElseThrow().dangling()).isTrue();
    assertThat(store.sharedSizeBytes(second)).isEqualTo(first.sizeBytes());
    assertThat(store.layersSizeBytes()).isEqualTo(second.sizeBytes());
  }

  @KernelTest
  void tag_image_movesTheReferenceDurably() {
    Image first = load(Archives.docker("box:1", LAYER));
    Image second = load(Archives.docker("box:2", SECOND));

    assertThat(store.tag(first, Reference.parse("box:2"))).contains(second.id());
    assertThat(store.tag(first, Reference.parse("box:2"))).isEmpty();
    reopen();

    assertThat(store.find("box:2").tags()).containsExactly("box:1", "box:2");
  }

  @KernelTest
  void find_anyForm_followsDockersOrder() {
    Image image = load(Archives.docker("box:latest", LAYER));

    assertThat(store.find("box")).isEqualTo(image);
    assertThat(store.find("docker.io/library/box")).isEqualTo(image);
    assertThat(store.find(image.id().hex())).isEqualTo(image);
    assertThat(store.find(image.id().toString())).isEqualTo(image);
    assertThat(store.find(image.id().hex().substring(0, 4))).isEqualTo(image);
    assertThat(store.find("sha256:" + image.id().hex().substring(0, 7))).isEqualTo(image);
    for (var missing :
        Map.of(
                "nix",
                "No such image: nix:latest",
                image.id().hex().substring(0, 3),
                "No such image: %s:latest".formatted(image.id().hex().substring(0, 3)),
                "sha256:" + "0".repeat(64),
                "No such image: sha256:" + "0".repeat(64))
            .entrySet()) {
      assertThatThrownBy(() -> store.find(missing.getKey()))
          .isInstanceOf(ImageException.class)
          .hasMessage(missing.getValue());
    }
    assertThatThrownBy(() -> store.find("a b")).hasMessage("invalid reference format");
  }

  @KernelTest
  void remove_imageOfAContainerByForce_keepsItsFilesUntilTheContainerGoes() {
    Image image = load(Archives.docker("box:1", LAYER));
    store.snapshots().prepare("c1", image);
    Deletion deletion =
        store.remove("box:1", true, true, _ -> List.of(new ImageUse.User("c1".repeat(32), false)));
    assertThat(deletion.steps())
        .containsExactly(
            new Deletion.Step.Untagged("box:1"), new Deletion.Step.Deleted(image.id().toString()));
    reopen();
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      assertThat(read(mount, "bin/sh")).isEqualTo("#!");
    }

    store.snapshots().remove("c1");

    store.drainTrash();
    assertThat(store.layersSizeBytes()).isZero();
    assertThat(store.blobs().list()).isEmpty();
    assertThat(root.resolve("snapshots").toFile().list())
        .containsExactlyInAnyOrder("active", "empty");
  }

  @KernelTest
  void prune_danglingOnly_leavesTheNamed() {
    Image first = load(Archives.docker("", LAYER));
    load(Archives.docker("box:1", SECOND));

    Deletion deletion = store.prune(Image::dangling, ImageUse.none());

    assertThat(deletion.steps())
        .first()
        .isEqualTo(new Deletion.Step.Deleted(first.id().toString()));
    assertThat(deletion.reclaimedBytes()).isEqualTo(first.sizeBytes());
    assertThat(store.list()).hasSize(1);
    assertThat(store.prune(_ -> true, ImageUse.none()).steps())
        .contains(new Deletion.Step.Untagged("box:1"));
    assertThat(store.list()).isEmpty();
  }

  @KernelTest
  void open_afterACrash_clearsAwayWhatWasUnfinished() throws IOException {
    Image image = load(Archives.docker("box:1", LAYER));
    close();
    Files.writeString(root.resolve("ingest/7"), "half");
    Files.createDirectories(root.resolve("snapshots/0123456789abcdef/fs/x"));
    Files.createDirectories(root.resolve("snapshots/active/half/upper"));
    Files.createDirectories(root.resolve("removed/old/x"));
    Files.writeString(root.resolve("blobs/sha256/" + "0".repeat(64)), "unneeded");
    open();
    store.drainTrash();

    assertThat(root.resolve("ingest")).isEmptyDirectory();
    assertThat(root.resolve("removed")).isEmptyDirectory();
    assertThat(root.resolve("snapshots/active")).isEmptyDirectory();
    assertThat(root.resolve("snapshots/0123456789abcdef")).doesNotExist();
    assertThat(store.blobs().list()).hasSize(3);
    assertThat(store.find("box:1")).isEqualTo(image);
  }

  @KernelTest
  void open_afterAReboot_unpacksUnsyncedLayersAgain() throws IOException {
    Image image = load(Archives.docker("box:1", LAYER, SECOND));
    String directory = store.catalog().stack(image.chainId()).getLast().directory();
    database.durably(t -> t.update("UPDATE image_layer SET boot = 'another'"));
    close();
    Files.writeString(root.resolve("snapshots").resolve(directory).resolve("fs/bin/sh"), "");
    open();

    try (OwnedFd view = store.snapshots().view(store.find("box:1"))) {
      assertThat(read(view, "bin/sh")).isEqualTo("#!");
      assertThat(At.exists(view, "etc/motd")).isFalse();
    }
    store.drainTrash();
    assertThat(root.resolve("snapshots").resolve(directory)).doesNotExist();
  }

  @KernelTest
  void syncLayers_marksThemAsWholeForEver() throws IOException {
    Image image = load(Archives.docker("box:1", LAYER));
    assertThat(store.catalog().stack(image.chainId()).getFirst().boot()).isPresent();
    store.syncLayers();
    String directory = store.catalog().stack(image.chainId()).getFirst().directory();
    reopen();

    assertThat(store.catalog().stack(image.chainId()).getFirst().boot()).isEmpty();
    assertThat(store.catalog().stack(image.chainId()).getFirst().directory()).isEqualTo(directory);
  }

  @KernelTest
  void load_sameArchiveFromManyThreads_endsInOneImage() throws Exception {
    byte[] archive =
        Archives.docker("box:1", Archives.tar().file("big", new byte[600_000]).bytes(), SECOND);
    try (var executor = Executors.newFixedThreadPool(4)) {
      var loads = Stream.generate(() -> executor.submit(() -> load(archive))).limit(8).toList();
      for (var load : loads) {
        assertThat(load.get().tags()).containsExactly("box:1");
      }
    }
    store.drainTrash();

    assertThat(store.list()).hasSize(1);
    assertThat(store.blobs().list()).hasSize(4);
    assertThat(root.resolve("snapshots").toFile().list()).hasSize(4); // two layers, active, empty
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  @KernelTest
  void loadAndRemove_atTheSameTime_neverBreakAnImage() throws Exception {
    byte[] archive =
        Archives.docker("box:1", Archives.tar().file("big", new byte[600_000]).bytes(), SECOND);
    try (var executor = Executors.newFixedThreadPool(4)) {
      var works =
          Stream.generate(
                  () ->
                      executor.submit(
                          () -> {
                            for (int i = 0; i < 15; i++) {
                              Image image = load(archive);
                              store.prune(_ -> true, ImageUse.none());
                              assertThat(image.layers()).hasSize(2);
                            }
                          }))
              .limit(4)
              .toList();
      for (var work : works) {
        work.get();
      }
    }
    Image image = load(archive);

    try (OwnedFd view = store.snapshots().view(image)) {
      assertThat(At.stat(view, "big").sizeBytes()).isEqualTo(600_000);
    }
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    store.save(List.of("box:1"), Optional.empty()).to(saved);
    assertThat(saved.size()).isGreaterThan(600_000);
  }

  @KernelTest
  void importRootfs_withChanges_isAnImage() {
    Image image =
        store.importRootfs(
            new ByteArrayInputStream(LAYER),
            new ImportRequest(
                Optional.of(Reference.parse("mine:1")),
                List.of("CMD [\"/bin/sh\"]", "ENV A=1"),
                "Imported from -",
                Platform.host()));

    assertThat(image.config().config().cmd()).containsExactly("/bin/sh");
    assertThat(store.history(image))
        .singleElement()
        .satisfies(
            entry -> {
              assertThat(entry.comment()).isEqualTo("Imported from -");
              assertThat(entry.id()).contains(image.id());
              assertThat(entry.sizeBytes()).isEqualTo(7);
              assertThat(entry.tags()).containsExactly("mine:1");
            });
  }

  @KernelTest
  void history_withEmptyLayers_givesSizesToTheOthers() {
    String history =
        "\"history\":[{\"created_by\":\"ADD\"},{\"created_by\":\"ENV\",\"empty_layer\":true},{\"created_by\":\"RUN\"}],";
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("c", bytes(Archives.config(List.of(LAYER, SECOND), history)));
    files.put("1", LAYER);
    files.put("2", SECOND);
    files.put("manifest.json", bytes("[{\"Config\":\"c\",\"Layers\":[\"1\",\"2\"]}]"));
    Image image = load(Archives.of(files));

    assertThat(store.history(image))
        .extracting(e -> e.createdBy() + e.sizeBytes())
        .containsExactly("RUN3", "ENV0", "ADD7");
  }

  @KernelTest
  void commit_nothingChanged_addsNoLayer() {
    Image image = load(Archives.docker("box:1", LAYER));
    store.snapshots().prepare("c1", image);

    Image made =
        store.commit(
            new CommitRequest(
                "c1",
                image,
                image.config(),
                image.config().config(),
                List.of(),
                Optional.empty(),
                "",
                "",
                "sh",
                ""));

    assertThat(made.layers()).isEqualTo(image.layers());
    assertThat(made.config().history().getLast().emptyLayer()).isTrue();
  }

  @KernelTest
  void changes_ofEveryKind_areAsDockerCountsThem() {
    byte[] base =
        Archives.tar()
            .directory("dir/", 0755)
            .file("dir/a", "a")
            .file("dir/b", "b")
            .directory("swap/", 0755)
            .file("swap/x", "x")
            .file("touched", "t")
            .file("same", "s")
            .bytes();
    Image image = load(Archives.docker("box:1", base));
    store.snapshots().prepare("c1", image);
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      At.unlink(mount, "dir/a");
      FileTree.remove(mount, "swap");
      At.mkdir(mount, "swap", 0755); // opaque
      At.mkdir(mount, "new", 0755);
      At.mkdir(mount, "new/sub", 0755);
      At.chmod(mount, "touched", 0600);
      At.chmod(mount, "same", 0600);
      At.chmod(mount, "same", 0644);
    }

    assertThat(store.snapshots().changes("c1"))
        .extracting(change -> change.kind().name().charAt(0) + " " + change.path())
        .containsExactly(
            "M /dir", "D /dir/a", "A /new", "A /new/sub", "M /swap", "D /swap/x", "M /touched");
  }

  @KernelTest
  void mountBriefly_betweenOrdinaryMounts_hindersNeither() {
    Image image = load(Archives.docker("box:1", LAYER));
    store.snapshots().prepare("c1", image);
    for (String name : List.of("one", "two")) {
      try (OwnedFd mount = store.snapshots().mountBriefly("c1")) {
        At.mkdir(mount, name, 0755);
      }
      try (OwnedFd mount = store.snapshots().mount("c1")) {
        assertThat(At.exists(mount, name)).isTrue();
      }
    }
    assertThat(store.snapshots().changes("c1"))
        .containsExactly(
            new Change(Change.Kind.ADDED, "/one"), new Change(Change.Kind.ADDED, "/two"));
  }

  @KernelTest
  void prepare_twiceOnTheSameImage_keepsTheFiles() {
    Image image = load(Archives.docker("box:1", LAYER));
    Image other = load(Archives.docker("box:2", SECOND));
    store.snapshots().prepare("c1", image);
    try (OwnedFd mount = store.snapshots().mount("c1")) {
      At.mkdir(mount, "mine", 0755);
    }
    store.snapshots().prepare("c1", image);
    reopen();

    assertThat(store.snapshots().keys()).containsExactly("c1");
    assertThat(store.snapshots().changes("c1"))
        .containsExactly(new Change(Change.Kind.ADDED, "/mine"));
    store.snapshots().prepare("c1", other);
    assertThat(store.snapshots().changes("c1")).isEmpty();
  }

  @KernelTest
  void prepare_imageWithoutLayers_isAnEmptyRoot() {
    Image image = load(Archives.docker("scratch:1"));
    store.snapshots().prepare("c1", image);

    try (OwnedFd mount = store.snapshots().mount("c1");
        OwnedFd view = store.snapshots().view(image)) {
      At.mkdir(mount, "x", 0755);
      assertThat(At.exists(view, "x")).isFalse();
    }
    assertThat(store.snapshots().changes("c1"))
        .containsExactly(new Change(Change.Kind.ADDED, "/x"));
  }

  @KernelTest
  void bundled_image_isLoadedWhenAskedFor() throws IOException {
    Path folder = Files.createDirectory(root.resolve("images"));
    Files.write(folder.resolve("hello-world.tar"), Archives.docker("", LAYER));
    BundledImages bundled = BundledImages.in(store, folder);

    assertThat(bundled.references()).containsExactly(Reference.parse("hello-world:latest"));
    assertThat(store.list()).isEmpty();
    assertThat(bundled.load(Reference.parse("other"))).isEmpty();
    assertThat(bundled.load(Reference.parse("hello-world")).orElseThrow().tags())
        .containsExactly("hello-world:latest");
    assertThat(BundledImages.in(store, root.resolve("none")).references()).isEmpty();
  }

  @KernelTest
  void save_severalImages_shareTheirBlobsInOneArchive() {
    Image first = load(Archives.docker("box:1", LAYER));
    Image second = load(Archives.docker("box:2", LAYER, SECOND));
    store.tag(first, Reference.parse("other:x"));
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    store.save(List.of("box", second.id().hex(), "other:x"), Optional.empty()).to(saved);
    store.prune(_ -> true, ImageUse.none());

    List<Image> again =
        store.load(
            new ByteArrayInputStream(saved.toByteArray()), Optional.empty(), LoadProgress.none());

    assertThat(again).extracting(Image::id).containsExactly(first.id(), second.id());
    assertThat(again.getFirst().tags()).containsExactly("box:1", "other:x");
    assertThatThrownBy(() -> store.save(List.of("box:1", "none"), Optional.empty()))
        .hasMessage("No such image: none:latest");
    assertThatThrownBy(
            () -> store.save(List.of("box:1"), Optional.of(Platform.parse("linux/s390x"))))
        .hasMessageContaining("does not match the specified platform (linux/s390x)");
  }

  @KernelTest
  void load_diskFull_saysSoAndChangesNothing() throws Exception {
    close();
    try (FileSystemContext context = FileSystemContext.open("tmpfs");
        OwnedFd tmpfs = context.set("size", "1m").mount(0)) {
      Path small = Files.createDirectory(root.resolve("small"));
      Mounts.attach(tmpfs, Fd.CWD, small.toString());
      try (Database smallDatabase = Database.open(small);
          ImageStore smallStore = ImageStore.open(small, smallDatabase)) {
        byte[] archive =
            Archives.docker("box:1", Archives.tar().file("big", new byte[2 << 20]).bytes());
        assertThatThrownBy(
                () ->
                    smallStore.load(
                        new ByteArrayInputStream(archive), Optional.empty(), LoadProgress.none()))
            .isInstanceOf(ImageException.class)
            .hasMessage(
                "cannot load the archive: no space left on device; nothing was changed, free some and try again");
        assertThat(smallStore.list()).isEmpty();
        assertThat(smallStore.blobs().list()).isEmpty();
      } finally {
        Mounts.detach(small.toString());
      }
    }
    open();
  }
}
