package gantry.linux.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.FileIo;
import gantry.linux.file.OpenFlags;
import gantry.linux.mount.FileSystemContext;
import gantry.testing.KernelTest;
import java.nio.charset.StandardCharsets;

class PtyTest {
  private static String read(Fd fd) {
    byte[] bytes = new byte[100];
    int length = FileIo.read(fd, bytes, 0, bytes.length);
    return new String(bytes, 0, length, StandardCharsets.US_ASCII);
  }

  private static void write(Fd fd, String text) {
    FileIo.writeFully(fd, text.getBytes(StandardCharsets.US_ASCII));
  }

  @KernelTest
  void open_ofTheHost_talksBothWays() {
    try (Pty pty = Pty.open()) {
      write(pty.slave(), "out\n");
      assertThat(read(pty.master())).isEqualTo("out\r\n");
      write(pty.master(), "in\n");
      assertThat(read(pty.slave())).isEqualTo("in\n");
      assertThat(At.readlink(Fd.CWD, pty.slave().procPath())).isEqualTo("/dev/pts/" + pty.number());
    }
  }

  @KernelTest
  void open_ofADetachedInstance_isItsFirst() {
    try (FileSystemContext context = FileSystemContext.open("devpts");
        OwnedFd devpts =
            context.set("mode", "0620").set("ptmxmode", "0666").flag("newinstance").mount(0);
        Pty pty = Pty.open(devpts)) {
      assertThat(pty.number()).isZero();
      assertThat(At.exists(devpts, "0")).isTrue();
      write(pty.slave(), "x");
      assertThat(read(pty.master())).isEqualTo("x");
    }
  }

  @KernelTest
  void size_isSharedBySides() {
    try (Pty pty = Pty.open()) {
      assertThat(Terminal.size(pty.slave())).isEqualTo(new WindowSize(0, 0));
      Terminal.resize(pty.master(), new WindowSize(50, 40_000));
      assertThat(Terminal.size(pty.slave())).isEqualTo(new WindowSize(50, 40_000));
    }
  }

  @KernelTest
  void rawMode_changesNothing_andIsUndone() {
    try (Pty pty = Pty.open()) {
      Terminal.Mode before = Terminal.mode(pty.slave()).orElseThrow();
      Terminal.setMode(pty.slave(), before.raw());
      write(pty.slave(), "out\n");
      assertThat(read(pty.master())).isEqualTo("out\n");
      write(pty.master(), "\u0003");
      assertThat(read(pty.slave())).isEqualTo("\u0003");
      Terminal.setMode(pty.slave(), before);
      write(pty.slave(), "out\n");
      assertThat(read(pty.master())).isEqualTo("out\r\n");
    }
  }

  @KernelTest
  void setMode_keepsWhatWasTypedBefore() {
    try (Pty pty = Pty.open()) {
      write(pty.master(), "early\n");
      Terminal.setMode(pty.slave(), Terminal.mode(pty.slave()).orElseThrow().raw());
      assertThat(read(pty.slave())).isEqualTo("early\n");
    }
  }

  @KernelTest
  void isTerminal_tellsThemApart() {
    try (Pty pty = Pty.open();
        OwnedFd file = At.open(Fd.CWD, "/dev/null", OpenFlags.O_RDONLY)) {
      assertThat(Terminal.isTerminal(pty.slave())).isTrue();
      assertThat(Terminal.isTerminal(file)).isFalse();
      assertThat(Terminal.mode(file)).isEmpty();
    }
  }
}
