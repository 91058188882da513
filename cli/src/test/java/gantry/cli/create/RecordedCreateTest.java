package gantry.cli.create;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.cli.Main;
import gantry.cli.command.Session;
import gantry.cli.http.FakeDaemon;
import gantry.cli.json.Json;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Replays what the docker client 28.5.2 sent, or refused, for the flags of `create`.
///
/// `recorded.jsonl` was recorded from that client before a fake daemon. The first line is a whole
/// body; the others say by what their bodies differ from it, as pairs of a path and a value,
/// without a value where a member is missing.
class RecordedCreateTest {

  private static final Path FIXTURES = Path.of("src/test/resources/gantry/cli/create/fixtures");

  @TempDir static Path directory;
  private static FakeDaemon daemon;

  @BeforeAll
  static void listen() throws IOException {
    daemon =
        FakeDaemon.listen(
            directory.resolve("s"),
            target ->
                target.contains("/containers/create") ? "{\"Id\":\"abc\",\"Warnings\":[]}" : "");
  }

  @AfterAll
  static void close() throws IOException {
    daemon.close();
  }

  record Recorded(List<String> arguments, JsonObject json) {
    @Override
    public String toString() {
      return String.join(" ", arguments);
    }
  }

  static Stream<Recorded> recorded() throws IOException {
    return lines().stream().map(json -> new Recorded(json.texts("args"), json));
  }

  private static List<JsonObject> lines() throws IOException {
    Path cwd = Path.of("").toAbsolutePath();
    List<JsonObject> lines = new ArrayList<>();
    for (String line :
        Files.readAllLines(Path.of("src/test/resources/gantry/cli/create/recorded.jsonl"))) {
      String here =
          line.replace("${cwd}", cwd.toString())
              .replace("${parent}", String.valueOf(cwd.getParent()))
              .replace("${fixtures}", FIXTURES.toString());
      lines.add((JsonObject) Json.parse(here));
    }
    return lines;
  }

  @ParameterizedTest
  @MethodSource("recorded")
  void create_flags_sendWhatDockerSends(Recorded recorded) throws IOException {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    daemon.forget();
    int exitCode = run(recorded.arguments(), err);
    String complaint = err.toString(StandardCharsets.UTF_8);
    assertThat(exitCode).as(complaint).isEqualTo((int) recorded.json().number("exit"));
    if (exitCode != 0) {
      String expected =
          recorded
              .json()
              .text("stderr")
              .replace("docker: ", "gantry: ")
              .replace("docker create", "gantry create");
      assertThat(complaint).isEqualTo(expected);
      return;
    }
    assertThat(daemon.last().target()).isEqualTo(recorded.json().text("target"));
    assertThat(sorted(Json.parse(daemon.last().body())))
        .isEqualTo(sorted(expected(recorded.json())));
  }

  private static int run(List<String> arguments, ByteArrayOutputStream err) {
    List<String> line =
        new ArrayList<>(List.of("-H", "unix://" + directory.resolve("s"), "create"));
    line.addAll(arguments);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Session.Streams streams =
        new Session.Streams(
            InputStream.nullInputStream(),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            out,
            err);
    return Main.run(
        line,
        Map.of("HOME", "/root", "FROM_ENV", "here", "DOCKER_CONFIG", directory.toString()),
        streams);
  }

  private static Object expected(JsonObject recorded) throws IOException {
    JsonObject body = lines().getFirst().object("body");
    for (Object change : recorded.list("changes")) {
      List<?> pair = (List<?>) change;
      List<?> path = (List<?>) pair.getFirst();
      JsonObject owner = body;
      for (Object step : path.subList(0, path.size() - 1)) {
        owner = owner.object(step.toString());
      }
      String name = path.getLast().toString();
      if (pair.size() > 1) {
        owner.put(name, pair.get(1));
      } else {
        owner.members().remove(name);
      }
    }
    return body;
  }

  /// Makes the order of members, and of lists that Docker fills from a map, count for nothing.
  private static Object sorted(Object value) {
    if (value instanceof JsonObject object) {
      Map<String, Object> members = new TreeMap<>();
      object.members().forEach((name, member) -> members.put(name, sorted(member)));
      Object binds = members.get("Binds");
      if (binds instanceof List<?> list) {
        members.put("Binds", list.stream().map(Object::toString).sorted().toList());
      }
      return members;
    }
    if (value instanceof List<?> list) {
      return list.stream().map(RecordedCreateTest::sorted).toList();
    }
    return value == JsonNull.NULL ? "null" : value;
  }
}
