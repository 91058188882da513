package gantry.daemon.api;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.image.ImageView;
import gantry.engine.image.Images;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.Reference;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// Images in and out: pulled, imported, loaded, saved; with progress, as a stream of JSON lines.
final class TransferRoutes {
  private TransferRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("POST", "/images/create", TransferRoutes::create)
        .add("POST", "/images/load", TransferRoutes::load)
        .add("GET", "/images/get", TransferRoutes::saveMany)
        .add("GET", "/images/{name...}/get", TransferRoutes::saveOne);
  }

  private static void create(Call call) throws IOException {
    Optional<String> platform = call.version().since(32) ? call.some("platform") : Optional.empty();
    if (call.some("fromSrc").isPresent() && call.some("fromImage").isEmpty()) {
      importRootfs(call, platform);
    } else {
      pull(call, platform);
    }
  }

  private static void pull(Call call, Optional<String> platform) {
    String from = call.text("fromImage");
    String name = from.endsWith(":") ? from.substring(0, from.length() - 1) : from;
    if (name.isEmpty()) {
      throw Call.invalid("invalid reference format: the parameter 'fromImage' is missing");
    }
    String reference = ImageRoutes.reference(name, call.text("tag")).orElse(name);
    checkName(reference);
    ProgressLines lines = new ProgressLines(call.exchange());
    try {
      PullLines pull = new PullLines(lines);
      ImageView image = call.engine().images().pull(reference, platform, pull);
      pull.end(reference, image);
    } catch (EngineException | FormatException e) {
      if (!lines.begun()) {
        throw e;
      }
      lines.failure(e);
    }
  }

  private static void checkName(String reference) {
    if (Reference.parse(reference).path().equals("library/scratch")) {
      throw new EngineException(ErrorKind.FORBIDDEN, "'scratch' is a reserved name");
    }
  }

  /// Progress of a pull, whose last lines clients look for.
  private static final class PullLines implements Images.ProgressSink {
    private final ProgressLines lines;
    private boolean digestTold;
    private boolean statusTold;

    PullLines(ProgressLines lines) {
      this.lines = lines;
    }

    @Override
    public void accept(Images.Progress progress) {
      switch (progress) {
        case Images.Progress.Layer layer -> lines.layer(layer);
        case Images.Progress.Message(String text) -> {
          digestTold |= text.startsWith("Digest: ");
          statusTold |= text.startsWith("Status: ");
          lines.status(text);
        }
      }
    }

    void end(String asked, ImageView image) {
      Reference reference = Reference.parse(asked);
      if (!lines.begun()) {
        lines.status("Pulling from " + reference.path(), reference.tag().orElse("latest"));
      }
      if (!digestTold) {
        lines.status("Digest: " + image.manifest().digest());
      }
      if (!statusTold) {
        lines.status("Status: Image is up to date for " + asked);
      }
    }
  }

  private static void importRootfs(Call call, Optional<String> platform) throws IOException {
    String source = call.text("fromSrc");
    if (!source.equals("-")) {
      throw Call.notImplemented(
          "cannot import from '%s': gantry imports what the request carries only; fetch the archive and send it"
              .formatted(source));
    }
    Optional<String> reference = ImageRoutes.reference(call.text("repo"), call.text("tag"));
    reference.ifPresent(TransferRoutes::checkName);
    Digest image =
        call.engine()
            .images()
            .importRootfs(
                call.exchange().body(),
                reference,
                call.some("message").orElse("Imported from -"),
                call.query().all("changes"),
                platform);
    new ProgressLines(call.exchange()).status(image.toString());
  }

  private static void load(Call call) throws IOException {
    Optional<String> platform = ImageRoutes.jsonPlatform(call, 48);
    ProgressLines lines = new ProgressLines(call.exchange());
    try {
      call.engine()
          .images()
          .load(
              call.exchange().body(),
              platform,
              call.flag("quiet", true),
              progress -> {
                switch (progress) {
                  case Images.Progress.Layer layer -> lines.layer(layer);
                  case Images.Progress.Message(String text) -> lines.stream(text + "\n");
                }
              });
    } catch (EngineException | FormatException e) {
      // Here clients look for failures in the stream only.
      lines.failure(e);
    }
  }

  private static void saveOne(Call call) throws IOException {
    save(call, List.of(call.variable("name")));
  }

  private static void saveMany(Call call) throws IOException {
    List<String> names = call.query().all("names");
    if (names.isEmpty()) {
      throw Call.invalid("no images to save: the parameter 'names' is missing");
    }
    save(call, names);
  }

  private static void save(Call call, List<String> names) throws IOException {
    Optional<String> platform = ImageRoutes.jsonPlatform(call, 48);
    Forward archive = new Forward();
    call.engine()
        .images()
        .save(
            names,
            platform,
            () -> archive.open(call.exchange().stream(200, "application/x-tar")),
            archive);
    archive.close();
  }
}
