package gantry.daemon.api;

import gantry.build.BuildException;
import gantry.build.BuildListener;
import gantry.build.BuildRequest;
import gantry.build.Builds;
import gantry.build.Builds.CacheRecord;
import gantry.daemon.build.BuildCall;
import gantry.daemon.build.BuildLines;
import gantry.daemon.build.ClassicQuery;
import gantry.daemon.build.ClassicText;
import gantry.daemon.json.JsonWriter;
import gantry.engine.EngineConfig;
import gantry.engine.EngineException;
import gantry.http.Exchange;
import gantry.http.Peer;
import gantry.oci.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/// Images built, by Docker's clients and by `gantry build`, and what is kept of it.
final class BuildRoutes {
  /// The threads of builds that may be cancelled by name.
  private final Map<String, Thread> running = new ConcurrentHashMap<>();

  void addTo(Routes routes) {
    routes
        .add("POST", "/build", this::classic)
        .add("POST", "/build/cancel", this::cancel)
        .add("POST", "/build/prune", 31, BuildRoutes::prune)
        .add("POST", "/gantry/build", BuildRoutes::build);
  }

  private void classic(Call call) {
    String version = call.text("version");
    if (version.equals("2")) {
      throw Call.notImplemented(AbsentRoutes.NO_BUILDKIT);
    }
    if (!version.isEmpty() && !version.equals("1")) {
      throw Call.invalid("invalid version \"" + version + "\"");
    }
    BuildRequest request = ClassicQuery.decode(call.query(), call.exchange().body());
    String id = call.text("buildid");
    ClassicAnswer answer = new ClassicAnswer(call.exchange(), call.flag("q"));
    try (Exchange.Watch _ = call.exchange().interruptWhenClientGoes()) {
      if (!id.isEmpty()) {
        running.put(id, Thread.currentThread());
      }
      Builds.Built built = call.engine().builds().build(request, answer.listener());
      answer.built(built, request);
    } catch (BuildException | EngineException | FormatException e) {
      answer.failed(e);
    } finally {
      running.remove(id, Thread.currentThread());
    }
  }

  /// The stream that Docker's clients read.
  private static final class ClassicAnswer {
    /// How much of a quiet build is told when it fails.
    private static final int QUIET_CHARACTERS = 1 << 20;

    private final ProgressLines lines;
    private final boolean quiet;
    private final StringBuilder untold = new StringBuilder();
    private final ClassicText text = new ClassicText(this::print);

    ClassicAnswer(Exchange exchange, boolean quiet) {
      this.lines = new ProgressLines(exchange);
      this.quiet = quiet;
    }

    BuildListener listener() {
      return event -> {
        try {
          text.on(event);
        } catch (UncheckedIOException _) {
          // The client is gone, and the build's thread will be interrupted for it.
        }
      };
    }

    private void print(String words) {
      if (quiet) {
        untold.append(words);
        untold.delete(0, Math.max(0, untold.length() - QUIET_CHARACTERS));
      } else {
        lines.stream(words);
      }
    }

    void built(Builds.Built built, BuildRequest request) {
      if (quiet) {
        lines.stream(built.image() + "\n");
        return;
      }
      lines.made(built.image().toString());
      text.built(built.image(), request.tags());
    }

    void failed(RuntimeException failure) {
      if (quiet && !untold.isEmpty()) {
        lines.stream(untold.toString());
      }
      if (!lines.begun()) {
        throw failure;
      }
      var exit = text.failedCommand();
      lines.failure(
          exit.map(
                  e ->
                      "The command '%s' returned a non-zero code: %d"
                          .formatted(String.join(" ", e.command()), e.code()))
              .orElseGet(() -> DockerApi.message(failure)),
          exit.map(e -> e.code()));
    }
  }

  private void cancel(Call call) {
    String id = call.text("id");
    if (id.isEmpty()) {
      throw Call.invalid("build ID not provided");
    }
    Thread build = running.get(id);
    if (build != null) {
      build.interrupt();
    }
    call.reply(200);
  }

  private static void prune(Call call) {
    Filters filters =
        call.filters(
            "until",
            "id",
            "parent",
            "type",
            "description",
            "inuse",
            "shared",
            "private",
            "unused-for",
            "label",
            "label!");
    Builds.Pruned pruned =
        call.engine().builds().prune(which(filters, call.flag("all")), keptBytes(call));
    JsonWriter json = new JsonWriter().object();
    json.putOrNull("CachesDeleted", pruned.ids());
    call.reply(json.put("SpaceReclaimed", pruned.reclaimedBytes()).end());
  }

