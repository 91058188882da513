package gantry.image;

import gantry.oci.Digest;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// One line of an image's history.
///
/// @param id of the image itself on the first line, of its parents where they are here
/// @param tags familiar form, of the images with an id
public record HistoryEntry(
    Optional<Digest> id,
    Optional<Instant> created,
    String createdBy,
    List<String> tags,
    long sizeBytes,
    String comment) {}
