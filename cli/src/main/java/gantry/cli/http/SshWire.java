package gantry.cli.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// A daemon on another machine, reached by a client there: `ssh HOST gantry system dial-stdio`, or
/// `docker` where that is what the machine has.
final class SshWire extends StreamWire {
  private final List<String> command;
  private final Process process;

  private SshWire(List<String> command, Process process) {
    super(process.getInputStream(), process.getOutputStream());
    this.command = command;
    this.process = process;
  }

  /// Starts ssh, in a session of its own so that Ctrl-C is the command's and does not cut the wire.
  /// What ssh has to say goes to our stderr.
  static SshWire open(Endpoint.Ssh host) throws IOException {
    List<String> command = command(host);
    List<String> detached = new ArrayList<>(List.of("setsid", "-w"));
    detached.addAll(command);
    Process process =
        new ProcessBuilder(detached).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new SshWire(command, process);
  }

  static List<String> command(Endpoint.Ssh host) {
    List<String> command = new ArrayList<>(List.of("ssh", "-T", "-o", "ConnectTimeout=30"));
    if (!host.user().isEmpty()) {
      command.addAll(List.of("-l", host.user()));
    }
    if (host.port() > 0) {
      command.addAll(List.of("-p", Integer.toString(host.port())));
    }
    String socket = host.path().isEmpty() ? "" : " --host=unix://" + host.path();
    String remote =
        "sh -c 'command -v gantry >/dev/null 2>&1 && exec gantry%1$s system dial-stdio; exec docker%1$s system dial-stdio'"
            .formatted(socket);
    command.addAll(List.of("--", host.host(), remote));
    return List.copyOf(command);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    try {
      return super.write(source);
    } catch (IOException e) {
      ended(); // which says more
      throw e;
    }
  }

  @Override
  void ended() throws IOException {
    try {
      int code = process.waitFor();
      if (code != 0) {
        throw new IOException(
            "command %s has exited with exit status %d, make sure the URL is valid, and that Gantry, or Docker 18.09 or later, is installed on the remote host"
                .formatted(command, code));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while ssh ended", e);
    }
  }

  @Override
  public void shutdownOutput() throws IOException {
    process.getOutputStream().close();
  }

  @Override
  void release() {
    process.destroy();
  }
}
