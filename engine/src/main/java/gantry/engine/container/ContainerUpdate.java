package gantry.engine.container;

import java.util.Optional;

/// What `update` changes; zero and empty fields of `resources` are left as they are.
public record ContainerUpdate(Resources resources, Optional<RestartPolicy> restartPolicy) {}
