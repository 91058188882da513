package gantry.engine.container;

import java.util.List;
import java.util.Optional;

/// How to make an image of a container.
///
/// @param reference what to tag it with
/// @param changes Dockerfile instructions, e.g. `CMD ["sh"]`
/// @param config what to replace of the container's own program and settings, where given
public record CommitSpec(
    String container,
    Optional<String> reference,
    String comment,
    String author,
    boolean pause,
    List<String> changes,
    Optional<ContainerSpec> config) {}
