package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.Engine;
import gantry.engine.container.ContainerView;
import gantry.engine.container.Status;
import gantry.engine.image.ImageView;
import gantry.engine.system.EngineSystem.MachineInfo;
import gantry.engine.volume.Volumes.VolumeView;
import gantry.http.HeaderLines;
import java.io.File;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The engine as a whole: alive, which version, on what machine, how much disk.
final class SystemRoutes {
  private static final List<String> LOG_DRIVERS =
      List.of("fluentd", "gelf", "journald", "json-file", "local", "none", "syslog");
  private static final HeaderLines PING = HeaderLines.of(pingHeaders());

  private SystemRoutes() {}

  private static Map<String, String> pingHeaders() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Builder-Version", "1");
    headers.put("Cache-Control", "no-cache, no-store, must-revalidate");
    headers.put("Pragma", "no-cache");
    headers.put("Swarm", "inactive");
    return headers;
  }

  static void addTo(Routes routes) {
    routes
        .add("GET", "/_ping", SystemRoutes::ping)
        .add("HEAD", "/_ping", SystemRoutes::ping)
        .add("GET", "/version", call -> call.reply(version(call.engine())))
        .add("GET", "/info", call -> call.reply(info(call.engine(), call.version())))
        .add("GET", "/system/df", SystemRoutes::diskUsage)
        .add("POST", "/auth", SystemRoutes::authenticate);
  }

  private static void ping(Call call) {
    call.exchange().setHeaders(PING);
    boolean head = call.exchange().method().equals("HEAD");
    call.exchange().send(200, "text/plain; charset=utf-8", head ? "" : "OK");
  }

  private static JsonWriter version(Engine engine) {
    MachineInfo machine = engine.system().machine();
    JsonWriter json = new JsonWriter().object();
    json.object("Platform").put("Name", Product.NAME).end();
    json.array("Components").object().put("Name", "Engine").put("Version", Product.VERSION);
    json.object("Details")
        .put("ApiVersion", ApiVersion.NEWEST.toString())
        .put("Arch", Product.goArchitecture())
        .put("BuildTime", Product.BUILD_TIME)
        .put("Experimental", "false")
        .put("GitCommit", Product.GIT_COMMIT)
        .put("GoVersion", "")
        .put("KernelVersion", machine.kernelVersion())
        .put("MinAPIVersion", ApiVersion.OLDEST.toString())
        .put("Os", "linux")
        .end()
        .end();
    json.object().put("Name", "gantry").put("Version", Product.GANTRY_VERSION);
    json.object("Details").put("JavaVersion", Runtime.version().toString()).end().end();
    json.endArray();
    json.put("Version", Product.VERSION).put("ApiVersion", ApiVersion.NEWEST.toString());
    json.put("MinAPIVersion", ApiVersion.OLDEST.toString()).put("GitCommit", Product.GIT_COMMIT);
    json.put("GoVersion", "").put("Os", "linux").put("Arch", Product.goArchitecture());
    json.put("KernelVersion", machine.kernelVersion()).put("BuildTime", Product.BUILD_TIME);
    return json.end();
  }

  private static JsonWriter info(Engine engine, ApiVersion version) {
    MachineInfo machine = engine.system().machine();
    JsonWriter json = new JsonWriter().object().put("ID", engine.system().id());
    counts(json, engine);
    json.put("Driver", "overlay2").array("DriverStatus");
    pair(json, "Backing Filesystem", machine.storageBackingFilesystem());
    pair(json, "Supports d_type", "true");
    pair(json, "Using metacopy", "false");
    pair(json, "Native Overlay Diff", "true");
    pair(json, "userxattr", "false");
    json.endArray();
    json.object("Plugins").array("Volume").add("local").endArray();
    json.array("Network").add("bridge").add("host").add("ipvlan").add("macvlan").add("null");
    json.endArray();
    json.putNull("Authorization").array("Log");
    LOG_DRIVERS.forEach(json::add);
    json.endArray().end();
    features(json, machine, version, engine);
    json.put("Debug", engine.config().debug()).put("NFd", openFiles());
    json.put("OomKillDisable", feature(machine, "OomKillDisable"));
    json.put("NGoroutines", Thread.activeCount());
    json.put("SystemTime", GoTime.nano(Instant.now()));
    json.put("LoggingDriver", engine.config().defaultLog().driver());
    json.put("CgroupDriver", machine.cgroupDriver());
    json.put("CgroupVersion", Integer.toString(machine.cgroupVersion()));
    json.put("NEventsListener", 0).put("KernelVersion", machine.kernelVersion());
    json.put("OperatingSystem", machine.operatingSystem()).put("OSVersion", machine.osVersion());
    json.put("OSType", "linux").put("Architecture", machine.architecture());
    registries(json, version);
    json.put("NCPU", machine.cpus()).put("MemTotal", machine.memoryBytes());
    json.putNull("GenericResources").put("DockerRootDir", engine.config().dataRoot().toString());
    proxies(json);
    json.put("Name", machine.hostname()).put("Labels", engine.config().labels());
    json.put("ExperimentalBuild", false).put("ServerVersion", Product.VERSION);
    runtimes(json, engine);
    swarm(json);
    json.put("LiveRestoreEnabled", engine.config().liveRestore()).put("Isolation", "");
    json.put("InitBinary", engine.config().init() ? "gantry-init" : "");
    commit(json, "ContainerdCommit", version);
    commit(json, "RuncCommit", version);
    commit(json, "InitCommit", version);
    json.put("SecurityOptions", machine.securityOptions());
    List<String> devices = version.since(50) ? engine.system().devices() : List.of();
    if (!devices.isEmpty()) {
      json.putEach(
          "DiscoveredDevices",
          devices,
          device -> json.object().put("Source", "cdi").put("ID", device).end());
    }
    json.putOrNull("Warnings", engine.system().warnings());
    return json.end();
  }

  private static void counts(JsonWriter json, Engine engine) {
    List<ContainerView> containers = engine.containers().list();
    long paused = containers.stream().filter(c -> c.state().status() == Status.PAUSED).count();
    long running = containers.stream().filter(c -> c.state().running()).count();
    json.put("Containers", containers.size()).put("ContainersRunning", running - paused);
    json.put("ContainersPaused", paused).put("ContainersStopped", containers.size() - running);
    json.put("Images", engine.images().list().size());
  }

  private static void pair(JsonWriter json, String name, String value) {
    json.array().add(name).add(value).endArray();
  }

  private static boolean feature(MachineInfo machine, String name) {
    return machine.features().getOrDefault(name, false);
  }

  private static void features(
      JsonWriter json, MachineInfo machine, ApiVersion version, Engine engine) {
    for (String name :
        List.of(
            "MemoryLimit",
            "SwapLimit",
            "CpuCfsPeriod",
            "CpuCfsQuota",
            "CPUShares",
            "CPUSet",
            "PidsLimit",
            "IPv4Forwarding")) {
      json.put(name, feature(machine, name));
    }
    json.put("CDISpecDirs", engine.config().cdiSpecDirs().stream().map(Path::toString).toList());
    if (version.before(50)) {
      json.put("BridgeNfIptables", feature(machine, "BridgeNfIptables"));
      json.put("BridgeNfIp6tables", feature(machine, "BridgeNfIp6tables"));
    }
  }

  private static long openFiles() {
    String[] files = new File("/proc/self/fd").list();
    return files == null ? 0 : files.length;
  }

  private static void registries(JsonWriter json, ApiVersion version) {
    json.put("IndexServerAddress", "https://index.docker.io/v1/").object("RegistryConfig");
    if (version.before(49)) {
      json.putNull("AllowNondistributableArtifactsCIDRs");
      json.putNull("AllowNondistributableArtifactsHostnames");
    }
    json.object("IndexConfigs").object("docker.io").array("Mirrors").endArray();
    json.put("Name", "docker.io").put("Official", true).put("Secure", true).end().end();
    json.array("InsecureRegistryCIDRs").add("::1/128").add("127.0.0.0/8").endArray();
    json.putNull("Mirrors").end();
  }

  private static void proxies(JsonWriter json) {
    Map<String, String> environment = System.getenv();
    json.put("HttpProxy", environment.getOrDefault("HTTP_PROXY", ""));
    json.put("HttpsProxy", environment.getOrDefault("HTTPS_PROXY", ""));
    json.put("NoProxy", environment.getOrDefault("NO_PROXY", ""));
  }

  private static void runtimes(JsonWriter json, Engine engine) {
    json.object("Runtimes");
    JsonWriter.sorted(engine.system().runtimes())
        .forEach((name, path) -> json.object(name).put("path", path.isEmpty() ? name : path).end());
    json.end().put("DefaultRuntime", engine.config().defaultRuntime());
  }

  private static void swarm(JsonWriter json) {
    json.object("Swarm").put("NodeID", "").put("NodeAddr", "").put("LocalNodeState", "inactive");
    json.put("ControlAvailable", false).put("Error", "").putNull("RemoteManagers").end();
  }

  private static void commit(JsonWriter json, String name, ApiVersion version) {
    json.object(name).put("ID", "");
    if (version.before(49)) {
      json.put("Expected", "");
    }
    json.end();
  }

  private static void diskUsage(Call call) {
    Set<String> types =
        new HashSet<>(call.version().since(42) ? call.query().all("type") : List.of());
    for (String type : types) {
      if (!List.of("container", "image", "volume", "build-cache").contains(type)) {
        throw Call.invalid("unknown object type: " + type);
      }
    }
    Engine engine = call.engine();
    JsonWriter json = new JsonWriter().object();
    boolean all = types.isEmpty();
    if (all || types.contains("image")) {
      json.put("LayersSize", engine.images().layersSizeBytes());
      json.putEach("Images", engine.images().list(), image -> image(json, engine, image, call));
    } else {
      json.put("LayersSize", 0).putNull("Images");
    }
    if (all || types.contains("container")) {
      ContainerRoutes.Names names = new ContainerRoutes.Names(engine);
      json.putEach(
          "Containers",
          engine.containers().list(),
          container ->
              ContainerJson.line(
                  json,
                  container,
                  names.of(container),
                  call.version(),
                  Instant.now(),
                  Optional.of(engine.containers().size(container.id()))));
    } else {
      json.putNull("Containers");
    }
    if (all || types.contains("volume")) {
      json.putEach("Volumes", engine.volumes().list(), volume -> volume(json, engine, volume));
    } else {
      json.putNull("Volumes");
    }
    BuildRoutes.usage(json, all || types.contains("build-cache"), call);
    call.reply(json.end());
  }

  private static void image(JsonWriter json, Engine engine, ImageView image, Call call) {
    ImageJson.line(
        json, image, call.version(), image.containers(), engine.images().sharedSizeBytes(image));
  }

  private static void volume(JsonWriter json, Engine engine, VolumeView volume) {
    json.object();
    VolumeRoutes.fields(json, volume);
    json.object("UsageData").put("RefCount", volume.usedBy().size());
    json.put("Size", engine.volumes().sizeBytes(volume.name())).end().end();
  }

  private static void authenticate(Call call) throws Exception {
    call.requiredJson();
    throw Call.notImplemented("gantry cannot log in to a registry yet: it has no registry client");
  }
}
