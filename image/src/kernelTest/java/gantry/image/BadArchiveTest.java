package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.image.tar.TarEntry.Kind;
import gantry.oci.Digest;
import gantry.oci.MediaType;
import gantry.state.Database;
import gantry.testing.KernelTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/// A bad archive is refused with the name of what is wrong, and leaves nothing behind.
class BadArchiveTest {
  private static final byte[] LAYER = Archives.tar().file("etc/motd", "hello").bytes();

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

  private void refused(byte[] archive, String message) {
    assertThatThrownBy(
            () ->
                store.load(
                    new ByteArrayInputStream(archive), Optional.empty(), LoadProgress.none()))
        .isInstanceOf(ImageException.class)
        .hasMessage(message)
        .extracting(e -> ((ImageException) e).kind())
        .isEqualTo(ImageException.Kind.INVALID);
    nothingIsLeft();
  }

  private void nothingIsLeft() {
    store.drainTrash();
    assertThat(store.list()).isEmpty();
    assertThat(names("blobs/sha256")).isEmpty();
    assertThat(names("ingest")).isEmpty();
    assertThat(names("removed")).isEmpty();
    assertThat(names("snapshots")).containsExactlyInAnyOrder("active", "empty");
  }

  private List<String> names(String directory) {
    try (Stream<Path> names = Files.list(root.resolve(directory))) {
      return names.map(p -> p.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] archive(String manifest, Map<String, byte[]> files) {
    Map<String, byte[]> all = new LinkedHashMap<>(files);
    all.put("manifest.json", bytes(manifest));
    return Archives.of(all);
  }

  private static byte[] large(byte seed) {
    byte[] content = new byte[400_000];
    Arrays.fill(content, seed);
    return Archives.tar().file("data", content).bytes();
  }

  @KernelTest
  void noImageAtAll() {
    refused(
        Archives.tar().file("x", "y").bytes(),
        "invalid archive: it has neither manifest.json nor index.json");
    refused(new byte[0], "invalid archive: it has neither manifest.json nor index.json");
    refused(bytes("not a tar ".repeat(100)), "invalid tar header: a number is not octal");
    refused(archive("[]", Map.of()), "invalid archive: there is no image in it");
  }

  @KernelTest
  void fromBeforeDocker110() {
    String first = Archives.legacyId(0);
    String second = Archives.legacyId(1);
    legacy("repositories", "[]", "invalid 'repositories': expected an object");
    legacy("repositories", "{\"a\":1}", "invalid 'repositories' at 'a': expected an object");
    legacy("repositories", "{\"a\":{\"1\":\"x\"}}", "invalid archive: invalid target ID: x");
    legacy("repositories", "{\"a@b\":{\"1\":\"" + first + "\"}}", "invalid reference format");
    legacy(
        first + "/json",
        "{\"id\":\"" + second + "\"}",
        "invalid '%s/json': its id is '%s'".formatted(first, second));
    legacy(
        first + "/json",
        "{\"parent\":\"" + second + "\"}",
        "invalid archive: the parents of '%s' lead in a circle".formatted(second));
    legacy(
        first + "/json",
        "{\"parent\":\"../../etc\"}",
        "invalid archive: '../../etc/json' is not in it");
    legacy(
        first + "/json",
        "{",
        "invalid '%s/json': Unexpected end-of-input: expected close marker for Object"
            .formatted(first));
    Map<String, byte[]> files = legacy();
    files.remove(first + "/layer.tar");
    refused(Archives.of(files), "invalid archive: '%s/layer.tar' is not in it".formatted(first));
  }

  private static Map<String, byte[]> legacy() {
    return Archives.legacy("{\"a\":{\"1\":\"%s\"}}", LAYER, large((byte) 1));
  }

  private void legacy(String file, String content, String message) {
    Map<String, byte[]> files = legacy();
    files.put(file, bytes(content));
    refused(Archives.of(files), message);
  }

  @KernelTest
  void truncatedInALayer() {
    byte[] whole = Archives.docker("a:1", large((byte) 1));

    refused(
        Arrays.copyOf(whole, 300_000),
        "unexpected EOF: the archive ends in the middle of '%s/layer.tar'"
            .formatted(Digest.sha256(new byte[] {0}).hex()));
  }

  @KernelTest
  void truncatedGzip() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(Archives.docker("a:1", LAYER));
    }

    refused(
        Arrays.copyOf(packed.toByteArray(), packed.size() / 2),
        "cannot load the archive: Unexpected end of ZLIB input stream");
  }

  @KernelTest
  void manifestThatIsNoJson() {
    refused(
        archive("[{]", Map.of()),
        "invalid 'manifest.json' at '[0]': Unexpected close marker ']': expected '}'");
    refused(
        archive("[{\"Config\":5}]", Map.of()),
        "invalid 'manifest.json' at '[0].Config': expected a string");
    refused(archive("[null]", Map.of()), "invalid 'manifest.json': an image is null");
  }

  @KernelTest
  void missingFiles() {
    refused(
        archive("[{\"Config\":\"c.json\"}]", Map.of()),
        "invalid archive: manifest.json names 'c.json', which is not in the archive");
    refused(
        archive(
            "[{\"Config\":\"c.json\",\"Layers\":[\"x/layer.tar\"]}]",
            Map.of("c.json", bytes(Archives.config(List.of(LAYER), "")))),
        "invalid archive: manifest.json names 'x/layer.tar', which is not in the archive");
  }

