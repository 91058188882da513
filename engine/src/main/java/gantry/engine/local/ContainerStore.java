package gantry.engine.local;

import gantry.engine.EngineException;
import gantry.engine.ErrorKind;
import gantry.engine.container.ContainerView;
import gantry.engine.spec.SpecCheck;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/// All containers, found by id, name and the beginning of an id; every look-up answers from memory
/// and takes no lock.
///
/// A name is reserved before its container exists and freed before its removal is told, so that
/// removing and creating under one name never collide.
final class ContainerStore {
  private static final Comparator<Container> NEWEST_FIRST =
      Comparator.comparing((Container c) -> c.view().created()).reversed().thenComparing(c -> c.id);

  private final ConcurrentSkipListMap<String, Container> byId = new ConcurrentSkipListMap<>();
  private final Map<String, String> idByName = new ConcurrentHashMap<>();
  private final AtomicLong changes = new AtomicLong();
  private volatile Order order = new Order(-1, List.of());

  /// The containers in order, as they were after so many changes.
  private record Order(long changes, List<Container> containers) {}

  /// Reserves `name` for `id`.
  void reserve(String name, String id) {
    if (!SpecCheck.isName(name)) {
      throw new EngineException(
          ErrorKind.INVALID_ARGUMENT,
          "Invalid container name (%s), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed"
              .formatted(name));
    }
    String holder = idByName.putIfAbsent(name, id);
    if (holder != null) {
      throw new EngineException(
          ErrorKind.CONFLICT,
          "Conflict. The container name \"/%s\" is already in use by container \"%s\". You have to remove (or rename) that container to be able to reuse that name."
              .formatted(name, holder));
    }
  }

  /// Reserves a name that nobody has.
  String reserveAny(String id) {
    for (int attempt = 0; attempt < 20; attempt++) {
      String name = NameGenerator.next(attempt);
      if (idByName.putIfAbsent(name, id) == null) {
        return name;
      }
    }
    String name = Ids.abbreviate(id);
    reserve(name, id);
    return name;
  }

  void free(String name, String id) {
    idByName.remove(name, id);
  }

  void add(Container container) {
    byId.put(container.id, container);
    changes.incrementAndGet();
  }

  void remove(Container container) {
    byId.remove(container.id);
    changes.incrementAndGet();
  }

  Collection<Container> all() {
    return byId.values();
  }

  /// Newest first.
  List<ContainerView> views() {
    Order now = order;
    long count = changes.get();
    if (now.changes != count) {
      List<Container> containers = new ArrayList<>(byId.values());
      containers.sort(NEWEST_FIRST);
      now = new Order(count, containers);
      order = now;
    }
    List<ContainerView> views = new ArrayList<>(now.containers.size());
    for (Container container : now.containers) {
      views.add(container.view());
    }
    return views;
  }

  /// The name of a container, or its id where it is not there.
  String nameOf(String id) {
    Container container = byId.get(id);
    return container == null ? id : container.view().name();
  }

  /// By full id, name, or the beginning of an id.
  Container find(String text) {
    Container exact = byId.get(text);
    if (exact != null) {
      return exact;
    }
    String name = text.startsWith("/") ? text.substring(1) : text;
    String id = idByName.get(name);
    Container named = id == null ? null : byId.get(id);
    if (named != null) {
      return named;
    }
    return byPrefix(text);
  }

  private Container byPrefix(String prefix) {
    Container found = null;
    if (!prefix.isEmpty()) {
      for (Map.Entry<String, Container> entry : byId.tailMap(prefix, true).entrySet()) {
        if (!entry.getKey().startsWith(prefix)) {
          break;
        }
        if (found != null) {
          throw new EngineException(
              ErrorKind.INVALID_ARGUMENT, "multiple IDs found with provided prefix: " + prefix);
        }
        found = entry.getValue();
      }
    }
    if (found == null) {
      throw new EngineException(ErrorKind.NOT_FOUND, "No such container: " + prefix);
    }
    return found;
  }
}
