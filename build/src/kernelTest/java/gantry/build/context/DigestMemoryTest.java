package gantry.build.context;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileStat;
import gantry.linux.file.TimeSpec;
import gantry.testing.KernelTest;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.io.TempDir;

class DigestMemoryTest {
  private static final ContentMemory.Content CONTENT =
      new ContentMemory.Content(new Sha256(1, 2, 3, 4), true);

  @TempDir Path directory;

  private FileStat file(String name) throws IOException {
    Files.writeString(directory.resolve(name), name);
    return At.stat(Fd.CWD, directory.resolve(name).toString());
  }

  private static Instant longAfter(FileStat stat) {
    return stat.changed().toInstant().plusSeconds(10);
  }

  @KernelTest
  void remember_file_isFoundUntilItChanges() throws IOException {
    try (OwnedFd fd = At.openDirectory(Fd.CWD, directory.toString())) {
      FileStat stat = file("a");
      try (DigestMemory memory = DigestMemory.open(fd)) {
        assertThat(memory.find(stat)).isEmpty();
        memory.remember(stat, CONTENT, longAfter(stat));
        assertThat(memory.find(stat)).contains(CONTENT);
      }
      try (DigestMemory memory = DigestMemory.open(fd)) {
        assertThat(memory.find(stat)).as("of an earlier process").contains(CONTENT);
        assertThat(memory.find(changedAt(stat, stat.changed().nanos() ^ 1))).isEmpty();
        assertThat(memory.find(file("b"))).isEmpty();
      }
    }
  }

  private static FileStat changedAt(FileStat stat, int nanos) {
    return new FileStat(
        stat.type(),
        stat.permissions(),
        stat.links(),
        stat.uid(),
        stat.gid(),
        stat.sizeBytes(),
        stat.blocks(),
        stat.inode(),
        stat.device(),
        stat.special(),
        stat.accessed(),
        stat.modified(),
        new TimeSpec(stat.changed().seconds(), nanos),
        stat.mountId(),
        stat.mountRoot());
  }

  @KernelTest
  void remember_changedWhenRead_isNot() throws IOException {
    DigestMemory memory = DigestMemory.forThisProcess();
    FileStat stat = changedAt(file("a"), 123_456_789);
    memory.remember(stat, CONTENT, stat.changed().toInstant().plusMillis(49));
    assertThat(memory.find(stat)).isEmpty();
    FileStat coarse = changedAt(stat, 0);
    memory.remember(coarse, CONTENT, coarse.changed().toInstant().plusMillis(2400));
    assertThat(memory.find(coarse)).isEmpty();
    memory.remember(coarse, CONTENT, coarse.changed().toInstant().plusMillis(2600));
    assertThat(memory.find(coarse)).contains(CONTENT);
  }

  @KernelTest
  void open_damagedFile_forgetsWhatIsDamaged() throws IOException {
    try (OwnedFd fd = At.openDirectory(Fd.CWD, directory.toString())) {
      FileStat stat = file("a");
      try (DigestMemory memory = DigestMemory.open(fd)) {
        memory.remember(stat, CONTENT, longAfter(stat));
      }
      Path kept = directory.resolve("context-digests");
      byte[] bytes = Files.readAllBytes(kept);
      int at = 0;
      while (bytes[at] == 0) {
        at++;
      }
      int entry = at / 96 * 96;
      try (RandomAccessFile file = new RandomAccessFile(kept.toFile(), "rw")) {
        file.seek(entry + 7 * 8);
        file.write(99);
      }
      try (DigestMemory memory = DigestMemory.open(fd)) {
        assertThat(memory.find(stat)).isEmpty();
        memory.remember(stat, CONTENT, longAfter(stat));
        assertThat(memory.find(stat)).contains(CONTENT);
      }
      try (RandomAccessFile file = new RandomAccessFile(kept.toFile(), "rw")) {
        file.setLength(1000);
      }
      try (DigestMemory memory = DigestMemory.open(fd)) {
        assertThat(memory.find(stat)).isEmpty();
      }
    }
  }

  @KernelTest
  void select_unchangedFiles_areNotRead() throws Exception {
    try (Trees trees = new Trees(Files.createDirectory(directory.resolve("t")))) {
      trees.file("a", "a").file("b", "b");
      Thread.sleep(60); // else they were changed too shortly before they are read
      trees.context().select(Sources.of("."));
      for (String name : new String[] {"a", "b"}) {
        assertThat(trees.memory.find(At.stat(trees.fd, name))).isPresent();
      }
      Files.writeString(trees.path.resolve("a"), "c");
      assertThat(trees.memory.find(At.stat(trees.fd, "a"))).isEmpty();
      assertThat(trees.memory.find(At.stat(trees.fd, "b"))).isPresent();
    }
  }
}
