package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.EngineException;
import gantry.engine.ErrorKind;

/// What Docker has and Gantry has not: answered as dockerd does where it has none of it either
/// (swarm, plugins, checkpoints), else with what is missing.
final class AbsentRoutes {
  private static final String NO_MANAGER =
      "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";
  private static final String NO_SWARM = "This node is not part of a swarm";
  static final String NO_BUILDKIT =
      "gantry does not speak BuildKit's protocol: build with `gantry build`, or with DOCKER_BUILDKIT=0";

  private AbsentRoutes() {}

  static void addTo(Routes routes) {
    swarm(routes);
    plugins(routes);
    buildKit(routes);
    routes.add("GET", "/distribution/{name...}/json", 30, AbsentRoutes::noRegistry);
    routes.add("POST", "/images/{name...}/push", AbsentRoutes::noRegistry);
    for (String method : new String[] {"GET", "POST"}) {
      routes.add(method, "/containers/{id}/checkpoints", AbsentRoutes::experimental);
    }
    routes.add("DELETE", "/containers/{id}/checkpoints/{checkpoint}", AbsentRoutes::experimental);
  }

  private static EngineException unavailable(String message) {
    return new EngineException(ErrorKind.UNAVAILABLE, message);
  }

  private static void swarm(Routes routes) {
    Routes.Handler manager =
        _ -> {
          throw unavailable(NO_MANAGER);
        };
    Routes.Handler member =
        _ -> {
          throw unavailable(NO_SWARM);
        };
    Routes.Handler never =
        _ -> {
          throw unavailable("gantry has no swarm: it runs containers on this machine only");
        };
    routes.add("GET", "/swarm", manager).add("POST", "/swarm/update", manager);
    routes.add("POST", "/swarm/init", never).add("POST", "/swarm/join", never);
    routes.add("POST", "/swarm/leave", member).add("POST", "/swarm/unlock", member);
    routes.add("GET", "/swarm/unlockkey", manager).add("PUT", "/volumes/{name...}", 42, manager);
    for (String noun : new String[] {"services", "nodes", "tasks", "secrets", "configs"}) {
      routes.add("GET", "/" + noun, manager).add("GET", "/" + noun + "/{id}", manager);
      routes.add("GET", "/" + noun + "/{id}/logs", manager);
      routes.add("POST", "/" + noun + "/create", manager);
      routes.add("POST", "/" + noun + "/{id}/update", manager);
      routes.add("DELETE", "/" + noun + "/{id}", manager);
    }
  }

  private static void plugins(Routes routes) {
    routes.add("GET", "/plugins", AbsentRoutes::noPlugins);
    Routes.Handler unknown =
        call -> {
          throw Call.notFound("plugin \"" + call.variable("name") + "\" not found");
        };
    Routes.Handler none =
        _ -> {
          throw Call.notImplemented("gantry has no managed plugins");
        };
    routes.add("GET", "/plugins/privileges", none).add("POST", "/plugins/pull", none);
    routes.add("POST", "/plugins/create", none);
    routes
        .add("GET", "/plugins/{name...}/json", unknown)
        .add("DELETE", "/plugins/{name...}", unknown);
    for (String verb : new String[] {"enable", "disable", "upgrade", "push", "set"}) {
      routes.add("POST", "/plugins/{name...}/" + verb, unknown);
    }
  }

  private static void noPlugins(Call call) {
    call.filters("capability", "enabled");
    call.reply(new JsonWriter().array().endArray());
  }

  private static void buildKit(Routes routes) {
    // BuildKit's clients read the status of a refused upgrade only.
    routes.add("POST", "/session", AbsentRoutes::noSession);
    routes.add("POST", "/grpc", AbsentRoutes::noSession);
  }

  private static void noSession(Call call) {
    if (call.exchange().header("Upgrade").isEmpty()) {
      throw Call.invalid("no upgrade proto in request");
    }
    throw Call.notImplemented(NO_BUILDKIT);
  }

  private static void noRegistry(Call call) {
    throw Call.notImplemented(
        "cannot reach a registry for '%s': gantry has no registry client yet"
            .formatted(call.variable("name")));
  }

  private static void experimental(Call call) {
    throw Call.notImplemented(
        "This experimental feature is disabled by default. Start the Docker daemon in experimental mode in order to enable it.");
  }
}
