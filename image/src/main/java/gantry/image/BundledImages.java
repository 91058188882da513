package gantry.image;

import gantry.oci.Reference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// Images that come with the program, as archives; loaded when they are asked for, not before.
/// Thread-safe.
public final class BundledImages {
  private static final String ARCHIVE = ".tar";

  private final ImageStore store;
  private final Map<Reference, Path> archives;

  private BundledImages(ImageStore store, Map<Reference, Path> archives) {
    this.store = store;
    this.archives = archives;
  }

  /// These archives, each by the reference of the image in it.
  public static BundledImages of(ImageStore store, Map<Reference, Path> archives) {
    return new BundledImages(store, Map.copyOf(archives));
  }

  /// The archives `<name>.tar` in a folder, each as `<name>:latest`; none if there is no such
  /// folder.
  public static BundledImages in(ImageStore store, Path folder) {
    Map<Reference, Path> archives = new TreeMap<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files
            .filter(file -> file.toString().endsWith(ARCHIVE))
            .forEach(file -> archives.put(reference(file), file));
      } catch (IOException e) {
        throw new ImageException(
            ImageException.Kind.INTERNAL,
            "cannot list the bundled images in '%s': %s".formatted(folder, e.getMessage()),
            e);
      }
    }
    return of(store, archives);
  }

  private static Reference reference(Path file) {
    String name = String.valueOf(file.getFileName());
    return Reference.parse(name.substring(0, name.length() - ARCHIVE.length())).withDefaultTag();
  }

  /// The references of the images that can be had.
  public List<Reference> references() {
    return archives.keySet().stream().sorted().toList();
  }

  /// Loads the image of this reference (without tag: `latest`), empty if there is none. Puts the
  /// reference on it, whatever the archive calls it.
  public Optional<Image> load(Reference reference) {
    Reference complete = reference.withDefaultTag();
    Path archive = archives.get(complete);
    if (archive == null) {
      return Optional.empty();
    }
    try (InputStream stream = Files.newInputStream(archive)) {
      Image image = store.load(stream, Optional.empty(), LoadProgress.none()).getFirst();
      if (!image.references().contains(complete)) {
        store.tag(image, complete);
      }
      return store.byId(image.id());
    } catch (IOException e) {
      throw new ImageException(
          ImageException.Kind.INTERNAL,
          "cannot read the bundled image '%s': %s".formatted(archive, e.getMessage()),
          e);
    }
  }
}