  @KernelTest
  void layersThatAreNotThoseOfTheConfig() {
    byte[] config = bytes(Archives.config(List.of(LAYER), ""));
    byte[] other = large((byte) 2);

    refused(
        archive(
            "[{\"Config\":\"c.json\",\"Layers\":[\"l.tar\"]}]",
            Map.of("c.json", config, "l.tar", other)),
        "invalid diffID for layer 0 ('l.tar'): expected \"%s\", got \"%s\""
            .formatted(Digest.sha256(LAYER), Digest.sha256(other)));
    refused(
        archive("[{\"Config\":\"c.json\",\"Layers\":[]}]", Map.of("c.json", config)),
        "invalid manifest, layers length mismatch: expected 1, got 0");
  }

  @KernelTest
  void badTags() {
    byte[] config = bytes(Archives.config(List.of(), ""));

    refused(
        archive("[{\"Config\":\"c\",\"RepoTags\":[\"UPPER:x\"]}]", Map.of("c", config)),
        "invalid reference format: repository name (UPPER) must be lowercase");
    refused(
        archive("[{\"Config\":\"c\",\"RepoTags\":[\"a\"]}]", Map.of("c", config)),
        "invalid tag \"a\"");
  }

  @KernelTest
  void pathTraversal() {
    refused(
        Archives.of(Map.of("../x", new byte[0])),
        "'../x': path traversal, it leads out of the tree");
    refused(
        Archives.docker("a:1", Archives.tar().file("../../etc/passwd", "x").bytes()),
        "layer '%s/layer.tar': '../../etc/passwd': path traversal, it leads out of the tree"
            .formatted(Digest.sha256(new byte[] {0}).hex()));
  }

  @KernelTest
  void linksInTheArchive() {
    refused(
        Archives.tar()
            .symbolicLink("manifest.json", "b")
            .symbolicLink("b", "manifest.json")
            .bytes(),
        "'manifest.json': symbolic links lead in a circle");
    refused(
        Archives.tar().symbolicLink("manifest.json", "../../etc/passwd").bytes(),
        "'/../../etc/passwd': path traversal, it leads out of the tree");
    refused(
        Archives.tar().entry("dev", Kind.BLOCK_DEVICE, 0600, 0, "", Map.of()).bytes(),
        "'dev': an image archive has no devices");
  }

  @KernelTest
  void badLayers() {
    String layer = "layer '%s/layer.tar': ".formatted(Digest.sha256(new byte[] {0}).hex());
    refused(
        Archives.docker("a:1", Archives.tar().hardLink("h", "../../etc/shadow").bytes()),
        layer + "invalid hardlink 'h' -> '../../etc/shadow': it leads out of the tree");
    refused(
        Archives.docker(
            "a:1",
            Archives.tar().symbolicLink("a", "b").symbolicLink("b", "a").file("a/x", "").bytes()),
        layer + "cannot extract 'a/x': openat2 '/a': too many levels of symbolic links (ELOOP)");
    refused(
        Archives.docker("a:1", Arrays.copyOf(large((byte) 3), 300_000)),
        layer + "unexpected EOF: the archive ends in the middle of 'data'");
  }

  @KernelTest
  void truncatedGzipLayer() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(LAYER);
    }
    byte[] config = bytes(Archives.config(List.of(LAYER), ""));
    byte[] cut = Arrays.copyOf(packed.toByteArray(), packed.size() - 20);

    refused(
        archive(
            "[{\"Config\":\"c.json\",\"Layers\":[\"l.tar.gz\"]}]",
            Map.of("c.json", config, "l.tar.gz", cut)),
        "layer 'l.tar.gz': Unexpected end of ZLIB input stream");
  }

  @KernelTest
  void laterImageIsBad_theEarlierIsNotKeptEither() {
    byte[] config = bytes(Archives.config(List.of(LAYER), ""));

    refused(
        archive(
            "[{\"Config\":\"c.json\",\"RepoTags\":[\"a:1\"],\"Layers\":[\"l.tar\"]},{\"Config\":\"d.json\"}]",
            Map.of("c.json", config, "l.tar", LAYER)),
        "invalid archive: manifest.json names 'd.json', which is not in the archive");
  }

  @KernelTest
  void otherSystemsImage() {
    byte[] config = bytes("{\"os\":\"windows\",\"architecture\":\"amd64\"}");

    refused(
        archive("[{\"Config\":\"c.json\"}]", Map.of("c.json", config)),
        "cannot load windows image on linux");
  }

  @KernelTest
  void layoutWhoseBlobsAreWrong() {
    byte[] config = bytes(Archives.config(List.of(), ""));
    String digest = Digest.sha256(config).hex();
    String missing =
        "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":5}]}"
            .formatted(MediaType.OCI_MANIFEST, digest);

    refused(
        Archives.of(Map.of("index.json", bytes(missing))),
        "invalid archive: blob 'blobs/sha256/" + digest + "' is not in it");
    refused(
        Archives.of(Map.of("index.json", bytes(missing), "blobs/sha256/" + digest, config)),
        "invalid archive: 'blobs/sha256/%s' has %d bytes, its descriptor says 5"
            .formatted(digest, config.length));
    refused(
        Archives.of(Map.of("blobs/sha256/" + digest, bytes("other"))),
        "'blobs/sha256/%s' has digest %s".formatted(digest, Digest.sha256(bytes("other"))));
  }

  @KernelTest
  void importOfWhatIsNoTar() {
    assertThatThrownBy(
            () ->
                store.importRootfs(
                    new ByteArrayInputStream(bytes("x".repeat(2000))),
                    new ImportRequest(Optional.empty(), List.of(), "", gantry.oci.Platform.host())))
        .isInstanceOf(ImageException.class)
        .hasMessage("invalid tar header: a number is not octal");
    nothingIsLeft();
  }
}
