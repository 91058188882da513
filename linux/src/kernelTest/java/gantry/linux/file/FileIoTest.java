package gantry.linux.file;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_RDWR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.testing.KernelTest;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class FileIoTest {
  @TempDir Path root;
  private OwnedFd dir;
  private OwnedFd file;

  @BeforeEach
  void open() {
    dir = At.openDirectory(Fd.CWD, root.toString());
    file = At.open(dir, "f", O_RDWR | O_CREAT, 0600);
  }

  @AfterEach
  void close() {
    file.close();
    dir.close();
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @KernelTest
  void writeFully_thenReadAll_isTheSame() throws Exception {
    for (int size : new int[] {0, 1, 4096, 16_320, 16_321, 1_000_003}) {
      byte[] bytes = random(size);
      FileControl.truncate(file, 0);
      FileControl.seek(file, 0);
      FileIo.writeFully(file, bytes);
      assertThat(Files.readAllBytes(root.resolve("f"))).isEqualTo(bytes);
      FileControl.seek(file, 0);
      assertThat(FileIo.readAll(file, Integer.MAX_VALUE)).isEqualTo(bytes);
    }
  }

  @KernelTest
  void readAll_moreThanTheLimit_stopsThere() {
    FileIo.writeFully(file, random(9000));
    FileControl.seek(file, 0);
    assertThat(FileIo.readAll(file, 5000)).hasSize(5000);
    assertThat(FileControl.position(file)).isEqualTo(5000);
  }

  @KernelTest
  void positions_ofNativeMemoryAndArrays() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocateFrom("hello");
      assertThat(FileIo.pwrite(file, memory, 10)).isEqualTo(6);
      FileIo.pwriteFully(file, "world".getBytes(StandardCharsets.US_ASCII), 16);
      MemorySegment back = arena.allocate(64);
      assertThat(FileIo.pread(file, back, 10)).isEqualTo(11);
      assertThat(back.getString(0)).isEqualTo("hello");
      byte[] array = new byte[8];
      assertThat(FileIo.pread(file, array, 2, 6, 16)).isEqualTo(5);
      assertThat(array).isEqualTo("\0\0world\0".getBytes(StandardCharsets.US_ASCII));
      assertThat(FileControl.position(file)).isZero();
    }
  }

  @KernelTest
  void memory_onTheHeapOrFreed_isRefused() {
    assertThatThrownBy(() -> FileIo.read(file, MemorySegment.ofArray(new byte[8])))
        .isInstanceOf(IllegalArgumentException.class);
    MemorySegment freed;
    try (Arena arena = Arena.ofConfined()) {
      freed = arena.allocate(8);
    }
    assertThatThrownBy(() -> FileIo.read(file, freed)).isInstanceOf(IllegalStateException.class);
  }

  @KernelTest
  void pipe_nonBlocking_answersEmpty() {
    try (Pipe pipe = Pipe.openNonBlocking();
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4096);
      assertThat(FileIo.tryRead(pipe.readEnd(), memory)).isEmpty();
      assertThatThrownBy(() -> FileIo.read(pipe.readEnd(), memory))
          .isInstanceOfSatisfying(
              SyscallException.class, e -> assertThat(e.is(Errno.EAGAIN)).isTrue());
      assertThat(Pipe.resize(pipe.writeEnd(), 5000)).isEqualTo(8192);
      assertThat(Pipe.capacity(pipe.readEnd())).isEqualTo(8192);
      assertThat(FileIo.tryWrite(pipe.writeEnd(), memory)).hasValue(4096);
      assertThat(Pipe.readable(pipe.readEnd())).isEqualTo(4096);
      FileIo.write(pipe.writeEnd(), memory);
      assertThat(FileIo.tryWrite(pipe.writeEnd(), memory)).isEmpty();
      pipe.writeEnd().close();
      assertThat(FileIo.readAll(pipe.readEnd(), 1 << 20)).hasSize(8192);
    }
  }

  @KernelTest
  void splice_pipeToFile_movesAll() {
    try (Pipe pipe = Pipe.open();
        Pipe copy = Pipe.open()) {
      FileIo.writeFully(pipe.writeEnd(), random(5000));
      assertThat(Transfer.tryTee(pipe.readEnd(), copy.writeEnd(), 100_000)).hasValue(5000);
      assertThat(Transfer.trySplice(pipe.readEnd(), file, 100_000)).hasValue(5000);
      assertThat(Transfer.trySplice(pipe.readEnd(), file, 100_000)).isEmpty();
      assertThat(Transfer.splice(copy.readEnd(), file, 100_000)).isEqualTo(5000);
      pipe.writeEnd().close();
      assertThat(Transfer.trySplice(pipe.readEnd(), file, 100)).hasValue(0);
    }
    assertThat(At.stat(file).sizeBytes()).isEqualTo(10_000);
  }

  @KernelTest
  void copy_wholeFile_isComplete() {
    byte[] bytes = random(3_000_000);
    FileIo.writeFully(file, bytes);
    FileControl.seek(file, 0);
    try (OwnedFd target = At.open(dir, "t", O_RDWR | O_CREAT, 0600)) {
      assertThat(Transfer.copy(file, target, Long.MAX_VALUE)).isEqualTo(3_000_000);
      assertThat(Transfer.copy(file, target, 5)).isZero();
      FileControl.seek(target, 0);
      assertThat(FileIo.readAll(target, Integer.MAX_VALUE)).isEqualTo(bytes);
    }
  }

  @KernelTest
  void holes_areFound() {
    FileControl.truncate(file, 1 << 20);
    FileIo.pwriteFully(file, random(4096), 1 << 19);
    assertThat(FileControl.nextData(file, 0)).hasValue(1 << 19);
    assertThat(FileControl.nextHole(file, 1 << 19)).hasValue((1 << 19) + 4096);
    FileControl.punchHole(file, 1 << 19, 4096);
    assertThat(FileControl.nextData(file, 0)).isEmpty();
    FileControl.allocate(file, 0, 2 << 20);
    assertThat(At.stat(file).sizeBytes()).isEqualTo(2 << 20);
    FileControl.sync(file);
    FileControl.syncData(file);
    FileControl.syncFileSystem(file);
  }

  @KernelTest
  void locks_excludeOtherOpenFiles() {
    try (OwnedFd other = At.open(dir, "f", O_RDWR)) {
      assertThat(FileControl.tryLockExclusive(file)).isTrue();
      assertThat(FileControl.tryLockShared(other)).isFalse();
      FileControl.unlock(file);
      assertThat(FileControl.tryLockShared(other)).isTrue();
      assertThat(FileControl.tryLockExclusive(file)).isFalse();
    }
    FileControl.lockExclusive(file);
  }

  @KernelTest
  void nonBlocking_isSetAndCleared() {
    FileControl.setNonBlocking(file);
    assertThat(FileControl.flags(file) & OpenFlags.O_NONBLOCK).isNotZero();
    FileControl.setBlocking(file);
    assertThat(FileControl.flags(file) & OpenFlags.O_NONBLOCK).isZero();
  }

  @KernelTest
  void eventFd_countsAndDrains() {
    try (EventFd event = EventFd.open()) {
      assertThat(event.drain()).isZero();
      event.signal();
      event.signal();
      assertThat(event.drain()).isEqualTo(2);
    }
  }

  @KernelTest
  void memoryFile_sealed_cannotGrow() {
    try (OwnedFd memory = MemoryFile.open("plan")) {
      FileControl.truncate(memory, 100);
      MemoryFile.seal(memory, MemoryFile.SEAL_GROW | MemoryFile.SEAL_SHRINK);
      assertThatThrownBy(() -> FileControl.truncate(memory, 101)).hasMessageContaining("EPERM");
    }
    try (OwnedFd program = MemoryFile.openExecutable("stage")) {
      assertThat(At.stat(program).permissions()).isEqualTo(0777);
    }
  }

  @KernelTest
  void mappedFile_storesAreInTheFile() {
    FileControl.truncate(file, 4096);
    MappedFile mapped = MappedFile.open(file, 0, 4096);
    mapped.memory().set(ValueLayout.JAVA_LONG, 8, 0x0102030405060708L);
    byte[] stored = new byte[8];
    FileIo.pread(file, stored, 0, 8, 8);
    assertThat(stored).containsExactly(8, 7, 6, 5, 4, 3, 2, 1);
    mapped.close();
    mapped.close();
    assertThatThrownBy(() -> mapped.memory().get(ValueLayout.JAVA_LONG, 8))
        .isInstanceOf(IllegalStateException.class);
    try (MappedFile readOnly = MappedFile.openReadOnly(file, 0, 4096)) {
      assertThat(readOnly.memory().get(ValueLayout.JAVA_BYTE, 8)).isEqualTo((byte) 8);
      assertThatThrownBy(() -> readOnly.memory().set(ValueLayout.JAVA_BYTE, 0, (byte) 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @KernelTest
  void xattr_ofFilesAndNames() {
    Xattr.set(file, "user.small", new byte[] {1, 2, 3});
    Xattr.set(dir, "f", "trusted.big", random(2000));
    assertThat(Xattr.list(file)).containsExactlyInAnyOrder("user.small", "trusted.big");
    assertThat(Xattr.get(dir, "f", "user.small")).contains(new byte[] {1, 2, 3});
    assertThat(Xattr.get(file, "trusted.big")).contains(random(2000));
    Xattr.remove(file, "user.small");
    assertThat(Xattr.get(file, "user.small")).isEmpty();
    At.symlink("f", dir, "link");
    Xattr.set(dir, "link", "trusted.own", new byte[0]);
    assertThat(Xattr.list(dir, "link")).containsExactly("trusted.own");
    Xattr.remove(dir, "link", "trusted.own");
    try (OwnedFd proc = At.open(Fd.CWD, "/proc/version", O_RDONLY)) {
      assertThat(Xattr.list(proc)).isEmpty();
      assertThat(Xattr.get(proc, "user.x")).isEmpty();
    }
  }

  @KernelTest
  void descriptors_useAfterClose_throws() {
    OwnedFd copy = file.duplicate();
    int number = copy.value();
    copy.close();
    copy.close();
    assertThatThrownBy(copy::value).isInstanceOf(IllegalStateException.class);
    assertThat(root.getFileSystem().getPath("/proc/self/fd/" + number)).doesNotExist();
    assertThatThrownBy(copy::release).isInstanceOf(IllegalStateException.class);
  }
}
