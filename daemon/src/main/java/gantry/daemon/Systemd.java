package gantry.daemon;

import gantry.linux.SyscallException;
import gantry.linux.socket.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The service manager that started this process, where there is one: sd_notify(3),
/// sd_listen_fds(3).
final class Systemd {
  private static final Logger LOG = LoggerFactory.getLogger(Systemd.class);
  private static final int FIRST_FD = 3; // SD_LISTEN_FDS_START

  private final Map<String, String> environment;

  Systemd(Map<String, String> environment) {
    this.environment = environment;
  }

  /// The listening sockets that were opened for this process.
  int[] inheritedSockets() {
    String pid = environment.getOrDefault("LISTEN_PID", "");
    String count = environment.getOrDefault("LISTEN_FDS", "0");
    boolean ours = pid.equals(Long.toString(ProcessHandle.current().pid()));
    return ours && count.matches("\\d{1,3}")
        ? IntStream.range(FIRST_FD, FIRST_FD + Integer.parseInt(count)).toArray()
        : new int[0];
  }

  /// Whether a socket of this process is a unix socket.
  static boolean isUnix(int fd) throws IOException {
    String link = Files.readSymbolicLink(Path.of("/proc/self/fd", Integer.toString(fd))).toString();
    String inode = link.replaceAll("\\D", "");
    return Files.readString(Path.of("/proc/self/net/unix"))
        .lines()
        .anyMatch(line -> line.contains(" " + inode + " ") || line.endsWith(" " + inode));
  }

  /// Tells that the daemon serves now.
  void ready() {
    send("READY=1");
  }

  /// Tells that the configuration is being read again; [#ready] tells when that is done.
  void reloading() {
    // The manager compares this with when it asked: System.nanoTime is CLOCK_MONOTONIC.
    send("RELOADING=1\nMONOTONIC_USEC=" + TimeUnit.NANOSECONDS.toMicros(System.nanoTime()));
  }

  /// Tells that the daemon is about to end.
  void stopping() {
    send("STOPPING=1");
  }

  private void send(String state) {
    String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
    if (socket.isEmpty()) {
      return;
    }
    try {
      UnixSocket.sendDatagram(socket, state.getBytes(StandardCharsets.US_ASCII));
    } catch (SyscallException
        | IllegalArgumentException e) { // the daemon does its work all the same
      LOG.warn("cannot tell systemd {}: {}", state, e.getMessage());
    }
  }
}
