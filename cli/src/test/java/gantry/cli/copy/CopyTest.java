package gantry.cli.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.cli.command.CliException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CopyTest {

  @TempDir Path directory;

  private static Placement.Target land(Placement from, Placement to) {
    return from.into(to);
  }

  @Test
  void into_rulesOfCp() {
    Placement file = new Placement("/s/f", true, false);
    Placement tree = new Placement("/s/d", true, true);
    Placement contents = new Placement("/s/d/.", true, true);
    Placement existing = new Placement("/t", true, true);
    assertThat(land(file, existing))
        .isEqualTo(new Placement.Target("/t", new Placement.Rename("f", "f")));
    assertThat(land(contents, existing).rename()).isEqualTo(new Placement.Rename(".", "."));
    assertThat(land(file, new Placement("/t/g", false, false)))
        .isEqualTo(new Placement.Target("/t", new Placement.Rename("f", "g")));
    assertThat(land(tree, new Placement("/t/new/", false, false)))
        .isEqualTo(new Placement.Target("/t", new Placement.Rename("d", "new")));
    assertThatThrownBy(() -> land(tree, new Placement("/t/f", true, false)))
        .isInstanceOf(CliException.class)
        .hasMessage("cannot copy directory");
    assertThatThrownBy(() -> land(file, new Placement("/t/new/", false, false)))
        .hasMessage("no such directory");
  }

  @Test
  void rename_firstComponentOnly() {
    Placement.Rename rename = new Placement.Rename("d", "new");
    assertThat(rename.apply("d/")).isEqualTo("new/");
    assertThat(rename.apply("d/d/x")).isEqualTo("new/d/x");
    assertThat(rename.apply("dd/x")).isEqualTo("dd/x");
  }

  @Test
  void copyPath_sides() {
    assertThat(CopyPath.parse("c:/x")).isEqualTo(new CopyPath("c", "/x"));
    assertThat(CopyPath.parse("/a:b").local()).isTrue();
    assertThat(CopyPath.parse("./a:b").local()).isTrue();
    assertThat(CopyPath.parse("-").local()).isTrue();
  }

  @Test
  void pack_unpack_keepsModesLinksAndNames() throws IOException {
    Path tree = Files.createDirectories(directory.resolve("tree/sub"));
    Files.writeString(tree.resolve("ä"), "x");
    Files.setAttribute(tree.resolve("ä"), "unix:mode", 0640);
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/nowhere"));
    Files.createLink(tree.resolve("hard"), tree.resolve("ä"));
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    Placement from = LocalTree.source(directory.resolve("tree").toString(), false);
    new TarEntries(from, new Placement.Rename("tree", "tree"), false).writeTo(tar);
    Path target = Files.createDirectory(directory.resolve("target"));
    LocalTree.unpack(
        new ByteArrayInputStream(tar.toByteArray()),
        from.renamed(Optional.empty()),
        LocalTree.placement(target.toString()),
        false);
    Path copied = target.resolve("tree/sub");
    assertThat(copied.resolve("ä")).hasContent("x");
    assertThat((int) Files.getAttribute(copied.resolve("ä"), "unix:mode") & 0777).isEqualTo(0640);
    assertThat(Files.readSymbolicLink(copied.resolve("link"))).isEqualTo(Path.of("/nowhere"));
    assertThat((int) Files.getAttribute(copied.resolve("hard"), "unix:nlink")).isEqualTo(2);
  }

  @Test
  void unpack_climbingName_isRefused() throws IOException {
    assertThatThrownBy(() -> unpack("../evil", TarConstants.LF_NORMAL, ""))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("leads out of");
    assertThat(directory.resolve("evil")).doesNotExist();
  }

  @Test
  void unpack_throughAnArchivesOwnLink_isRefused() throws IOException {
    Path outside = Files.createDirectory(directory.resolve("outside"));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry link = new TarArchiveEntry("d", TarConstants.LF_SYMLINK, true);
      link.setLinkName(outside.toString());
      tar.putArchiveEntry(link);
      tar.closeArchiveEntry();
      tar.putArchiveEntry(new TarArchiveEntry("d/evil"));
      tar.closeArchiveEntry();
    }
    assertThatThrownBy(() -> unpack(bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("symbolic link");
    assertThat(outside.resolve("evil")).doesNotExist();
  }

  private void unpack(String name, byte type, String link) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes)) {
      TarArchiveEntry entry = new TarArchiveEntry(name, type, true);
      entry.setLinkName(link);
      byte[] content = "x".getBytes(StandardCharsets.UTF_8);
      entry.setSize(content.length);
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
    }
    unpack(bytes);
  }

  private void unpack(ByteArrayOutputStream tar) throws IOException {
    Path target = directory.resolve("target");
    Files.createDirectories(target);
    Placement from = new Placement("/d", true, true);
    LocalTree.unpack(
        new ByteArrayInputStream(tar.toByteArray()),
        from.renamed(Optional.empty()),
        LocalTree.placement(target.toString()),
        false);
  }
}
