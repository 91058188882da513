package gantry.cli;

import gantry.cli.command.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// Runs typical command lines one after the other in one process, so that an AOT cache made of it
/// knows the classes of all.
///
/// `java -XX:AOTCacheOutput=client.aot … gantry.cli.Rehearsal HOST` speaks to the daemon at `HOST`
/// if there is one, and does something useful without one too. It prints nothing, leaves nothing
/// behind, and its exit code is 0.
public final class Rehearsal {

  private static final String NAME = "gantry-rehearsal";

  /// Stands for a folder with a Dockerfile.
  private static final String FOLDER = "{folder}";

  private static final List<List<String>> LINES =
      List.of(
          List.of("ps"),
          List.of("ps", "-a", "--no-trunc", "--format", "table {{.ID}}\t{{.Names | upper}}"),
          List.of("ps", "--nosuch"),
          List.of("images"),
          List.of("run", "--help"),
          List.of(
              "run",
              "--rm",
              "-e",
              "A=1",
              "-v",
              "/tmp:/host",
              "-p",
              "127.0.0.1::80",
              "-m",
              "64m",
              "--network",
              "none",
              "busybox",
              "true"),
          List.of("run", "-d", "--name", NAME, "--network", "none", "busybox", "sleep", "60"),
          List.of("exec", NAME, "true"),
          List.of("logs", NAME),
          List.of("inspect", NAME),
          List.of(
              "inspect",
              "-f",
              "{{range .Mounts}}{{.Type}}{{end}}{{if .State.Running}}{{json .Config.Env}}{{end}}",
              NAME),
          List.of("build", "-q", "--no-cache", "--label", "a=b", "-t", NAME, FOLDER),
          List.of("build", "--progress", "plain", "--explain", "-t", NAME, FOLDER),
          List.of("rmi", NAME),
          List.of("builder", "prune", "-f"),
          List.of("network", "ls"),
          List.of("volume", "ls"),
          List.of("stop", "-t", "0", NAME),
          List.of("rm", "-f", NAME),
          List.of("version"),
          List.of("info"));

  private Rehearsal() {}

  /// Runs the lines.
  ///
  /// @param arguments the daemon's address, e.g. `unix:///run/gantry/gantry.sock`
  public static void main(String[] arguments) throws IOException {
    Session.Streams nowhere =
        new Session.Streams(
            InputStream.nullInputStream(),
            silent(),
            silent(),
            OutputStream.nullOutputStream(),
            OutputStream.nullOutputStream());
    Map<String, String> environment =
        Map.of(
            "GANTRY_HOST",
            arguments.length > 0 ? arguments[0] : "unix:///nonexistent",
            "HOME",
            "/nonexistent");
    NativeText.arguments(arguments);
    NativeText.environment();
    Path folder = Files.createTempDirectory("gantry-rehearsal");
    Path dockerfile = folder.resolve("Dockerfile");
    Files.writeString(dockerfile, "FROM busybox\nCOPY Dockerfile /\nRUN true\n");
    for (List<String> line : LINES) {
      Main.run(
          line.stream().map(word -> word.replace(FOLDER, folder.toString())).toList(),
          environment,
          nowhere);
    }
    Files.delete(dockerfile);
    Files.delete(folder);
    System.exit(0); // the streams of a session may still have a thread each
  }

  private static PrintStream silent() {
    return new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
  }
}
