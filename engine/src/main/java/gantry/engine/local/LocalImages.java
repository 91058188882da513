package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.image.ImageView;
import gantry.engine.image.Images;
import gantry.image.BundledImages;
import gantry.image.Deletion;
import gantry.image.Image;
import gantry.image.ImageStore;
import gantry.image.ImageUse;
import gantry.image.ImportRequest;
import gantry.image.LoadProgress;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/// The images of this machine, with events and Docker's words around the image store.
final class LocalImages implements Images {
  private final ImageStore store;
  private final Optional<BundledImages> bundled;
  private final ContainerStore containers;
  private final EventNames events;

  LocalImages(
      ImageStore store,
      Optional<BundledImages> bundled,
      ContainerStore containers,
      EventNames events) {
    this.store = store;
    this.bundled = bundled;
    this.containers = containers;
    this.events = events;
  }

  @Override
  public ImageView find(String image) {
    return attempt("cannot find image '" + image + "'", () -> view(store.find(image)));
  }

  @Override
  public Optional<Digest> idOf(String reference) {
    try {
      Reference complete = Reference.parse(reference).canonical().withDefaultTag();
      return store.byReference(complete).map(Image::id);
    } catch (FormatException _) {
      return Optional.empty(); // an id
    }
  }

  @Override
  public List<ImageView> list() {
    return store.list().stream().map(this::view).toList();
  }

  private ImageView view(Image image) {
    return new ImageView(
        image.id(),
        image.manifest(),
        image.tags(),
        image.repositoryDigests(),
        image.config().created(),
        image.sizeBytes(),
        users(image.id()).size(),
        image.config(),
        image.parent(),
        image.lastTagged());
  }

  /// The containers made from an image: what keeps it from being removed.
  List<ImageUse.User> users(Digest image) {
    List<ImageUse.User> users = new ArrayList<>();
    for (Container container : containers.all()) {
      if (container.view().imageId().equals(image)) {
        users.add(new ImageUse.User(container.id, container.view().state().running()));
      }
    }
    return users;
  }

  @Override
  public List<HistoryEntry> history(String image) {
    return attempt(
        "cannot read the history of image '" + image + "'",
        () ->
            store.history(store.find(image)).stream()
                .map(
                    entry ->
                        new HistoryEntry(
                            entry.id(),
                            entry.created(),
                            entry.createdBy(),
                            entry.tags(),
                            entry.sizeBytes(),
                            entry.comment()))
                .toList());
  }

  @Override
  public void tag(String image, String reference) {
    attempt(
        "cannot tag image '" + image + "'",
        () -> {
          Image found = store.find(image);
          Reference parsed = Reference.parse(reference).withDefaultTag();
          Optional<Digest> before = store.tag(found, parsed);
          tell("tag", found, parsed.familiar());
          return before;
        });
  }

  private void tell(String action, Image image, String name) {
    events.image(action, image.id().toString(), name, image.config().config().labels());
  }

  @Override
  public Deleted remove(String image, boolean force, boolean prune) {
    return attempt(
        "cannot remove image '" + image + "'",
        () -> {
          Digest id = store.find(image).id();
          return deleted(id, store.remove(image, force, prune, this::users));
        });
  }

  private Deleted deleted(Digest id, Deletion deletion) {
    List<String> untagged = new ArrayList<>();
    List<String> removed = new ArrayList<>();
    for (Deletion.Step step : deletion.steps()) {
      switch (step) {
        case Deletion.Step.Untagged(String reference) -> {
          untagged.add(reference);
          events.image("untag", id.toString(), reference, Map.of());
        }
        case Deletion.Step.Deleted(String digest) -> {
          removed.add(digest);
          events.image("delete", digest, digest, Map.of());
        }
      }
    }
    return new Deleted(untagged, removed, deletion.reclaimedBytes());
  }

