package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import gantry.image.tar.TarEntry;
import gantry.image.tar.TarWriter;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.DeviceNumber;
import gantry.linux.file.TimeSpec;
import gantry.oci.Digest;
import gantry.testing.KernelTest;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class ContextsTest {
  private static final TimeSpec TIME = new TimeSpec(1, 0);

  @TempDir Path directory;
  private OwnedFd root;
  private Contexts contexts;

  @BeforeEach
  void open() throws IOException {
    root = At.openDirectory(Fd.CWD, Files.createDirectory(directory.resolve("root")).toString());
    contexts = Contexts.open(root, new ContextLimits(1 << 20, 20), "file");
  }

  @AfterEach
  void close() {
    contexts.close();
    root.close();
  }

  private long kept() throws IOException {
    try (Stream<Path> names = Files.list(directory.resolve("root/contexts"))) {
      return names.count();
    }
  }

  private static byte[] tar(TarEntry... entries) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarWriter tar = new TarWriter(bytes);
    for (TarEntry entry : entries) {
      tar.begin(entry);
      tar.write("x".repeat((int) entry.sizeBytes()).getBytes(UTF_8), 0, (int) entry.sizeBytes());
    }
    tar.finish();
    return bytes.toByteArray();
  }

  private static TarEntry entry(String name, TarEntry.Kind kind, String link) {
    return new TarEntry(
        name,
        kind,
        0644,
        5,
        6,
        0,
        TIME,
        Optional.empty(),
        link,
        new DeviceNumber(1, 3),
        Map.of(),
        Optional.empty());
  }

  @KernelTest
  void ofTar_files_areThereAndKnown() throws IOException {
    byte[] tar =
        tar(
            TarEntry.directory("src/", 0750, TIME),
            TarEntry.file("src/a", 0644, 3, TIME),
            TarEntry.file("src/big", 0644, 300_000, TIME),
            TarEntry.file("Dockerfile", 0644, 1, TIME),
            TarEntry.file(".dockerignore", 0644, 0, TIME));
    try (BuildContext context = contexts.ofTar(new ByteArrayInputStream(tar))) {
      assertThat(context.read("Dockerfile", 10)).contains("x".getBytes(UTF_8));
      Selection selection = context.tree(IgnoreRules.NONE).select(Sources.of("src"));
      try (Trees same = new Trees(Files.createDirectory(directory.resolve("same")))) {
        same.file("src/a", "xxx").file("src/big", "x".repeat(300_000));
        assertThat(selection.digest()).isEqualTo(same.context().select(Sources.of("src")).digest());
      }
      // what a file contains is not asked of the file any more
      try (OwnedFd file = At.openInRoot(context.directory(), "src/a", 0)) {
        assertThat(new ExtractedContents(ContextLimits.DEFAULT).find(At.stat(file))).isEmpty();
      }
      assertThat(kept()).isOne();
    }
    assertThat(kept()).isZero();
  }

  @KernelTest
  void ofTar_hostile_isRefusedByNameAndLeavesNothing() throws IOException {
    refused("'../evil'", TarEntry.file("../evil", 0644, 1, TIME));
    refused("'null': a device", entry("null", TarEntry.Kind.CHARACTER_DEVICE, ""));
    refused(
        "hardlink 'h' -> '../../etc/shadow'",
        entry("h", TarEntry.Kind.HARD_LINK, "../../etc/shadow"));
    refused("larger than 1048576 bytes", TarEntry.file("a", 0644, (1 << 20) + 1, TIME));
    TarEntry[] many = new TarEntry[21];
    for (int i = 0; i < many.length; i++) {
      many[i] = TarEntry.file("f" + i, 0644, 0, TIME);
    }
    refused("more than 20 files", many);
    assertThat(kept()).isZero();
    assertThatThrownBy(
            () -> contexts.ofTar(new ByteArrayInputStream("no tar".repeat(200).getBytes(UTF_8))))
        .hasMessageStartingWith("cannot read the build context: ");
  }

  private void refused(String message, TarEntry... entries) {
    assertThatThrownBy(() -> contexts.ofTar(new ByteArrayInputStream(tar(entries))))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.INVALID))
        .hasMessageContaining(message);
  }

  @KernelTest
  void ofTar_linksOut_leadNowhere() throws IOException {
    byte[] tar =
        tar(
            entry("etc", TarEntry.Kind.SYMBOLIC_LINK, "/etc"),
            entry("up", TarEntry.Kind.SYMBOLIC_LINK, "../../../../../../etc/passwd"),
            entry("Dockerfile", TarEntry.Kind.SYMBOLIC_LINK, "/etc/passwd"));
    try (BuildContext context = contexts.ofTar(new ByteArrayInputStream(tar))) {
      SourceTree tree = context.tree(IgnoreRules.NONE);
      assertThat(context.read("Dockerfile", 10_000)).isEmpty();
      for (String path : List.of("etc/passwd", "up", "etc")) {
        assertThatThrownBy(() -> tree.select(Sources.of(path))).hasMessageContaining("not found");
      }
    }
    byte[] through =
        tar(entry("etc", TarEntry.Kind.SYMBOLIC_LINK, "/"), TarEntry.file("etc/x", 0644, 1, TIME));
    try (BuildContext context = contexts.ofTar(new ByteArrayInputStream(through))) {
      assertThat(context.read("x", 10)).as("within the context").isPresent();
    }
  }

  @KernelTest
  void ofTar_nameThatIsNoUtf8_isKept() throws IOException {
    byte[] tar = tar(TarEntry.file("n\udcff", 0644, 1, TIME));
    try (BuildContext context = contexts.ofTar(new ByteArrayInputStream(tar));
        Trees image = new Trees(Files.createDirectory(directory.resolve("image")))) {
      Selection selection = context.tree(IgnoreRules.NONE).select(Sources.of("."));
      assertThat(Manifest.decode(selection.manifest().encode()).orElseThrow().lines())
          .extracting(Manifest.Line::path)
          .containsExactly("n\udcff");
      new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/");
      assertThat(At.exists(image.fd, "n\udcff")).isTrue();
    }
  }

  @KernelTest
  void open_leftovers_areRemoved() throws Exception {
    contexts.ofTar(
        new ByteArrayInputStream(tar(TarEntry.file("a", 0644, 1, TIME)))); // never closed
    assertThat(kept()).isOne();
    contexts.close();
    contexts = Contexts.open(root, ContextLimits.DEFAULT);
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (kept() > 0 && System.nanoTime() < deadline) {
      Thread.sleep(5);
    }
    assertThat(kept()).isZero();
  }

  @KernelTest
  void ignoreRules_besideTheDockerfile_comeFirst() throws IOException {
    Path context = Files.createDirectory(directory.resolve("ctx"));
    Path files = Files.createDirectory(context.resolve("docker"));
    Files.writeString(context.resolve(".dockerignore"), "a\n");
    Files.writeString(files.resolve("app.Dockerfile.dockerignore"), "b\n");
    try (BuildContext opened = contexts.ofDirectory(At.openDirectory(Fd.CWD, context.toString()))) {
      assertThat(opened.ignoreRules("Dockerfile").excludes("a")).isTrue();
      assertThat(opened.ignoreRules("docker/app.Dockerfile").excludes("a")).isFalse();
      assertThat(opened.ignoreRules("docker/app.Dockerfile").excludes("b")).isTrue();
    }
  }

  private static String git(Path repository, String... arguments) throws Exception {
    List<String> command =
        Stream.concat(
                Stream.of(
                    "git",
                    "-c",
                    "user.name=t",
                    "-c",
                    "user.email=t@t",
                    "-C",
                    repository.toString()),
                Stream.of(arguments))
            .toList();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output.strip();
  }

  @KernelTest
  void ofGit_repository_isCheckedOut() throws Exception {
    Path repository = Files.createDirectory(directory.resolve("repo"));
    Files.createDirectory(repository.resolve("docs"));
    git(repository, "init", "-q", "-b", "main");
    Files.writeString(repository.resolve("docs/a"), "one");
    Files.createSymbolicLink(repository.resolve("out"), Path.of("/etc"));
    git(repository, "add", ".");
    git(repository, "commit", "-qm", "1");
    git(repository, "tag", "v1");
    String first = git(repository, "rev-parse", "HEAD");
    Files.writeString(repository.resolve("docs/a"), "two");
    git(repository, "commit", "-qam", "2");
    GitReference main = reference(repository, Optional.empty(), "");
    try (BuildContext context = contexts.ofGit(main, GitAccess.ANYBODY)) {
      assertThat(context.read("docs/a", 10)).contains("two".getBytes(UTF_8));
      assertThat(context.version()).contains(git(repository, "rev-parse", "HEAD"));
      assertThat(At.exists(context.directory(), ".git")).isFalse();
    }
    for (String name : List.of("v1", "refs/tags/v1", first)) {
      GitReference docs = reference(repository, Optional.of(name), "docs");
      try (BuildContext context = contexts.ofGit(docs.at(first), GitAccess.ANYBODY)) {
        assertThat(context.read("a", 10)).as(name).contains("one".getBytes(UTF_8));
      }
    }
    try (BuildContext context = contexts.ofGit(main.keepingGitDirectory(), GitAccess.ANYBODY)) {
      assertThat(At.exists(context.directory(), ".git/HEAD")).isTrue();
    }
    assertThatThrownBy(() -> contexts.ofGit(main.at(first), GitAccess.ANYBODY))
        .hasMessageStartingWith("expected checksum to match " + first + ", got ");
    assertThatThrownBy(
            () -> contexts.ofGit(reference(repository, Optional.of("no"), ""), GitAccess.ANYBODY))
        .hasMessageContaining("couldn't find remote ref no");
    for (String outside : List.of("out", "nothing")) {
      assertThatThrownBy(
              () ->
                  contexts.ofGit(
                      reference(repository, Optional.empty(), outside), GitAccess.ANYBODY))
          .hasMessageEndingWith("has no directory '" + outside + "'");
    }
    assertThat(kept()).isZero();
  }

  private static GitReference reference(Path repository, Optional<String> name, String directory) {
    return new GitReference("file://" + repository, name, directory, Optional.empty(), false, true);
  }

  @KernelTest
  void ofGit_otherProtocols_areRefused() throws Exception {
    contexts.close();
    contexts = Contexts.open(root, ContextLimits.DEFAULT);
    GitReference local = reference(directory, Optional.empty(), "");
    assertThatThrownBy(() -> contexts.ofGit(local, GitAccess.ANYBODY))
        .hasMessageContaining("transport 'file' not allowed");
  }

  @KernelTest
  void ofFile_url_isAskedForOnceAndThenOnCondition() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    try (ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual().start(() -> serve(server, asked));
      URI base = URI.create("http://127.0.0.1:" + server.getLocalPort());
      Digest hello = Digest.sha256("hello".getBytes(UTF_8));
      checkFile(base.resolve("/dir/file.txt"), Optional.empty(), "file.txt");
      checkFile(base.resolve("/dir/file.txt"), Optional.empty(), "file.txt");
      checkFile(base.resolve("/dir/file.txt"), Optional.of(hello), "file.txt");
      assertThat(asked).containsExactly("/dir/file.txt", "/dir/file.txt if changed");
      checkFile(base.resolve("/redirect"), Optional.empty(), "redirect");
      checkFile(base.resolve("/"), Optional.empty(), "__unnamed__");
      Digest other = Digest.sha256("other".getBytes(UTF_8));
      assertThatThrownBy(() -> contexts.ofFile(base.resolve("/x"), Optional.of(other)))
          .hasMessage("digest mismatch %s: %s", hello, other);
      assertThatThrownBy(() -> contexts.ofFile(base.resolve("/absent"), Optional.empty()))
          .hasMessage("invalid response status 404 from %s/absent", base);
      try (BuildContext context = contexts.ofUrl(base.resolve("/tar"))) {
        assertThat(context.read("f", 10)).contains("x".getBytes(UTF_8));
      }
      try (BuildContext context = contexts.ofUrl(base.resolve("/dir/file.txt"))) {
        assertThat(context.read("Dockerfile", 10)).contains("hello".getBytes(UTF_8));
      }
    }
    assertThatThrownBy(() -> contexts.ofFile(URI.create("file:///etc/passwd"), Optional.empty()))
        .hasMessage("'file:///etc/passwd' is no http or https URL");
    assertThat(kept()).isZero();
  }

  /// A server that closes each connection after one answer.
  private static void serve(ServerSocket server, List<String> asked) {
    try {
      while (true) {
        try (Socket socket = server.accept()) {
          answer(socket, asked);
        }
      }
    } catch (IOException _) {
      // the test is over
    }
  }

  private static void answer(Socket socket, List<String> asked) throws IOException {
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    String path = reader.readLine().replaceAll("^GET (.*) HTTP.*", "$1");
    boolean condition = false;
    for (String line = reader.readLine(); !line.isEmpty(); line = reader.readLine()) {
      condition |= line.equalsIgnoreCase("If-None-Match: \"1\"");
    }
    asked.add(path + (condition ? " if changed" : ""));
    String status =
        switch (path) {
          case "/absent" -> "404 Not Found";
          case "/redirect" -> "302 Found\r\nLocation: /dir/file.txt";
          default -> condition ? "304 Not Modified" : "200 OK";
        };
    byte[] body = new byte[0];
    if (status.startsWith("200")) {
      body = path.equals("/tar") ? tar(TarEntry.file("f", 0644, 1, TIME)) : "hello".getBytes(UTF_8);
    }
    socket.getOutputStream().write(head(status, body.length).getBytes(UTF_8));
    socket.getOutputStream().write(body);
  }

  private static String head(String status, int length) {
    return String.join(
        "\r\n",
        "HTTP/1.1 " + status,
        "ETag: \"1\"",
        "Last-Modified: Thu, 05 May 2005 05:05:05 GMT",
        "Content-Length: " + length,
        "Connection: close",
        "",
        "");
  }

  private void checkFile(URI url, Optional<Digest> checksum, String name) throws IOException {
    try (BuildContext context = contexts.ofFile(url, checksum);
        Trees image = new Trees(Files.createTempDirectory(directory, "image"))) {
      Selection selection = context.tree(IgnoreRules.NONE).select(Sources.of("."));
      new Copier(image.fd, CopyOptions.PLAIN).copy(selection, "/");
      assertThat(Files.readString(image.path.resolve(name))).isEqualTo("hello");
      assertThat(At.stat(image.fd, name).permissions()).isEqualTo(0600);
      assertThat(At.stat(image.fd, name).modified().toInstant()).isEqualTo("2005-05-05T05:05:05Z");
    }
  }
}
