package gantry.build.context;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.build.BuildException;
import gantry.build.context.Manifest.Change;
import gantry.build.context.Manifest.Kind;
import gantry.build.context.Sources.Parents;
import gantry.oci.Digest;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class SelectionTest {
  @TempDir Path directory;
  private Trees trees;

  @BeforeEach
  void files() throws IOException {
    trees =
        new Trees(directory)
            .file("src/a", "A")
            .file("src/sub/s", "S")
            .link("src/lsub", "sub")
            .link("src/labs", "/etc/passwd")
            .link("dirlink", "src")
            .link("filelink", "src/a")
            .link("abslink", "/src/a")
            .link("esc", "../../../../etc/passwd")
            .link("back", "../../../../src/a")
            .link("loop", "loop")
            .file("multi/1.txt", "1")
            .file("multi/2.txt", "2")
            .file("multi/d1/x", "x")
            .file("p/q/f", "f")
            .file("p/q/r/f", "f")
            .link("p/lq", "q")
            .file("[x].txt", "b")
            .file("x.txt", "c");
  }

  @AfterEach
  void close() {
    trees.close();
  }

  private List<String> paths(Sources sources) {
    return trees.context().select(sources).items().stream()
        .flatMap(item -> item.entries().stream().map(entry -> item.name() + ":" + entry.path()))
        .toList();
  }

  private List<String> paths(String... paths) {
    return paths(Sources.of(paths));
  }

  @KernelTest
  void select_directory_isItsContents() {
    assertThat(paths("src"))
        .containsExactly("src:a", "src:labs", "src:lsub", "src:sub", "src:sub/s");
    assertThat(paths("dirlink/")).contains("dirlink:sub/s");
    assertThat(paths("src/.")).contains("src:sub/s");
    assertThat(paths(".")).contains(":src/sub/s", ":dirlink").doesNotContain(":dirlink/a");
  }

  @KernelTest
  void select_links_areFollowedInTheRoot() {
    assertThat(paths("filelink", "abslink", "back", "dirlink/a"))
        .containsExactly("filelink:", "abslink:", "back:", "a:");
    assertThat(paths("../../src/a")).containsExactly("a:");
    for (String link : List.of("esc", "src/labs", "loop", "src/*s")) {
      assertThatThrownBy(() -> paths(link))
          .isInstanceOfSatisfying(
              BuildException.class,
              e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.NOT_FOUND))
          .hasMessage("\"/%s\": not found", link.replace("*", "lab"));
    }
  }

  @KernelTest
  void select_patterns_areMatchedByDirectories() {
    assertThat(paths("multi/*.txt")).containsExactly("1.txt:", "2.txt:");
    assertThat(paths("mul*/*")).containsExactly("1.txt:", "2.txt:", "d1:x");
    assertThat(paths("[[]x].txt")).containsExactly("[x].txt:");
    assertThat(paths("[x].txt")).containsExactly("x.txt:");
    assertThat(paths("dirl*nk/a")).as("links on the way of a pattern").isEmpty();
    assertThat(paths("dirlink/a*")).containsExactly("a:");
    assertThat(paths("src/a", "noth*")).containsExactly("a:");
    assertThatThrownBy(() -> paths("nodir/*")).hasMessage("\"/nodir\": not found");
    assertThatThrownBy(() -> paths("nothing")).hasMessage("\"/nothing\": not found");
    assertThatThrownBy(() -> paths("src/[a")).hasMessageContaining("syntax error in pattern");
  }

  @KernelTest
  void select_excludes_areTakenFromTheDirectoryThatIsCopied() {
    assertThat(paths(excluding("src", "a", "**/s")))
        .containsExactly("src:labs", "src:lsub", "src:sub");
    assertThat(paths(excluding("src", "sub", "!sub/s", "l*")))
        .containsExactly("src:a", "src:sub", "src:sub/s");
    assertThat(paths(excluding("src/a", "a"))).containsExactly("a:");
    assertThat(paths(excluding("src", "**"))).isEmpty();
  }

  private static Sources excluding(String path, String... patterns) {
    return new Sources(List.of(path), IgnoreRules.of(List.of(patterns)), Parents.DROPPED);
  }

  @KernelTest
  void select_parents_keepsDirectoriesFromThePivotOn() {
    assertThat(paths(parents("p/q/f"))).containsExactly(":p", ":p/q", ":p/q/f");
    assertThat(paths(parents("p/./q/f"))).containsExactly("p:q", "p:q/f");
    assertThat(paths(parents("p/*/f"))).containsExactly(":p", ":p/q", ":p/q/f");
    assertThat(paths(parents("**/f")))
        .containsExactly(":p", ":p/q", ":p/q/f", ":p/q/r", ":p/q/r/f");
    assertThat(paths(parents("p/q/"))).contains(":p/q/r/f");
    assertThat(paths(parents("p/z*"))).isEmpty();
    assertThatThrownBy(() -> paths(parents("p/zz"))).hasMessage("\"/p/zz\": not found");
  }

  private static Sources parents(String path) {
    return new Sources(List.of(path), IgnoreRules.NONE, Parents.KEPT);
  }

  @KernelTest
  void select_ignored_isNotFoundAndSaysWhy() {
    SourceTree tree = trees.context(IgnoreRules.parse("# x\nsrc\n!src/sub/s\n", ".dockerignore"));
    assertThat(tree.select(Sources.of("src")).items().getFirst().entries())
        .extracting(Selection.Entry::path)
        .containsExactly("sub", "sub/s");
    assertThatThrownBy(() -> tree.select(Sources.of("src/a")))
        .hasMessage("\"/src/a\": not found; line 2 of the ignore file leaves it out: src");
    assertThatThrownBy(() -> tree.select(Sources.of("filelink")))
        .hasMessageStartingWith("\"/filelink\": not found");
  }

  @KernelTest
  void digest_whatDoesNotMatter_staysTheSame() throws IOException {
    Digest before = digest("src");
    Files.setLastModifiedTime(directory.resolve("src/a"), FileTime.from(Instant.EPOCH));
    Files.move(directory.resolve("src/a"), directory.resolve("src/b"));
    Files.move(directory.resolve("src/b"), directory.resolve("src/a"));
    Files.setAttribute(directory.resolve("src/a"), "unix:uid", 7);
    assertThat(digest("src")).isEqualTo(before);
  }

  @KernelTest
  void digest_whatMatters_isAnotherAndHasAName() throws IOException {
    Selection before = trees.context().select(Sources.of("src"));
    Files.writeString(directory.resolve("src/a"), "B");
    Files.setPosixFilePermissions(
        directory.resolve("src/sub"), PosixFilePermissions.fromString("rwx------"));
    Files.delete(directory.resolve("src/lsub"));
    Files.createSymbolicLink(directory.resolve("src/lsub"), Path.of("sub2"));
    Files.delete(directory.resolve("src/labs"));
    Files.createFile(directory.resolve("src/new"));
    Selection after = trees.context().select(Sources.of("src"));
    assertThat(after.digest()).isNotEqualTo(before.digest());
    Manifest kept = Manifest.decode(before.manifest().encode()).orElseThrow();
    assertThat(kept.lines()).isEqualTo(before.manifest().lines());
    assertThat(kept.difference(after.manifest()))
        .containsExactly(
            new Change("src/a", Kind.CHANGED),
            new Change("src/labs", Kind.REMOVED),
            new Change("src/lsub", Kind.CHANGED),
            new Change("src/new", Kind.ADDED),
            new Change("src/sub", Kind.PERMISSIONS));
  }

  @KernelTest
  void digest_ownersOfAStage_matter() throws IOException {
    Digest before = trees.stage().select(Sources.of("src")).digest();
    Files.setAttribute(directory.resolve("src/a"), "unix:uid", 7);
    assertThat(trees.stage().select(Sources.of("src")).digest()).isNotEqualTo(before);
  }

  @KernelTest
  void digest_attributesAndHardLinks_matter() throws IOException {
    Digest before = digest("src");
    Files.setAttribute(directory.resolve("src/a"), "user:k", "v".getBytes(UTF_8));
    Digest attribute = digest("src");
    assertThat(attribute).isNotEqualTo(before);
    Files.copy(directory.resolve("src/sub/s"), directory.resolve("src/sub/t"));
    Digest copied = digest("src");
    Files.delete(directory.resolve("src/sub/t"));
    Files.createLink(directory.resolve("src/sub/t"), directory.resolve("src/sub/s"));
    assertThat(digest("src")).isNotEqualTo(copied).isNotEqualTo(attribute);
  }

  private Digest digest(String path) {
    return trees.context().select(Sources.of(path)).digest();
  }

  @KernelTest
  void read_dockerfileBehindLinks_staysInTheRoot() {
    SourceTree tree = trees.context();
    assertThat(tree.read("abslink", 10)).contains("A".getBytes(UTF_8));
    assertThat(tree.read("esc", 10)).isEmpty();
    assertThat(tree.read("nothing", 10)).isEmpty();
    assertThatThrownBy(() -> tree.read("src", 10)).hasMessage("'/src' is not a regular file");
    assertThat(tree.read("src/a", 1)).isPresent();
    assertThatThrownBy(() -> tree.read("src/a", 0)).hasMessage("'/src/a' is larger than 0 bytes");
  }

  @KernelTest
  void select_linkSwappedIn_isRefused() throws IOException {
    SourceTree tree = trees.context();
    tree.select(Sources.of("multi/*.txt")); // has listed the root
    Files.move(directory.resolve("src"), directory.resolve("gone"));
    Files.createSymbolicLink(directory.resolve("src"), Path.of("/etc"));
    assertThatThrownBy(() -> tree.select(Sources.of("src")))
        .isInstanceOfSatisfying(
            BuildException.class, e -> assertThat(e.kind()).isEqualTo(BuildException.Kind.CHANGED))
        .hasMessage("'/src' of the build context was changed while the build read it; build again");
  }
}
