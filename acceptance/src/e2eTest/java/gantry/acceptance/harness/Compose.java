package gantry.acceptance.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// One Compose project on an engine, driven by a stock client: `docker compose` (v2) or
/// `docker-compose` (1.29). Variables of the files are given as environment.
public record Compose(List<String> command, Map<String, String> environment) {
  private static final Duration DEADLINE = Duration.ofSeconds(90);

  /// Compose v2 as the docker client's plugin, out of the peer's packages.
  public static Compose v2(Engine engine, String project, Path... files) {
    Path docker = DockerPeer.client();
    Path plugins = Checkout.peerFolder().resolve("root/usr/libexec/docker/cli-plugins");
    return of(
        List.of(docker.toString(), "--config", settings(plugins), "-H", engine.host(), "compose"),
        project,
        files);
  }

  /// Debian's docker-compose 1.29.
  public static Compose v1(Engine engine, String project, Path... files) {
    return of(List.of("docker-compose", "-H", engine.host()), project, files);
  }

  private static Compose of(List<String> client, String project, Path... files) {
    List<String> command = new ArrayList<>(client);
    command.addAll(List.of("-p", project));
    for (Path file : files) {
      command.addAll(List.of("-f", file.toString()));
    }
    return new Compose(List.copyOf(command), Map.of());
  }

  /// A folder of the docker client's settings that names the plugins' folder.
  private static String settings(Path plugins) {
    try {
      Path folder = Files.createDirectories(Checkout.root().resolve("target/compose-settings"));
      Path file = Files.createTempFile(folder, "config", ".json");
      Files.writeString(file, "{\"cliPluginsExtraDirs\": [\"" + plugins + "\"]}");
      Files.move(
          file,
          folder.resolve("config.json"),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      return folder.toString();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the docker client's settings", e);
    }
  }

  /// The same project with a variable set.
  public Compose with(String variable, String value) {
    Map<String, String> all = new HashMap<>(environment);
    all.put(variable, value);
    return new Compose(command, Map.copyOf(all));
  }

  /// Runs it; any exit code is fine.
  public Result run(String... args) {
    return pipe("", args);
  }

  /// Runs it with `stdin`.
  public Result pipe(String stdin, String... args) {
    return Subprocess.run(
        line(args), environment, stdin.getBytes(StandardCharsets.UTF_8), DEADLINE);
  }

  /// Runs it, which must end with 0, and returns its stdout without the white space around it.
  public String ok(String... args) {
    return run(args).expect(0).text();
  }

  /// Starts it beside the test.
  public Background start(String... args) {
    return new Background(line(args), environment);
  }

  /// The ids of a service's containers that run.
  public List<String> containers(String service) {
    return ok("ps", "-q", service).lines().sorted().toList();
  }

  private List<String> line(String... args) {
    return Stream.concat(command.stream(), Stream.of(args)).toList();
  }
}
