package gantry.image;

import gantry.oci.ImageConfig;
import gantry.oci.ProcessDefaults;
import gantry.oci.Reference;
import java.util.List;
import java.util.Optional;

/// An image to make of an active snapshot.
///
/// @param snapshot key of the active snapshot
/// @param image what the snapshot was prepared from
/// @param base the config of that image, whose history and layers it goes on from
/// @param config what the new image says of its processes, before `changes`
/// @param changes Dockerfile instructions
/// @param createdBy the command line of the container, for the history
/// @param containerId 64 hex characters, or empty
public record CommitRequest(
    String snapshot,
    Image image,
    ImageConfig base,
    ProcessDefaults config,
    List<String> changes,
    Optional<Reference> reference,
    String author,
    String comment,
    String createdBy,
    String containerId) {}
