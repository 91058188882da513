package gantry.image;

import gantry.image.Deletion.Step;
import gantry.oci.Digest;
import gantry.oci.Reference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Takes references and images out of a catalog, by the rules of Docker:
///
/// - by reference: that reference goes, and the image with its last one. While a container uses the
///   image, its last reference goes only by force;
/// - by id: all references go if they are of one repository, or by force;
/// - an image with children, or of a running container, never goes; one of a stopped container by
///   force.
///
/// For one thread and one removal; the caller makes `after` hold.
final class Removal {
  private static final int SHORT = 12;

  private final Catalog.Change catalog;
  private final Map<Digest, List<ImageUse.User>> users;
  private final Collection<Digest> stacksInUse;
  private final List<Step> steps = new ArrayList<>();
  private long reclaimedBytes;

  /// @param stacksInUse stacks that stay whatever becomes of the images
  Removal(Catalog before, Map<Digest, List<ImageUse.User>> users, Collection<Digest> stacksInUse) {
    this.catalog = before.change();
    this.users = users;
    this.stacksInUse = stacksInUse;
  }

  Deletion deletion() {
    return new Deletion(steps, reclaimedBytes);
  }

  Catalog after() {
    return catalog.done();
  }

  /// Removes by one of the image's references, which the user wrote as `text`.
  void byReference(Image image, Reference reference, String text, boolean force, boolean prune) {
    Set<Reference> all = references(image);
    if (!force && singleTag(all)) {
      users(image).stream()
          .findFirst()
          .ifPresent(
              user -> {
                throw new ImageException(
                    ImageException.Kind.CONFLICT,
                    "conflict: unable to remove repository reference \"%s\" (must force) - container %s is using its referenced image %s"
                        .formatted(text, shortened(user.containerId()), image.id().shortHex()));
              });
    }
    untag(reference);
    if (reference.tag().isPresent()) {
      untagDigestsWithoutTag(image, reference.repository());
    }
    if (references(image).isEmpty()) {
      remove(image, force, prune, true);
    }
  }

  private static boolean singleTag(Set<Reference> references) {
    boolean oneRepository = references.stream().map(Reference::repository).distinct().count() <= 1;
    return oneRepository && references.stream().filter(r -> r.tag().isPresent()).count() <= 1;
  }

  private void untagDigestsWithoutTag(Image image, Reference repository) {
    List<Reference> rest =
        references(image).stream().filter(r -> r.repository().equals(repository)).toList();
    if (rest.stream().noneMatch(r -> r.tag().isPresent())) {
      rest.forEach(this::untag);
    }
  }

  /// Removes by the image's id.
  void byId(Image image, boolean force, boolean prune) {
    Set<Reference> all = references(image);
    if (!force && !all.isEmpty() && !singleTag(all)) {
      throw conflict(image, false, "image is referenced in multiple repositories");
    }
    checkUse(image, force);
    all.forEach(this::untag);
    remove(image, force, prune, false);
  }

  /// Removes an image with all its references, if nothing uses it; whether it did.
  boolean ifUnused(Image image) {
    if (!users(image).isEmpty() || hasChildren(image)) {
      return false;
    }
    references(image).forEach(this::untag);
    drop(image);
    return true;
  }

  private void remove(Image image, boolean force, boolean prune, boolean byReference) {
    Optional<ImageException> conflict = conflict(image, force);
    if (conflict.isPresent()) {
      if (byReference && (hasChildren(image) || !users(image).isEmpty())) {
        return; // it stays as a dangling image: the reference is gone, as was asked
      }
      throw conflict.get();
    }
    drop(image);
    if (prune) {
      image.parent().map(catalog.images()::get).ifPresent(this::removeParent);
    }
  }

  private void removeParent(Image parent) {
    if (references(parent).isEmpty() && conflict(parent, false).isEmpty()) {
      drop(parent);
      parent.parent().map(catalog.images()::get).ifPresent(this::removeParent);
    }
  }

  private void checkUse(Image image, boolean force) {
    conflict(image, force)
        .ifPresent(
            conflict -> {
              throw conflict;
            });
  }

  private Optional<ImageException> conflict(Image image, boolean force) {
    if (hasChildren(image)) {
      return Optional.of(conflict(image, true, "image has dependent child images"));
    }
    for (ImageUse.User user : users(image)) {
      if (user.running()) {
        return Optional.of(
            conflict(
                image,
                true,
                "image is being used by running container " + shortened(user.containerId())));
      }
    }
    return force
        ? Optional.empty()
        : users(image).stream()
            .findFirst()
            .map(
                user ->
                    conflict(
                        image,
                        false,
                        "image is being used by stopped container "
                            + shortened(user.containerId())));
  }

  private static ImageException conflict(Image image, boolean hard, String reason) {
    return new ImageException(
        ImageException.Kind.CONFLICT,
        "conflict: unable to delete %s (%s) - %s"
            .formatted(
                image.id().shortHex(), hard ? "cannot be forced" : "must be forced", reason));
  }

  private static String shortened(String containerId) {
    return containerId.substring(0, Math.min(SHORT, containerId.length()));
  }

  private boolean hasChildren(Image image) {
    return catalog.images().values().stream()
        .anyMatch(other -> other.parent().equals(Optional.of(image.id())));
  }

  private List<ImageUse.User> users(Image image) {
    return users.getOrDefault(image.id(), List.of());
  }

  private Set<Reference> references(Image image) {
    Set<Reference> references = new TreeSet<>();
    catalog
        .references()
        .forEach(
            (reference, id) -> {
              if (id.equals(image.id())) {
                references.add(reference);
              }
            });
    return references;
  }

  private void untag(Reference reference) {
    catalog.references().remove(reference);
    steps.add(new Step.Untagged(reference.familiar()));
  }

  private void drop(Image image) {
    catalog.images().remove(image.id());
    steps.add(new Step.Deleted(image.id().toString()));
    Set<Digest> needed = new HashSet<>(catalog.done().neededLayers(stacksInUse));
    for (Layer layer : image.layers().reversed()) {
      if (!needed.contains(layer.chainId()) && catalog.layers().remove(layer.chainId()) != null) {
        steps.add(new Step.Deleted(layer.chainId().toString()));
        reclaimedBytes += layer.sizeBytes();
      }
    }
  }
}
