package gantry.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import gantry.linux.OwnedFd;
import gantry.linux.file.FileIo;
import gantry.linux.socket.UnixDatagram;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the service manager's socket receives.
@Timeout(10)
class SystemdTest {
  @TempDir Path dir;

  @Test
  void ready_socketAtAPath_receivesIt() throws Exception {
    String path = dir.resolve("notify").toString();
    try (Manager manager = new Manager(path)) {
      new Systemd(Map.of("NOTIFY_SOCKET", path)).ready();
      assertThat(manager.next()).isEqualTo("READY=1");
    }
  }

  @Test
  void ready_abstractSocket_receivesIt() throws Exception {
    String name = "gantry-test-" + ProcessHandle.current().pid();
    try (Manager manager = new Manager("@" + name)) {
      new Systemd(Map.of("NOTIFY_SOCKET", "@" + name)).ready();
      assertThat(manager.next()).isEqualTo("READY=1");
    }
  }

  @Test
  void reloading_saysSinceWhen() throws Exception {
    String path = dir.resolve("notify").toString();
    try (Manager manager = new Manager(path)) {
      Systemd systemd = new Systemd(Map.of("NOTIFY_SOCKET", path));
      systemd.reloading();
      systemd.ready();
      systemd.stopping();
      assertThat(manager.next()).matches("RELOADING=1\nMONOTONIC_USEC=\\d+");
      assertThat(manager.next()).isEqualTo("READY=1");
      assertThat(manager.next()).isEqualTo("STOPPING=1");
    }
  }

  @Test
  void ready_nobodyThere_goesOn() {
    Systemd systemd = new Systemd(Map.of("NOTIFY_SOCKET", dir.resolve("nobody").toString()));
    assertThatCode(systemd::ready).doesNotThrowAnyException();
  }

  /// The other end of NOTIFY_SOCKET.
  private static final class Manager implements AutoCloseable {
    private final OwnedFd socket;

    Manager(String path) {
      socket = UnixDatagram.bind(path);
    }

    String next() {
      byte[] message = new byte[256];
      int length = FileIo.read(socket, message, 0, message.length);
      return new String(message, 0, length, StandardCharsets.US_ASCII);
    }

    @Override
    public void close() {
      socket.close();
    }
  }
}
