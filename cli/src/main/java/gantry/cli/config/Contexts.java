package gantry.cli.config;

import gantry.cli.http.TlsFiles;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Names for daemons, as Docker's clients keep them: `<config>/contexts/meta/<id>/meta.json`, with
/// keys and certificates in `<config>/contexts/tls/<id>/docker`. An id is the SHA-256 of the name.
///
/// `default` is kept nowhere: it is what the environment and our own presets say.
public final class Contexts {
  public static final String DEFAULT = "default";

  /// What a context made of `default` says of itself.
  public static final String DEFAULT_DESCRIPTION = "Current DOCKER_HOST based configuration";

  private static final List<String> TLS_NAMES = List.of("ca.pem", "cert.pem", "key.pem");

  private final Path directory;
  private final String current;
  private final String presetHost;

  /// One context.
  ///
  /// @param host the daemon's address
  /// @param tls contents of its keys and certificates, by [#TLS_NAMES]
  public record Context(
      String name,
      String description,
      String host,
      boolean skipsTlsVerify,
      Map<String, byte[]> tls) {}

  /// A name that is no context's; the message is for the user.
  public static final class NotFoundException extends IOException {
    private static final long serialVersionUID = 1L;

    private NotFoundException(String name, Path file, Throwable cause) {
      super(
          "context \"%s\": context not found: open %s: no such file or directory"
              .formatted(name, file),
          cause);
    }
  }

  /// @param directory of the client's settings
  /// @param current the name of the context in use
  /// @param presetHost the address of `default`
  public Contexts(Path directory, String current, String presetHost) {
    this.directory = directory.resolve("contexts");
    this.current = current;
    this.presetHost = presetHost;
  }

  /// The name of the context in use.
  public String current() {
    return current;
  }

  /// Whether this may be a context's name.
  public static boolean valid(String name) {
    return name.matches("[a-zA-Z0-9][a-zA-Z0-9_.+-]+");
  }

  /// Where a context's own document lies.
  public Path metadata(String name) {
    return directory.resolve("meta").resolve(id(name));
  }

  /// Where a context's keys and certificates lie.
  public Path tls(String name) {
    return directory.resolve("tls").resolve(id(name));
  }

  private static String id(String name) {
    try {
      byte[] text = name.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text));
    } catch (NoSuchAlgorithmException impossible) { // every Java has SHA-256
      throw new AssertionError(impossible);
    }
  }

  /// All, in the order of their names, `default` among them.
  public List<Context> all() throws IOException {
    List<Context> all = new ArrayList<>(List.of(find(DEFAULT)));
    Path meta = directory.resolve("meta");
    if (Files.isDirectory(meta)) {
      try (Stream<Path> entries = Files.list(meta)) {
        for (Path entry : entries.toList()) {
          all.add(read(entry.resolve("meta.json")));
        }
      }
    }
    all.sort(Comparator.comparing(Context::name));
    return all;
  }

  /// The context with that name.
  ///
  /// @throws NotFoundException when there is none
  public Context find(String name) throws IOException {
    if (name.equals(DEFAULT)) {
      return new Context(DEFAULT, DEFAULT_DESCRIPTION, presetHost, false, Map.of());
    }
    Path file = metadata(name).resolve("meta.json");
    try {
      return read(file);
    } catch (NoSuchFileException e) {
      throw new NotFoundException(name, file, e);
    }
  }

  private Context read(Path file) throws IOException {
    JsonObject json = Json.parseObject(Files.readAllBytes(file));
    JsonObject endpoint = json.object("Endpoints").object("docker");
    String name = json.text("Name");
    Map<String, byte[]> tls = new TreeMap<>();
    for (String part : TLS_NAMES) {
      Path key = tls(name).resolve("docker").resolve(part);
      if (Files.isRegularFile(key)) {
        tls.put(part, Files.readAllBytes(key));
      }
    }
    return new Context(
        name,
        json.object("Metadata").text("Description"),
        endpoint.text("Host").isEmpty() ? presetHost : endpoint.text("Host"),
        endpoint.bool("SkipTLSVerify"),
        tls);
  }

  /// With which keys to speak to a context's daemon, if it has any.
  public Optional<TlsFiles> tlsFiles(Context context) {
    if (context.tls.isEmpty() && !context.skipsTlsVerify) {
      return Optional.empty();
    }
    Path keys = tls(context.name).resolve("docker");
    List<Optional<Path>> files =
        TLS_NAMES.stream()
            .map(name -> Optional.of(name).filter(context.tls::containsKey).map(keys::resolve))
            .toList();
    return Optional.of(
        new TlsFiles(!context.skipsTlsVerify, files.get(0), files.get(1), files.get(2)));
  }

  /// Its document, as it is kept.
  public static JsonObject metadata(Context context) {
    JsonObject metadata = JsonObject.create();
    if (!context.description.isEmpty() && !context.name.equals(DEFAULT)) {
      metadata.put("Description", context.description);
    }
    return JsonObject.create()
        .put("Name", context.name)
        .put("Metadata", metadata)
        .put(
            "Endpoints",
            JsonObject.create()
                .put(
                    "docker",
                    JsonObject.create()
                        .put("Host", context.host)
                        .put("SkipTLSVerify", context.skipsTlsVerify)));
  }

  /// Keeps a new context.
  public void create(Context context) throws IOException {
    if (!context.tls.isEmpty()) {
      Path keys = tls(context.name).resolve("docker");
      Files.createDirectories(
          keys, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      for (Map.Entry<String, byte[]> part : context.tls.entrySet()) {
        ConfigFile.replace(keys.resolve(part.getKey()), part.getValue());
      }
    }
    Files.createDirectories(metadata(context.name));
    byte[] json =
        Json.write(metadata(context), Json.Escaping.HTML).getBytes(StandardCharsets.UTF_8);
    ConfigFile.replace(metadata(context.name).resolve("meta.json"), json);
  }

  /// Forgets a context; false if there was none.
  public boolean remove(String name) throws IOException {
    boolean there = Files.deleteIfExists(metadata(name).resolve("meta.json"));
    Files.deleteIfExists(metadata(name));
    for (String part : TLS_NAMES) {
      Files.deleteIfExists(tls(name).resolve("docker").resolve(part));
    }
    Files.deleteIfExists(tls(name).resolve("docker"));
    Files.deleteIfExists(tls(name));
    return there;
  }
}
