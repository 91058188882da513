package gantry.image;

import gantry.oci.Platform;
import gantry.oci.Reference;
import java.util.List;
import java.util.Optional;

/// What to make of the tar of a root file system.
///
/// @param changes Dockerfile instructions that change the config: `CMD ["sh"]`, `ENV A=b`
/// @param message comment in the image's history
public record ImportRequest(
    Optional<Reference> reference, List<String> changes, String message, Platform platform) {}
