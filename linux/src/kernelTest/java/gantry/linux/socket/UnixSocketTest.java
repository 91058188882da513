package gantry.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.MemoryFile;
import gantry.linux.file.Pipe;
import gantry.linux.process.PidFd;
import gantry.testing.KernelTest;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;

class UnixSocketTest {
  @TempDir Path dir;

  @KernelTest
  void unread_isNothingOnceTheOtherHasIt() {
    UnixSocket.Pair pair = UnixSocket.pair();
    try (OwnedFd one = pair.one();
        OwnedFd other = pair.other()) {
      assertThat(UnixSocket.unread(one)).isZero();
      int _ = UnixSocket.send(one, new byte[3], List.of());
      assertThat(UnixSocket.unread(one)).isPositive();
      assertThat(UnixSocket.receive(other, 16).bytes()).hasSize(3);
      assertThat(UnixSocket.unread(one)).isZero();
    }
  }

  @KernelTest
  void send_descriptors_arriveAsTheSameFiles() {
    try (UnixSocket.Pair pair = UnixSocket.pair();
        Pipe pipe = Pipe.open();
        OwnedFd memory = MemoryFile.open("m")) {
      assertThat(UnixSocket.send(pair.one(), new byte[] {7, 8}, List.of(pipe.writeEnd(), memory)))
          .isEqualTo(2);
      try (UnixSocket.Received received = UnixSocket.receive(pair.other(), 100)) {
        assertThat(received.bytes()).containsExactly(7, 8);
        assertThat(received.descriptors()).hasSize(2);
        FileIo.writeFully(received.descriptors().get(0), new byte[] {1});
        assertThat(FileIo.read(pipe.readEnd(), new byte[1], 0, 1)).isEqualTo(1);
        assertThat(At.stat(received.descriptors().get(1)).sameFile(At.stat(memory))).isTrue();
      }
      pair.one().close();
      assertThat(UnixSocket.receive(pair.other(), 100).bytes()).isEmpty();
    }
  }

  @KernelTest
  void send_asManyAsTheKernelTakes() {
    try (UnixSocket.Pair pair = UnixSocket.pair()) {
      UnixSocket.send(pair.one(), new byte[1], Collections.nCopies(253, pair.one()));
      try (UnixSocket.Received received = UnixSocket.receive(pair.other(), 1)) {
        assertThat(received.descriptors()).hasSize(253);
      }
      assertThatThrownBy(
              () -> UnixSocket.send(pair.one(), new byte[1], Collections.nCopies(254, Fd.STDIN)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @KernelTest
  void peer_ofAConnection_isThisProcess() {
    String path = dir.resolve("s").toString();
    try (OwnedFd listening = UnixSocket.listen(path);
        OwnedFd client = UnixSocket.connect(path);
        OwnedFd server = UnixSocket.accept(listening)) {
      PeerCredentials self = new PeerCredentials((int) ProcessHandle.current().pid(), 0, 0);
      assertThat(UnixSocket.peer(server)).isEqualTo(self);
      assertThat(UnixSocket.peer(client)).isEqualTo(self);
      assertThatThrownBy(() -> UnixSocket.listen(path)).hasMessageContaining("EADDRINUSE");
    }
  }

  @KernelTest
  void listen_pathTooLong_isRefused() {
    assertThatThrownBy(() -> UnixSocket.listen("/tmp/" + "x".repeat(103)))
        .hasMessageContaining("107 bytes");
  }

  @KernelTest
  void peerProcess_holdsWhoConnected() {
    String path = dir.resolve("peer").toString();
    try (OwnedFd listening = UnixSocket.listen(path);
        OwnedFd client = UnixSocket.connect(path);
        OwnedFd accepted = UnixSocket.accept(listening);
        PidFd process = UnixSocket.peerProcess(accepted).orElseThrow();
        OwnedFd taken = process.take(client.value())) {
      assertThat(process.ended()).isFalse();
      assertThat(At.stat(taken).sameFile(At.stat(client))).isTrue();
    }
  }
}
