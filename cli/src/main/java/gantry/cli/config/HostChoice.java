package gantry.cli.config;

import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/// Which daemon to speak to, and whether that was anybody's choice.
///
/// @param url the daemon's address, e.g. `unix:///run/gantry/gantry.sock`
/// @param preset whether nothing named a daemon, so that it is ours to start one
public record HostChoice(String url, boolean preset) {

  /// Where Gantry's own daemon listens unless it is told otherwise.
  public static final String DEFAULT_URL = "unix:///run/gantry/gantry.sock";

  private static final String DEFAULT_CONTEXT = "default";

  /// Decides in this order: `-H`, `GANTRY_HOST`, `DOCKER_HOST`, `--context`, `DOCKER_CONTEXT`, the
  /// configuration's `currentContext`, our own socket. A context that is asked for on the command
  /// line is not overruled by the environment.
  ///
  /// @throws IOException when a context is named that cannot be read; the message is for the user
  public static HostChoice of(
      String hostOption, String contextOption, Map<String, String> environment, ConfigFile config)
      throws IOException {
    if (!hostOption.isEmpty()) {
      return new HostChoice(hostOption, false);
    }
    if (contextOption.isEmpty()) {
      for (String name : new String[] {"GANTRY_HOST", "DOCKER_HOST"}) {
        String url = environment.getOrDefault(name, "");
        if (!url.isEmpty()) {
          return new HostChoice(url, false);
        }
      }
    }
    String context = contextOption;
    if (context.isEmpty()) {
      context = environment.getOrDefault("DOCKER_CONTEXT", "");
    }
    if (context.isEmpty()) {
      context = config.values().text("currentContext");
    }
    if (context.isEmpty() || context.equals(DEFAULT_CONTEXT)) {
      return new HostChoice(DEFAULT_URL, true);
    }
    return new HostChoice(contextHost(context, config.directory()), false);
  }

  private static String contextHost(String context, Path directory) throws IOException {
    Path file = directory.resolve("contexts/meta").resolve(sha256(context)).resolve("meta.json");
    try {
      JsonObject endpoint =
          Json.parseObject(Files.readAllBytes(file)).object("Endpoints").object("docker");
      return endpoint.text("Host").isEmpty() ? DEFAULT_URL : endpoint.text("Host");
    } catch (NoSuchFileException e) {
      throw new IOException(
          "Failed to initialize: unable to resolve docker endpoint: context \""
              + context
              + "\": context not found: open "
              + file
              + ": no such file or directory",
          e);
    }
  }

  private static String sha256(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException impossible) { // every Java has SHA-256
      throw new AssertionError(impossible);
    }
  }
}
