package gantry.daemon.api;

import gantry.engine.event.Event;
import java.util.Set;
import java.util.function.Predicate;

/// Which events a client wants to hear of.
final class EventFilter implements Predicate<Event> {
  // Actions that go on after a colon: `exec_create: sh`.
  private static final Set<String> OPEN_ENDED =
      Set.of("exec_create", "exec_start", "health_status");

  private final Filters filters;
  private final boolean hidesImageCreate;

  EventFilter(Filters filters, ApiVersion version) {
    this.filters = filters;
    this.hidesImageCreate = version.before(46);
  }

  @Override
  public boolean test(Event event) {
    if (hidesImageCreate && event.type().equals("image") && event.action().equals("create")) {
      return false;
    }
    return filters.any("type", event.type()::equals)
        && filters.any("event", wanted -> isAction(wanted, event.action()))
        && filters.any("scope", "local"::equals)
        && named(event, "container")
        && named(event, "network")
        && named(event, "volume")
        && named(event, "daemon")
        && named(event, "plugin")
        && named(event, "service")
        && named(event, "node")
        && named(event, "secret")
        && named(event, "config")
        && filters.any("image", wanted -> isImage(wanted, event))
        && filters.labels(event.attributes());
  }

  private static boolean isAction(String wanted, String action) {
    return action.equals(wanted)
        || (OPEN_ENDED.contains(wanted) && action.startsWith(wanted + ":"));
  }

  private boolean named(Event event, String type) {
    return filters.any(
        type,
        wanted ->
            event.type().equals(type)
                && (event.id().startsWith(wanted)
                    || event.attributes().getOrDefault("name", "").startsWith(wanted)));
  }

  private static boolean isImage(String wanted, Event event) {
    String attribute = event.type().equals("image") ? "name" : "image";
    String name = event.attributes().getOrDefault(attribute, "");
    return wanted.equals(event.id())
        || wanted.equals(name)
        || wanted.equals(withoutTag(event.id()))
        || wanted.equals(withoutTag(name));
  }

  private static String withoutTag(String name) {
    int colon = name.indexOf(':', name.lastIndexOf('/') + 1);
    return colon < 0 ? name : name.substring(0, colon);
  }
}
