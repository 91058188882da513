package gantry.engine.local;

import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.log.JsonFileLog;
import gantry.engine.log.LogOptions;
import gantry.engine.log.remote.Destination;
import gantry.engine.log.remote.LogSubject;
import gantry.engine.log.remote.RemoteDriver;
import gantry.engine.log.remote.Shipper;
import gantry.engine.log.remote.TagTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Where one container's output is kept, and where it goes from there.
///
/// @param file on this machine; empty for the driver `none`
/// @param shipper to another place, where the driver is for one
/// @param readable whether `logs` may read the file
record ContainerLog(Optional<JsonFileLog> file, Optional<Shipper> shipper, boolean readable) {
  private static final ContainerLog NONE =
      new ContainerLog(Optional.empty(), Optional.empty(), false);

  static ContainerLog of(ContainerView view, Rooms rooms) {
    ContainerSpec spec = view.spec();
    String driver = spec.log().driver();
    if (driver.equals("none")) {
      return NONE;
    }
    Map<String, String> options = spec.log().options();
    List<String> checked = new ArrayList<>(); // at the creation: here there are none
    LogSubject subject = subject(view, options, checked);
    Optional<RemoteDriver> remote = RemoteDriver.of(driver);
    LogOptions kept =
        remote.isPresent()
            ? remote.get().cache(options, checked)
            : LogOptions.parse(driver, options, attributes(options, subject, checked), checked);
    JsonFileLog file = new JsonFileLog(rooms.paths().log(view.id()), kept);
    Optional<Destination> destination =
        remote.flatMap(d -> d.open(options, subject, rooms.machine().hostname(), checked));
    return new ContainerLog(
        Optional.of(file),
        destination.map(
            to ->
                new Shipper(
                    view.name(), file, to, rooms.paths().logSent(view.id()), buffer(options))),
        remote.isEmpty() || RemoteDriver.readable(options));
  }

  private static Optional<Long> buffer(Map<String, String> options) {
    return options.getOrDefault("mode", "").equals("non-blocking")
        ? LogOptions.parseSize(options.getOrDefault("max-buffer-size", "1m"))
        : Optional.empty();
  }

  private static LogSubject subject(
      ContainerView view, Map<String, String> options, List<String> problems) {
    List<String> words = new ArrayList<>(List.of(view.path()));
    words.addAll(view.arguments());
    return new LogSubject(
        view.id(),
        view.name(),
        view.imageId().toString(),
        view.spec().image(),
        String.join(" ", words),
        view.created(),
        LogOptions.details(
            options, view.spec().labels(), view.spec().program().environment(), problems));
  }

  private static Map<String, String> attributes(
      Map<String, String> options, LogSubject subject, List<String> problems) {
    Map<String, String> attributes = new TreeMap<>(subject.details());
    String tag = options.getOrDefault("tag", "");
    if (!tag.isEmpty()) {
      attributes.put("tag", TagTemplate.apply(tag, subject, problems));
    }
    return attributes;
  }
}
