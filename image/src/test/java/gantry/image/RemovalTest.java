package gantry.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import gantry.image.Deletion.Step;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import gantry.oci.MediaType;
import gantry.oci.Platform;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RemovalTest {
  private static final Digest BASE = digest("base layer");
  private static final Digest TOP = digest("top layer");
  private final Image parent = image("parent", Optional.empty(), BASE);
  private final Image child = image("child", Optional.of(parent.id()), BASE, TOP);
  private final Catalog.Change catalog = Catalog.EMPTY.change();

  private static Digest digest(String text) {
    return Digest.sha256(text.getBytes(StandardCharsets.US_ASCII));
  }

  private Image image(String name, Optional<Digest> parent, Digest... chain) {
    List<Layer> layers =
        java.util.Arrays.stream(chain)
            .map(c -> new Layer(c, c, Descriptor.of(MediaType.OCI_LAYER, c, 1), 100))
            .toList();
    return new Image(
        digest(name),
        Descriptor.of(MediaType.OCI_MANIFEST, digest(name + " manifest"), 1),
        ImageConfig.of(
            Platform.host(), Instant.EPOCH, ProcessDefaults.none(), List.of(chain), List.of()),
        layers,
        List.of(),
        Optional.empty(),
        parent);
  }

  private void have(Image image, String... references) {
    catalog.images().put(image.id(), image);
    Optional<Digest> below = Optional.empty();
    for (Layer layer : image.layers()) {
      catalog
          .layers()
          .put(
              layer.chainId(),
              new StoredLayer(
                  layer.chainId(),
                  below,
                  layer.diffId(),
                  layer.blob(),
                  "d",
                  100,
                  Optional.empty()));
      below = Optional.of(layer.chainId());
    }
    for (String reference : references) {
      catalog.references().put(Reference.parse(reference), image.id());
    }
  }

  private Removal removal(Map<Digest, List<ImageUse.User>> users) {
    return new Removal(catalog.done(), users, Set.of());
  }

  private static Map<Digest, List<ImageUse.User>> usedBy(Image image, boolean running) {
    return Map.of(image.id(), List.of(new ImageUse.User("0123456789abcdef", running)));
  }

  private static Step untagged(String reference) {
    return new Step.Untagged(reference);
  }

  private static Step deleted(Digest digest) {
    return new Step.Deleted(digest.toString());
  }

  @Test
  void byReference_oneOfTwo_takesThatAlone() {
    have(parent, "a:1", "a:2");
    Removal removal = removal(Map.of());
    removal.byReference(parent, Reference.parse("a:1"), "a:1", false, true);

    assertThat(removal.deletion().steps()).containsExactly(untagged("a:1"));
    assertThat(removal.after().byReference(Reference.parse("a:2"))).isPresent();
  }

  @Test
  void byReference_theLast_takesImageAndLayers() {
    have(parent, "a:1");
    Removal removal = removal(Map.of());
    removal.byReference(parent, Reference.parse("a:1"), "a:1", false, true);

    assertThat(removal.deletion().steps())
        .containsExactly(untagged("a:1"), deleted(parent.id()), deleted(BASE));
    assertThat(removal.deletion().reclaimedBytes()).isEqualTo(100);
    assertThat(removal.after()).isEqualTo(Catalog.EMPTY);
  }

  @Test
  void byReference_lastWithADigestReference_takesBoth() {
    have(parent, "a:1", "a@" + digest("parent manifest"));
    Removal removal = removal(Map.of());
    removal.byReference(parent, Reference.parse("a:1"), "a:1", false, true);

    assertThat(removal.deletion().steps())
        .contains(untagged("a@" + digest("parent manifest")), deleted(parent.id()));
  }

  @Test
  void byReference_usedImage_needsForce() {
    have(parent, "a:1");
    Reference reference = Reference.parse("a:1");

    assertThatThrownBy(
            () -> removal(usedBy(parent, false)).byReference(parent, reference, "a:1", false, true))
        .isInstanceOf(ImageException.class)
        .hasMessage(
            "conflict: unable to remove repository reference \"a:1\" (must force) - container 0123456789ab is using its referenced image "
                + parent.id().shortHex());
    Removal forced = removal(usedBy(parent, true));
    forced.byReference(parent, reference, "a:1", true, true);
    assertThat(forced.deletion().steps()).containsExactly(untagged("a:1"));
    assertThat(forced.after().byId(parent.id())).isPresent();
  }

  @Test
  void byId_severalRepositories_needsForce() {
    have(parent, "a:1", "b:1");

    assertThatThrownBy(() -> removal(Map.of()).byId(parent, false, true))
        .hasMessage(
            "conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories"
                .formatted(parent.id().shortHex()));
    Removal forced = removal(Map.of());
    forced.byId(parent, true, true);
    assertThat(forced.deletion().steps())
        .containsExactly(untagged("a:1"), untagged("b:1"), deleted(parent.id()), deleted(BASE));
  }

  @Test
  void byId_runningContainer_isNeverForced() {
    have(parent, "a:1");

    assertThatThrownBy(() -> removal(usedBy(parent, true)).byId(parent, true, true))
        .hasMessage(
            "conflict: unable to delete %s (cannot be forced) - image is being used by running container 0123456789ab"
                .formatted(parent.id().shortHex()));
  }

  @Test
  void byId_stoppedContainer_needsForce() {
    have(parent);

    assertThatThrownBy(() -> removal(usedBy(parent, false)).byId(parent, false, true))
        .hasMessageEndingWith(
            "(must be forced) - image is being used by stopped container 0123456789ab");
    Removal forced = removal(usedBy(parent, false));
    forced.byId(parent, true, true);
    assertThat(forced.after().byId(parent.id())).isEmpty();
  }

  @Test
  void byId_withChildren_isRefused() {
    have(parent);
    have(child, "c:1");

    assertThatThrownBy(() -> removal(Map.of()).byId(parent, true, true))
        .hasMessageEndingWith("(cannot be forced) - image has dependent child images");
  }

  @Test
  void byReference_childOfADanglingParent_takesThatTooWhenPruning() {
    have(parent);
    have(child, "c:1");
    Removal keeping = removal(Map.of());
    keeping.byReference(child, Reference.parse("c:1"), "c:1", false, false);
    Removal pruning = removal(Map.of());
    pruning.byReference(child, Reference.parse("c:1"), "c:1", false, true);

    assertThat(keeping.deletion().steps())
        .containsExactly(untagged("c:1"), deleted(child.id()), deleted(TOP));
    assertThat(pruning.deletion().steps())
        .containsExactly(
            untagged("c:1"),
            deleted(child.id()),
            deleted(TOP),
            deleted(parent.id()),
            deleted(BASE));
  }

  @Test
  void drop_layersOfAnActiveSnapshot_stay() {
    have(parent, "a:1");
    Removal removal = new Removal(catalog.done(), Map.of(), Set.of(BASE));
    removal.byReference(parent, Reference.parse("a:1"), "a:1", false, true);

    assertThat(removal.deletion().steps()).containsExactly(untagged("a:1"), deleted(parent.id()));
    assertThat(removal.after().layers()).containsKey(BASE);
  }
}
