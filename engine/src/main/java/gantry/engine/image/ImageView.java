package gantry.engine.image;

import gantry.oci.Digest;
import gantry.oci.ImageConfig;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// An image of this engine.
///
/// @param id digest of its config
/// @param manifest digest and size of its manifest
/// @param references familiar names with tags: `busybox:latest`
/// @param repositoryDigests `busybox@sha256:…`
/// @param sizeBytes of its unpacked layers together
/// @param containers how many containers use it
/// @param parent the image it was committed from
/// @param lastTagged when a reference was last put on it
public record ImageView(
    Digest id,
    gantry.oci.Descriptor manifest,
    List<String> references,
    List<String> repositoryDigests,
    Optional<Instant> created,
    long sizeBytes,
    int containers,
    ImageConfig config,
    Optional<Digest> parent,
    Optional<Instant> lastTagged) {}
