package gantry.build.dockerfile;

import java.util.Optional;

/// The values of build arguments and environment variables at one place of a Dockerfile.
@FunctionalInterface
public interface Variables {
  /// The value of a variable; none when it is not set, which is not the same as empty.
  Optional<String> get(String name);
}
