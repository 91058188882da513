package gantry.engine.local;

import gantry.build.BaseImages;
import gantry.build.BuildException;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.image.Images;
import gantry.image.Image;
import gantry.image.ImageStore;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.util.Optional;

/// Base images of builds: those that are here, and what a pull brings.
final class BuildImages implements BaseImages {
  private final ImageStore store;
  private final Images images;

  BuildImages(ImageStore store, Images images) {
    this.store = store;
    this.images = images;
  }

  @Override
  public Image find(Reference reference, Platform platform, boolean refresh, Transfer progress) {
    if (!refresh) {
      Optional<Image> here = here(reference).filter(image -> runs(platform, image));
      if (here.isPresent()) {
        return here.get();
      }
    }
    try {
      return pulled(reference, platform, progress);
    } catch (EngineException e) {
      BuildException.Kind kind =
          e.kind() == ErrorKind.NOT_FOUND
              ? BuildException.Kind.NOT_FOUND
              : BuildException.Kind.INTERNAL;
      throw new BuildException(kind, String.valueOf(e.getMessage()), e);
    }
  }

  /// By reference, or, as `FROM 3f57d9401f8d` means it, by the beginning of its id.
  private Optional<Image> here(Reference reference) {
    Optional<Image> named = store.byReference(reference.canonical().withDefaultTag());
    if (named.isPresent()) {
      return named;
    }
    try {
      return Optional.of(store.find(reference.familiar()));
    } catch (gantry.image.ImageException _) {
      return Optional.empty(); // then it is to be pulled
    }
  }

  private static boolean runs(Platform platform, Image image) {
    return platform.runs(image.config().platform());
  }

  private Image pulled(Reference reference, Platform platform, Transfer progress) {
    return store
        .byId(
            images
                .pull(
                    reference.familiar(),
                    Optional.of(platform.toString()),
                    event -> tell(event, progress))
                .id())
        .orElseThrow(
            () ->
                new BuildException(
                    BuildException.Kind.NOT_FOUND,
                    "No such image: %s: it was removed while the build began"
                        .formatted(reference.familiar())));
  }

  private static void tell(Images.Progress event, Transfer progress) {
    switch (event) {
      case Images.Progress.Message(String text) -> progress.at("", text, 0, 0);
      case Images.Progress.Layer(String id, String status, long current, long total) ->
          progress.at(id, status, current, total);
    }
  }
}
