package gantry.image;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What becomes of a snapshot's changes when they are made a layer.
///
/// @param mountPoints absolute paths at which something was mounted: where only an empty file or
///   directory was made for that, it goes
/// @param latest the time that everything newer gets, for builds that are to come to the same bytes
/// @param retainAs a name under which the stack is kept, with or without an image, until
///   [ImageStore#release]
public record LayerRules(
    List<String> mountPoints, Optional<Instant> latest, Optional<String> retainAs) {}