  @Override
  public Deleted prune(boolean dangling, Predicate<ImageView> filter) {
    return attempt(
        "cannot prune images",
        () -> {
          Predicate<Image> which =
              image -> (!dangling || image.dangling()) && filter.test(view(image));
          Deletion deletion = store.prune(which, this::users);
          List<String> untagged = new ArrayList<>();
          List<String> removed = new ArrayList<>();
          for (Deletion.Step step : deletion.steps()) {
            switch (step) {
              case Deletion.Step.Untagged(String reference) -> untagged.add(reference);
              case Deletion.Step.Deleted(String digest) -> {
                removed.add(digest);
                events.image("delete", digest, digest, Map.of());
              }
            }
          }
          events.pruned("image", deletion.reclaimedBytes());
          return new Deleted(untagged, removed, deletion.reclaimedBytes());
        });
  }

  @Override
  public ImageView pull(String reference, Optional<String> platform, ProgressSink progress) {
    return attempt(
        "cannot pull '" + reference + "'",
        () -> {
          Reference wanted = Reference.parse(reference).withDefaultTag();
          Optional<Image> image = bundled.flatMap(images -> images.load(wanted));
          if (image.isEmpty()) {
            throw new EngineException(
                ErrorKind.NOT_FOUND,
                "pull access denied for %s, repository does not exist or may require 'docker login': no registry can be reached, and no image of that name is bundled"
                    .formatted(wanted.familiarName()));
          }
          progress.accept(
              new Progress.Message(
                  "No registry can be reached: using the bundled image " + wanted.familiar()));
          tell("pull", image.get(), wanted.familiar());
          return view(image.get());
        });
  }

  @Override
  public void load(
      InputStream archive, Optional<String> platform, boolean quiet, ProgressSink progress) {
    attempt(
        "cannot load images",
        () -> {
          List<Image> loaded =
              store.load(archive, platform.map(Platform::parse), new Loading(quiet, progress));
          loaded.forEach(image -> tell("load", image, image.id().toString()));
          return loaded;
        });
  }

  private record Loading(boolean quiet, ProgressSink progress) implements LoadProgress {
    @Override
    public void layer(String shortId, long currentBytes, long totalBytes) {
      if (!quiet) {
        progress.accept(new Progress.Layer(shortId, "Loading layer", currentBytes, totalBytes));
      }
    }

    @Override
    public void loaded(String reference, Digest id) {
      progress.accept(new Progress.Message("Loaded image: " + reference));
    }

    @Override
    public void loaded(Digest id) {
      progress.accept(new Progress.Message("Loaded image ID: " + id));
    }
  }

  @Override
  public void save(
      List<String> images, Optional<String> platform, Runnable ready, OutputStream archive) {
    attempt(
        "cannot save images",
        () -> {
          ImageStore.Saving saving = store.save(images, platform.map(Platform::parse));
          ready.run();
          saving.to(archive);
          images.forEach(name -> tell("save", store.find(name), name));
          return true;
        });
  }

  @Override
  public Digest importRootfs(
      InputStream tar,
      Optional<String> reference,
      String message,
      List<String> changes,
      Optional<String> platform) {
    return attempt(
        "cannot import an image",
        () -> {
          Image image =
              store.importRootfs(
                  tar,
                  new ImportRequest(
                      reference
                          .filter(text -> !text.isEmpty())
                          .map(text -> Reference.parse(text).withDefaultTag()),
                      changes,
                      message,
                      platform
                          .filter(p -> !p.isEmpty())
                          .map(Platform::parse)
                          .orElse(Platform.host())));
          tell("import", image, image.id().toString());
          return image.id();
        });
  }

  @Override
  public long layersSizeBytes() {
    return store.layersSizeBytes();
  }

  @Override
  public long sharedSizeBytes(ImageView image) {
    return store.byId(image.id()).map(store::sharedSizeBytes).orElse(0L);
  }

  private static <T> T attempt(String doing, Supplier<T> work) {
    try {
      return work.get();
    } catch (RuntimeException e) {
      throw Failures.of(doing, e);
    }
  }
}
