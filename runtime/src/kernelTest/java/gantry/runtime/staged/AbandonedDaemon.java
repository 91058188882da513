package gantry.runtime.staged;

import gantry.oci.Json;
import gantry.oci.runtime.RuntimeSpec;
import gantry.runtime.ContainerProcess;
import gantry.runtime.StdioSpec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A program of its own that starts a container, says so, and waits to be killed: `AbandonedDaemon
/// DIRECTORY pipes|terminal SCRIPT`.
final class AbandonedDaemon {
  private AbandonedDaemon() {}

  public static void main(String[] args) throws Exception {
    Sandbox sandbox = new Sandbox(Files.createDirectories(Path.of(args[0])));
    RuntimeSpec spec = sandbox.shell(args[2]);
    StdioSpec stdio =
        args[1].equals("terminal") ? new StdioSpec.Terminal(24, 80) : new StdioSpec.Pipes(true);
    ContainerProcess process = sandbox.start(spec, stdio);
    System.out.println(new String(Json.write(process.record()), StandardCharsets.UTF_8));
    Thread.sleep(Long.MAX_VALUE);
  }
}
