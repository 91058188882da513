package gantry.daemon.build;

import gantry.build.BuildRequest;
import gantry.build.BuildRequest.CacheUse;
import gantry.build.BuildRequest.DockerfileSource;
import gantry.build.BuildRequest.StepOptions;
import gantry.build.ContextSource;
import gantry.build.Secret;
import gantry.daemon.json.JsonObject;
import gantry.daemon.json.JsonReader;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.file.At;
import gantry.linux.file.OpenFlags;
import gantry.oci.Reference;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The request of `POST /gantry/build`, and what is held open for it: one line of JSON, and after
/// it the archives that the line announces. See docs/build-protocol.md.
///
/// A field that is not known here is an error: a client that asks for more than this daemon can do
/// is told so.
public final class BuildCall implements AutoCloseable {
  /// The version of the protocol that is spoken here.
  public static final int VERSION = 1;

  private static final Logger LOG = LoggerFactory.getLogger(BuildCall.class);
  private static final int HEAD_LIMIT_BYTES = 16 << 20;
  private static final int SECRET_LIMIT_BYTES = 500 << 10; // BuildKit's
  private static final int NAMES_LIMIT = 1000;

  private final LentFiles lent;
  private final Folders folders;
  private final List<AutoCloseable> held = new ArrayList<>();

  /// Where a build may put what it holds.
  ///
  /// @param spool for archives, in files without a name
  /// @param sockets of relayed agents
  public record Folders(Path spool, Path sockets) {}

  /// What was asked for.
  ///
  /// @param checkOnly whether the Dockerfile is only to be checked
  public record Asked(BuildRequest build, boolean checkOnly) {}

  BuildCall(LentFiles lent, Folders folders) {
    this.lent = lent;
    this.folders = folders;
  }

  /// A call of the client behind `peer`.
  ///
  /// @param peer borrowed until this is closed
  /// @param ownUser whom the daemon runs as
  public static BuildCall of(Optional<gantry.http.Peer> peer, int ownUser, Folders folders) {
    return new BuildCall(new LentFiles(peer, ownUser), folders);
  }

  /// Reads the request. The build closes its contexts, [#close] the rest.
  public Asked read(InputStream body) throws IOException {
    JsonObject head = JsonReader.readObject(line(body)).orElseGet(JsonObject::empty);
    if (head.number("version") != VERSION) {
      throw RequestFields.invalid(
          "this daemon speaks version %d of the build protocol, the client %d"
              .formatted(VERSION, head.number("version")));
    }
    only(
        head,
        "version",
        "context",
        "dockerfile",
        "tags",
        "target",
        "arguments",
        "labels",
        "platforms",
        "pull",
        "cache",
        "secrets",
        "agents",
        "contexts",
        "steps",
        "rewriteTimestamps",
        "explain",
        "check");
    return new Asked(request(head, new Archives(body)), head.flag("check"));
  }

