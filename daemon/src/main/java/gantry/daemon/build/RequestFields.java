package gantry.daemon.build;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.oci.Platform;
import gantry.oci.Reference;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What the requests of all clients have in common: names, platforms, paths; refused with dockerd's
/// words where it has some.
final class RequestFields {
  private static final String EPOCH = "SOURCE_DATE_EPOCH";

  private RequestFields() {}

  static EngineException invalid(String message) {
    return new EngineException(ErrorKind.INVALID_ARGUMENT, message);
  }

  /// The names of the image, each once.
  static List<Reference> tags(List<String> texts) {
    Set<Reference> tags = new LinkedHashSet<>();
    for (String text : texts) {
      if (text.isEmpty()) {
        continue;
      }
      Reference reference = Reference.parse(text);
      if (reference.digest().isPresent()) {
        throw invalid("invalid reference format: a tag cannot have a digest: '" + text + "'");
      }
      tags.add(reference.withDefaultTag());
    }
    return List.copyOf(tags);
  }

  static List<Platform> platforms(List<String> texts) {
    return texts.stream().filter(text -> !text.isEmpty()).map(Platform::parse).toList();
  }

  /// The path of a Dockerfile in its context: relative, and not out of it.
  static String pathInContext(String path) {
    int depth = 0;
    for (String part : path.split("/", -1)) {
      switch (part) {
        case "", "." -> {}
        case ".." -> depth--;
        default -> depth++;
      }
      if (depth < 0) {
        throw invalid("the Dockerfile (%s) must be within the build context".formatted(path));
      }
    }
    return path;
  }

  /// The time that the build argument `SOURCE_DATE_EPOCH` gives the image.
  static Optional<Instant> sourceDateEpoch(Map<String, Optional<String>> arguments) {
    return Optional.ofNullable(arguments.get(EPOCH))
        .flatMap(value -> value)
        .filter(text -> !text.isEmpty())
        .map(
            text -> {
              try {
                return Instant.ofEpochSecond(Long.parseLong(text));
              } catch (NumberFormatException | java.time.DateTimeException e) {
                throw new EngineException(
                    ErrorKind.INVALID_ARGUMENT,
                    "invalid %s: '%s' is not a number of seconds since 1970".formatted(EPOCH, text),
                    e);
              }
            });
  }

  /// Where commands run by default, and networks of containers, which builds cannot join.
  static String network(String mode) {
    if (mode.startsWith("container:")) {
      throw new EngineException(
          ErrorKind.NOT_IMPLEMENTED,
          "a build cannot use the network of a container, as '%s' says: give the name of a network"
              .formatted(mode));
    }
    return mode.isEmpty() ? "default" : mode;
  }
}
