package gantry.build.solve;

import gantry.build.BuildEvent.Outcome;
import gantry.build.BuildEvent.Vertex;
import gantry.build.BuildException;
import gantry.build.BuildRequest;
import gantry.build.ContextSource;
import gantry.build.context.IgnoreRules;
import gantry.build.context.SourceTree;
import gantry.image.Image;
import gantry.image.Layer;
import gantry.image.Lease;
import gantry.linux.OwnedFd;
import gantry.oci.Digest;
import gantry.oci.FormatException;
import gantry.oci.ImageConfig;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The files that a build reads: its contexts, and those of stages and images, each looked at once.
/// Owns what it opens for that. Thread-safe.
final class Trees implements AutoCloseable {
  private final Builder.Shared shared;
  private final BuildRequest request;
  private final Lease lease;
  private final Progress progress;
  private final SourceTree context;
  private final Map<String, SourceTree> named;
  private final Map<Optional<Digest>, SourceTree> stacks = new HashMap<>(); // guarded by this
  private final Map<String, Image> images = new HashMap<>(); // guarded by this
  private final Deque<AutoCloseable> opened = new ArrayDeque<>(); // guarded by this

  /// @param named those of `--build-context` that are no images
  Trees(
      Builder.Shared shared,
      BuildRequest request,
      Lease lease,
      Progress progress,
      SourceTree context,
      Map<String, SourceTree> named) {
    this.shared = shared;
    this.request = request;
    this.lease = lease;
    this.progress = progress;
    this.context = context;
    this.named = named;
  }

  SourceTree context() {
    return context;
  }

  /// Files, and the image that has them, if it is one.
  record Found(SourceTree tree, Optional<Image> image) {}

  /// What `--from` means where it is no stage: a named context or an image.
  Found named(String name, Platform platform, Vertex vertex) throws InterruptedException {
    SourceTree tree = named.get(name);
    if (tree != null) {
      return new Found(tree, Optional.empty());
    }
    Reference reference =
        request.contexts().get(name) instanceof ContextSource.Image(Reference of)
            ? of
            : reference(name);
    Image image = image(reference, platform, vertex);
    return new Found(files(image.layers(), "image '" + name + "'"), Optional.of(image));
  }

  private static Reference reference(String name) {
    try {
      return Reference.parse(name).withDefaultTag();
    } catch (FormatException e) {
      throw new BuildException(
          BuildException.Kind.INVALID,
          "'%s' is no stage above, no build context, and no image: %s"
              .formatted(name, e.getMessage()),
          e);
    }
  }

  /// An image that the build begins with or takes files from.
  Image image(Reference reference, Platform platform, Vertex vertex) throws InterruptedException {
    String key = reference + " " + platform;
    synchronized (this) {
      Image known = images.get(key);
      if (known != null) {
        return known;
      }
    }
    Image image =
        shared
            .bases()
            .find(
                reference,
                platform,
                request.pull(),
                (part, status, current, total) ->
                    progress.progressed(vertex, (part + " " + status).strip(), current, total));
    image.chainId().ifPresent(lease::keep);
    synchronized (this) {
      images.put(key, image);
    }
    return image;
  }

  /// The files of a stack of layers.
  synchronized SourceTree files(List<Layer> layers, String name) {
    Optional<Digest> chain =
        layers.isEmpty() ? Optional.empty() : Optional.of(layers.getLast().chainId());
    return stacks.computeIfAbsent(
        chain,
        _ -> {
          OwnedFd view = shared.images().snapshots().view(draft(Platform.host(), layers));
          opened.push(view);
          return SourceTree.of(
              new SourceTree.Origin(view, name, SourceTree.Owners.KEPT, IgnoreRules.NONE),
              shared.digests());
        });
  }

  /// Layers as an image of which nothing else is said.
  Image draft(Platform platform, List<Layer> layers) {
    return lease.draft(
        ImageConfig.of(
            platform,
            Instant.EPOCH,
            ProcessDefaults.none(),
            layers.stream().map(Layer::diffId).toList(),
            List.of()),
        layers);
  }

  /// Has something closed with the build.
  synchronized void keep(AutoCloseable made) {
    opened.push(made);
  }

  /// Tells that the context was read, the first time that something of it is needed.
  void contextRead(Vertex vertex, long files, long bytes) {
    progress.started(vertex);
    progress.progressed(vertex, files + " files", bytes, bytes);
    progress.finished(vertex, new Outcome.Built(vertex.id(), java.time.Duration.ZERO));
  }

  @Override
  public synchronized void close() {
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) { // the others must be closed too
        throw new IllegalStateException("cannot close files of a build", e);
      }
    }
  }
}