  /// Without `all`, what an image has too is left alone: removing it would give nothing back.
  private static Predicate<CacheRecord> which(Filters filters, boolean all) {
    Optional<Instant> until =
        filters
            .only("until")
            .or(() -> filters.only("unused-for"))
            .map(text -> GoTime.moment(text, Instant.now()));
    boolean labelled = filters.has("label") || filters.has("label!");
    return record ->
        !labelled // the cache has no labels: nothing matches
            && (all || !record.shared())
            && until.map(end -> record.lastUsed().isBefore(end)).orElse(true)
            && filters.any("id", id -> record.id().startsWith(id))
            && filters.any("parent", id -> record.parents().contains(id))
            && filters.any("type", type -> record.type().word().equals(type))
            && filters.any("description", text -> record.description().contains(text))
            && (!filters.has("inuse") || record.inUse())
            && (!filters.has("shared") || record.shared())
            && (!filters.has("private") || !record.shared());
  }

  /// How much of the cache may stay: what is reserved for it, else as much as it may use and the
  /// disk has room for.
  private static long keptBytes(Call call) {
    long reserved =
        Math.max(bytes(call, "reserved-space"), bytes(call, "keep-storage")); // before 1.48
    long most = bytes(call, "max-used-space");
    long free = bytes(call, "min-free-space");
    if (most == 0 && free == 0) {
      return reserved;
    }
    long room = free == 0 ? Long.MAX_VALUE : usedBytes(call) - missing(call, free);
    return Math.max(reserved, Math.min(most == 0 ? Long.MAX_VALUE : most, Math.max(0, room)));
  }

  private static long usedBytes(Call call) {
    return call.engine().builds().cache().stream().mapToLong(CacheRecord::sizeBytes).sum();
  }

  private static long missing(Call call, long wantedBytes) {
    Path root = call.engine().config().dataRoot();
    try {
      return Math.max(0, wantedBytes - Files.getFileStore(root).getUsableSpace());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot ask how much space is free in " + root, e);
    }
  }

  private static long bytes(Call call, String name) {
    return call.some(name)
        .map(
            text -> {
              try {
                return Long.valueOf(text);
              } catch (NumberFormatException _) {
                throw Call.invalid(
                    "%s is in bytes and expects an integer, got \"%s\"".formatted(name, text));
              }
            })
        .orElse(0L);
  }

  /// The part of `/system/df` that is about the cache.
  static void usage(JsonWriter json, boolean wanted, Call call) {
    if (!wanted) {
      json.putNull("BuildCache");
    } else {
      json.putEach(
          "BuildCache",
          call.engine().builds().cache(),
          record -> record(json.object(), record, call.version()));
    }
    if (call.version().before(42)) {
      json.put("BuilderSize", wanted ? usedBytes(call) : 0);
    }
  }

  private static void record(JsonWriter json, CacheRecord record, ApiVersion version) {
    json.put("ID", record.id());
    if (version.before(42)) {
      json.put("Parent", record.parents().stream().findFirst().orElse(""));
    } else {
      json.putSome("Parents", record.parents());
    }
    json.put("Type", record.type().word()).put("Description", record.description());
    json.put("InUse", record.inUse()).put("Shared", record.shared());
    json.put("Size", record.sizeBytes()).put("CreatedAt", GoTime.nano(record.created()));
    json.put("LastUsedAt", GoTime.nano(record.lastUsed())).put("UsageCount", record.uses()).end();
  }

  private static void build(Call call) throws IOException {
    Exchange exchange = call.exchange();
    Builds builds = call.engine().builds();
    Optional<Peer> peer = exchange.peer();
    try (BuildCall request = BuildCall.of(peer, ownUser(), folders(call.engine().config()));
        Exchange.Watch _ = exchange.interruptWhenClientGoes()) {
      BuildCall.Asked asked = request.read(exchange.body());
      BuildLines lines = new BuildLines(exchange.stream(200, BuildLines.MEDIA_TYPE));
      try {
        if (asked.checkOnly()) {
          lines.checked(builds.check(asked.build()));
        } else {
          lines.built(builds.build(asked.build(), lines), asked.build().tags());
        }
      } catch (BuildException e) {
        lines.failed(e.kind(), DockerApi.message(e));
      } catch (EngineException | FormatException e) {
        boolean invalid = DockerApi.statusOf(e) < 500;
        lines.failed(
            invalid ? BuildException.Kind.INVALID : BuildException.Kind.INTERNAL,
            DockerApi.message(e));
      }
    } finally {
      peer.ifPresent(Peer::close);
    }
  }

  private static BuildCall.Folders folders(EngineConfig config) {
    return new BuildCall.Folders(config.dataRoot(), config.execRoot().resolve("agents"));
  }

  private static int ownUser() throws IOException {
    return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
  }
}
