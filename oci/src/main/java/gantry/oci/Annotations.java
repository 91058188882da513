package gantry.oci;

/// Names of annotations that carry meaning here.
public final class Annotations {
  /// A reference, or its tag alone, within an image layout. OCI image-spec 1.1, `annotations.md`.
  public static final String REF_NAME = "org.opencontainers.image.ref.name";

  /// The whole reference; written by containerd and by Docker since 25.
  public static final String IMAGE_NAME = "io.containerd.image.name";

  /// `attestation-manifest` on what BuildKit puts beside an image: not an image.
  public static final String BUILDKIT_REFERENCE_TYPE = "vnd.docker.reference.type";

  private Annotations() {}
}