  private static String line(InputStream body) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = body.read(); b != '\n'; b = body.read()) {
      if (b < 0) {
        throw RequestFields.invalid("the request ended before its first line did");
      }
      if (line.size() == HEAD_LIMIT_BYTES) {
        throw RequestFields.invalid(
            "the first line of the request is longer than %d bytes".formatted(HEAD_LIMIT_BYTES));
      }
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  private BuildRequest request(JsonObject head, Archives archives) throws IOException {
    Map<String, Optional<String>> arguments = head.object("arguments").optionalTexts();
    DockerfileSource dockerfile = dockerfile(head.object("dockerfile"));
    List<Reference> tags = RequestFields.tags(head.strings("tags"));
    StepOptions steps = steps(head.object("steps"));
    CacheUse cache = cache(head.object("cache"));
    Map<String, Secret> secrets = secrets(head.object("secrets"));
    Map<String, ContextSource> contexts = contexts(head, archives);
    try {
      return new BuildRequest(
          context("context", head.object("context"), archives, false),
          dockerfile,
          tags,
          head.someText("target"),
          arguments,
          head.stringMap("labels"),
          RequestFields.platforms(head.strings("platforms")),
          cache,
          head.flag("pull"),
          secrets,
          agents(head.object("agents")),
          contexts,
          steps,
          RequestFields.sourceDateEpoch(arguments),
          head.flag("rewriteTimestamps"),
          head.flag("explain"));
    } catch (IOException | RuntimeException e) {
      contexts.values().forEach(ContextSource::close);
      throw e;
    }
  }

  private static void only(JsonObject object, String... known) {
    for (String name : object.names()) {
      if (!List.of(known).contains(name)) {
        throw RequestFields.invalid(
            "this daemon does not know what '%s' asks for: it is older than the client"
                .formatted(name));
      }
    }
  }

  private static DockerfileSource dockerfile(JsonObject json) {
    only(json, "path", "name", "text");
    Optional<String> text = json.optionalText("text");
    return text.isPresent()
        ? new DockerfileSource.Text(json.someText("name").orElse("Dockerfile"), text.get())
        : new DockerfileSource.InContext(
            RequestFields.pathInContext(json.someText("path").orElse("Dockerfile")));
  }

  private static CacheUse cache(JsonObject json) {
    only(json, "none", "noneOfStages", "required");
    return new CacheUse(
        json.flag("none"), new HashSet<>(json.strings("noneOfStages")), json.flag("required"));
  }

  private static Map<String, Secret> secrets(JsonObject json) {
    Map<String, Secret> secrets = new LinkedHashMap<>();
    json.texts()
        .forEach(
            (id, text) -> {
              byte[] bytes;
              try {
                bytes = Base64.getDecoder().decode(text);
              } catch (IllegalArgumentException _) {
                // Without the cause: it quotes what it could not read.
                throw RequestFields.invalid("the secret '%s' is not in base64".formatted(id));
              }
              if (bytes.length > SECRET_LIMIT_BYTES) {
                throw RequestFields.invalid(
                    "the secret '%s' has %d bytes, more than %d"
                        .formatted(id, bytes.length, SECRET_LIMIT_BYTES));
              }
              secrets.put(id, new Secret(bytes));
            });
    return secrets;
  }

  private Map<String, String> agents(JsonObject json) throws IOException {
    Map<String, String> agents = new LinkedHashMap<>();
    for (String id : json.names()) {
      OwnedFd socket = lent.socket(json.integer(id));
      Files.createDirectories(folders.sockets());
      Path path = folders.sockets().resolve(UUID.randomUUID().toString().substring(0, 18));
      try {
        held.add(AgentRelay.open(socket, path));
      } catch (IOException | RuntimeException e) {
        throw new EngineException(
            ErrorKind.INTERNAL, "cannot offer an SSH agent at " + path + ": " + e.getMessage(), e);
      }
      agents.put(id, path.toString());
    }
    return agents;
  }

  private Map<String, ContextSource> contexts(JsonObject head, Archives archives)
      throws IOException {
    JsonObject json = head.object("contexts");
    if (json.names().size() > NAMES_LIMIT) {
      throw RequestFields.invalid("at most %d named contexts".formatted(NAMES_LIMIT));
    }
    Map<String, ContextSource> contexts = new LinkedHashMap<>();
    try {
      for (String name : json.names()) {
        contexts.put(name, context("contexts." + name, json.object(name), archives, true));
      }
    } catch (IOException | RuntimeException e) {
      contexts.values().forEach(ContextSource::close);
      throw e;
    }
    return contexts;
  }

  /// @param kept whether an archive is stored first, since another one follows it
  private ContextSource context(String where, JsonObject json, Archives archives, boolean kept)
      throws IOException {
    only(json, "descriptor", "archive", "url", "image");
    if (json.names().size() > 1) {
      throw RequestFields.invalid(where + " says more than one place: " + json.names());
    }
    if (json.has("descriptor")) {
      return new ContextSource.Directory(lent.directory(json.integer("descriptor")));
    }
    if (json.flag("archive")) {
      InputStream archive = archives.next();
      return new ContextSource.Tar(kept ? spooled(archive) : archive);
    }
    if (json.someText("url").isPresent()) {
      return new ContextSource.Remote(json.text("url"));
    }
    return json.someText("image").isPresent()
        ? new ContextSource.Image(Reference.parse(json.text("image")).withDefaultTag())
        : new ContextSource.Empty();
  }

  /// The archive in a file without a name, which goes with its last descriptor.
  private InputStream spooled(InputStream archive) throws IOException {
    try (OwnedFd file =
        At.open(Fd.CWD, folders.spool().toString(), OpenFlags.O_TMPFILE | OpenFlags.O_RDWR, 0600)) {
      try (OutputStream out = new FileOutputStream(file.procPath())) {
        archive.transferTo(out);
      }
      InputStream in = new FileInputStream(file.procPath());
      held.add(in);
      return in;
    }
  }

  private static StepOptions steps(JsonObject json) {
    only(
        json,
        "network",
        "extraHosts",
        "allow",
        "cgroupParent",
        "memoryBytes",
        "memorySwapBytes",
        "cpuShares",
        "cpuPeriod",
        "cpuQuota",
        "cpusetCpus",
        "cpusetMems",
        "sharedMemoryBytes",
        "ulimits",
        "securityOptions",
        "timeLimitSeconds");
    List<String> allow = json.strings("allow");
    return new StepOptions(
        RequestFields.network(json.text("network")),
        json.strings("extraHosts"),
        allow.contains("security.insecure"),
        allow.contains("network.host"),
        json.text("cgroupParent"),
        json.number("memoryBytes"),
        json.number("memorySwapBytes"),
        json.number("cpuShares"),
        json.number("cpuPeriod"),
        json.number("cpuQuota"),
        json.text("cpusetCpus"),
        json.text("cpusetMems"),
        json.number("sharedMemoryBytes"),
        json.strings("ulimits"),
        json.strings("securityOptions"),
        json.optionalNumber("timeLimitSeconds").map(Duration::ofSeconds));
  }

  @Override
  public void close() {
    for (AutoCloseable resource : held.reversed()) {
      try {
        resource.close();
      } catch (Exception e) {
        LOG.debug("cannot close what a build held: {}", e.getMessage());
      }
    }
  }
}
