package gantry.engine.spec;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.Healthcheck;
import gantry.oci.ProcessDefaults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Merges what an image says of its processes into what a user asked for, by Docker's rules.
///
/// - an entrypoint of the user drops the image's command; `[""]` is "none at all"
/// - of a variable the user's value wins, and `NAME` alone keeps the image's away
/// - labels, volumes and exposed ports are united, the user's label wins
/// - everything else is the image's where the user said nothing
public final class ImageDefaults {
  private ImageDefaults() {}

  public static ContainerSpec merge(ContainerSpec asked, ProcessDefaults image) {
    ContainerSpec.Program program = asked.program();
    Optional<List<String>> entrypoint = program.entrypoint();
    Optional<List<String>> command = program.command();
    if (entrypoint.map(List::isEmpty).orElse(true)) {
      if (command.map(List::isEmpty).orElse(true)) {
        command = Optional.of(image.cmd()).filter(words -> !words.isEmpty());
      }
      if (entrypoint.isEmpty()) {
        entrypoint = Optional.of(image.entrypoint()).filter(words -> !words.isEmpty());
      }
    }
    return asked.toBuilder()
        .entrypoint(entrypoint.filter(words -> !words.equals(List.of(""))))
        .command(command)
        .user(program.user().isEmpty() ? image.user() : program.user())
        .environment(environment(program.environment(), image.env()))
        .workingDirectory(
            program.workingDirectory().isEmpty() ? image.workingDir() : program.workingDirectory())
        .labels(union(image.labels(), asked.labels()))
        .volumes(union(asked.volumes(), image.volumes()))
        .exposedPorts(union(asked.exposedPorts(), image.exposedPorts()))
        .stopSignal(asked.stopSignal().filter(s -> !s.isEmpty()).or(image::stopSignal))
        .healthcheck(healthcheck(asked.healthcheck(), image.healthcheck()))
        .build();
  }

  /// The user's variables, then those of the image of which the user says nothing.
  private static List<String> environment(List<String> asked, List<String> image) {
    Set<String> names = new LinkedHashSet<>();
    for (String variable : asked) {
      names.add(name(variable));
    }
    List<String> merged = new ArrayList<>(asked);
    for (String variable : image) {
      if (!names.contains(name(variable))) {
        merged.add(variable);
      }
    }
    return merged;
  }

  private static String name(String variable) {
    int equals = variable.indexOf('=');
    return equals < 0 ? variable : variable.substring(0, equals);
  }

  private static Map<String, String> union(Map<String, String> image, Map<String, String> asked) {
    Map<String, String> merged = new LinkedHashMap<>(asked);
    image.forEach(merged::putIfAbsent);
    return merged;
  }

  private static List<String> union(List<String> asked, Set<String> image) {
    Set<String> merged = new LinkedHashSet<>(asked);
    merged.addAll(image);
    return List.copyOf(merged);
  }

  private static Optional<Healthcheck> healthcheck(
      Optional<Healthcheck> asked, Optional<gantry.oci.Healthcheck> image) {
    if (image.isEmpty()) {
      return asked;
    }
    gantry.oci.Healthcheck base = image.get();
    if (asked.isEmpty()) {
      return Optional.of(
          new Healthcheck(
              base.test(),
              base.interval(),
              base.timeout(),
              base.startPeriod(),
              base.startInterval(),
              base.retries()));
    }
    Healthcheck mine = asked.get();
    return Optional.of(
        new Healthcheck(
            mine.test().isEmpty() ? base.test() : mine.test(),
            mine.interval().isZero() ? base.interval() : mine.interval(),
            mine.timeout().isZero() ? base.timeout() : mine.timeout(),
            mine.startPeriod().isZero() ? base.startPeriod() : mine.startPeriod(),
            mine.startInterval().isZero() ? base.startInterval() : mine.startInterval(),
            mine.retries() == 0 ? base.retries() : mine.retries()));
  }
}
