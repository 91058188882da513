import gantry.engine.Engine;
import gantry.engine.EngineConfig;
import gantry.engine.container.AttachOptions;
import gantry.engine.container.Attachment;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.Containers;
import gantry.engine.container.OutputSink;
import gantry.engine.container.WaitCondition;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Runs a container from a plain Java program; there is no daemon.
///
/// Usage, as root: java --enable-native-access=ALL-UNNAMED -cp 'target/gantry/lib/*'
/// examples/RunContainer.java IMAGE-ARCHIVE IMAGE COMMAND...
void main(String[] arguments) throws Exception {
  Path root = Files.createTempDirectory("gantry-example-");
  Path execRoot = Path.of("/run", root.getFileName().toString());
  try (Engine engine = Engine.open(EngineConfig.of(root, execRoot))) {
    try (InputStream archive = Files.newInputStream(Path.of(arguments[0]))) {
      engine.images().load(archive, Optional.empty(), true, progress -> {});
    }
    String[] command = java.util.Arrays.copyOfRange(arguments, 2, arguments.length);
    ContainerSpec spec =
        ContainerSpec.builder(arguments[1])
            .command(command)
            .networkMode("none")
            .variable("GREETING", "hello from Java")
            .autoRemove(true)
            .build();
    System.out.println("exit code " + run(engine.containers(), spec));
  }
}

/// Attaches first and starts then, so that no output is missed; returns the exit code.
int run(Containers containers, ContainerSpec spec) throws Exception {
  String id = containers.create(spec).id();
  var exit = containers.await(id, WaitCondition.REMOVED);
  AttachOptions output = new AttachOptions(false, true, true, false, true, Optional.empty());
  try (Attachment attachment = containers.attach(id, output, this::print)) {
    containers.start(id, Optional.empty());
    attachment.awaitEnd();
  }
  return exit.get().code();
}

void print(OutputSink.Stream stream, byte[] bytes, int offset, int length) {
  var out = stream == OutputSink.Stream.STDOUT ? System.out : System.err;
  out.write(bytes, offset, length);
  out.flush();
}
