package gantry.daemon.api;

import gantry.engine.container.ContainerView;
import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// The lines of the list of containers, kept as they were last written.
///
/// A picture of a container never changes, so neither does its line, but for the status, which says
/// how long ago something was: a list puts that in and copies the rest. One line is kept for each
/// container and form of body; those of containers that are gone go with a later list.
final class ContainerLines {
  private record Kept(ContainerView container, String image, ContainerJson.OpenLine line) {
    @SuppressWarnings(
        "ReferenceEquality") // the same picture, not an equal one: this is asked often
    boolean shows(ContainerView other, String otherImage) {
      return container == other && image.equals(otherImage);
    }
  }

  // Of what the version changes in a line there are two forms.
  private static final int ALIAS_CHANGE = 45;

  private final Map<String, Kept> before = new ConcurrentHashMap<>();
  private final Map<String, Kept> since = new ConcurrentHashMap<>();

  /// Writes the line of a container.
  ///
  /// @param image the name to show
  void write(
      ByteArrayOutputStream out,
      ContainerView container,
      String image,
      ApiVersion version,
      Instant now) {
    Map<String, Kept> lines = version.before(ALIAS_CHANGE) ? before : since;
    Kept kept = lines.get(container.id());
    if (kept == null || !kept.shows(container, image)) {
      kept = new Kept(container, image, ContainerJson.openLine(container, image, version));
      lines.put(container.id(), kept);
    }
    kept.line.writeTo(out, ContainerJson.statusText(container.state(), now));
  }

  /// Drops the lines of containers that are not among all that there are.
  void keepOnly(List<ContainerView> all) {
    for (Map<String, Kept> lines : List.of(before, since)) {
      if (lines.size() > all.size()) {
        Set<String> ids = all.stream().map(ContainerView::id).collect(Collectors.toSet());
        lines.keySet().retainAll(ids);
      }
    }
  }

  /// How many lines are kept.
  int kept() {
    return before.size() + since.size();
  }
}
