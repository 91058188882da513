package gantry.cli.config;

import gantry.cli.json.Json;
import gantry.cli.json.JsonIndent;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;

/// Docker's client configuration, `<directory>/config.json`.
///
/// @param directory where the file, and the contexts, are looked for
/// @param values what the file says; empty when there is none
public record ConfigFile(Path directory, JsonObject values) {

  /// Reads the file of `directory`; a missing file is an empty one.
  ///
  /// @throws IOException when the file is there and cannot be read or parsed
  public static ConfigFile read(Path directory) throws IOException {
    Path file = directory.resolve("config.json");
    try {
      return new ConfigFile(directory, Json.parseObject(Files.readAllBytes(file)));
    } catch (NoSuchFileException _) {
      return new ConfigFile(directory, JsonObject.EMPTY); // a user without settings
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IOException("parsing config file (" + file + "): " + e.getOriginalMessage(), e);
    }
  }

  /// Makes a context the current one, for this user's later commands; the empty name is none.
  public void use(String context) throws IOException {
    if (values.text("currentContext").equals(context)) {
      return;
    }
    JsonObject changed = JsonObject.create();
    values.members().forEach(changed::put);
    changed.members().remove("currentContext");
    if (!context.isEmpty()) {
      changed.put("currentContext", context);
    }
    Files.createDirectories(directory);
    String text = JsonIndent.indent(Json.write(changed, Json.Escaping.HTML), "\t") + "\n";
    replace(directory.resolve("config.json"), text.getBytes(StandardCharsets.UTF_8));
  }

  /// Gives a file new contents at once, for its owner's eyes only.
  static void replace(Path file, byte[] contents) throws IOException {
    Path target = Files.exists(file) ? file.toRealPath() : file;
    Path written = // with permissions for its owner only
        Files.createTempFile(target.toAbsolutePath().getParent(), ".gantry", ".new");
    try {
      Files.write(written, contents);
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(written);
    }
  }

  /// The directory that `--config`, `DOCKER_CONFIG` or the home directory give, in this order.
  public static Path locate(String option, Map<String, String> environment) {
    if (!option.isEmpty()) {
      return Path.of(option);
    }
    String fromEnvironment = environment.getOrDefault("DOCKER_CONFIG", "");
    if (!fromEnvironment.isEmpty()) {
      return Path.of(fromEnvironment);
    }
    String home = environment.getOrDefault("HOME", "");
    return Path.of(home.isEmpty() ? System.getProperty("user.home") : home, ".docker");
  }
}
