package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.ContainerView.EndpointView;
import gantry.engine.container.Containers;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.PortBinding;
import gantry.engine.container.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Containers in Docker's JSON: the whole (`inspect`) and a line of the list.
final class ContainerJson {
  private static final String DRIVER = "overlay2";
  private static final String DEFAULT_NETWORK = "bridge";

  private ContainerJson() {}

  /// The whole.
  ///
  /// @param size when asked for
  static JsonWriter inspect(
      ContainerView container,
      ApiVersion version,
      String defaultRuntime,
      Optional<Containers.Size> size) {
    JsonWriter json = new JsonWriter().object();
    json.put("Id", container.id()).put("Created", GoTime.nano(container.created()));
    json.put("Path", container.path()).put("Args", container.arguments());
    state(json, container.state());
    json.put("Image", container.imageId().toString());
    json.put("ResolvConfPath", container.resolvConfPath());
    json.put("HostnamePath", container.hostnamePath()).put("HostsPath", container.hostsPath());
    json.put("LogPath", container.logPath().orElse("")).put("Name", "/" + container.name());
    json.put("RestartCount", container.restartCount()).put("Driver", DRIVER);
    json.put("Platform", container.platformOs()).put("MountLabel", container.mountLabel());
    json.put("ProcessLabel", container.processLabel());
    json.put("AppArmorProfile", container.appArmorProfile());
    json.putOrNull("ExecIDs", container.execIds());
    HostConfigJson.write(json, container.spec(), defaultRuntime);
    json.object("GraphDriver").put("Data", container.graphDriverData()).put("Name", DRIVER).end();
    size.ifPresent(
        bytes -> json.put("SizeRw", bytes.writableBytes()).put("SizeRootFs", bytes.rootfsBytes()));
    json.putEach("Mounts", container.mounts(), mount -> mount(json, mount));
    json.name("Config");
    config(json, container.spec(), container.id());
    networkSettings(json, container, version);
    return json.end();
  }

  private static void state(JsonWriter json, ContainerView.State state) {
    Status status = state.status();
    json.object("State").put("Status", status.word()).put("Running", state.running());
    json.put("Paused", status == Status.PAUSED).put("Restarting", status == Status.RESTARTING);
    json.put("OOMKilled", state.oomKilled()).put("Dead", status == Status.DEAD);
    json.put("Pid", state.pid()).put("ExitCode", state.exitCode()).put("Error", state.error());
    json.put("StartedAt", GoTime.nano(state.startedAt()));
    json.put("FinishedAt", GoTime.nano(state.finishedAt()));
    state.health().ifPresent(health -> health(json, health));
    json.end();
  }

  private static void health(JsonWriter json, ContainerView.Health health) {
    json.object("Health").put("Status", health.status());
    json.put("FailingStreak", health.failingStreak());
    json.putEach(
        "Log",
        health.log(),
        probe ->
            json.object()
                .put("Start", GoTime.nano(probe.start()))
                .put("End", GoTime.nano(probe.end()))
                .put("ExitCode", probe.exitCode())
                .put("Output", probe.output())
                .end());
    json.end();
  }

  private static void mount(JsonWriter json, ContainerView.MountPoint mount) {
    json.object().put("Type", mount.type()).putSome("Name", mount.name());
    json.put("Source", mount.source()).put("Destination", mount.destination());
    json.putSome("Driver", mount.driver()).put("Mode", mount.mode()).put("RW", mount.writable());
    json.put("Propagation", mount.propagation()).end();
  }

  /// A container's `Config`.
  static void config(JsonWriter json, ContainerSpec spec, String id) {
    ContainerSpec.Program program = spec.program();
    ContainerSpec.Identity identity = spec.identity();
    String hostname = identity.hostname();
    boolean own = hostname.isEmpty() && !sharesHostname(spec.isolation());
    json.object();
    json.put("Hostname", own ? id.substring(0, Math.min(12, id.length())) : hostname);
    json.put("Domainname", identity.domainname()).put("User", program.user());
    json.put("AttachStdin", program.attachStdin()).put("AttachStdout", program.attachStdout());
    json.put("AttachStderr", program.attachStderr());
    if (!spec.exposedPorts().isEmpty()) {
      json.putSet("ExposedPorts", spec.exposedPorts());
    }
    json.put("Tty", program.terminal()).put("OpenStdin", program.openStdin());
    json.put("StdinOnce", program.stdinOnce()).putOrNull("Env", program.environment());
    json.putOrNull("Cmd", program.command().orElse(List.of()));
    spec.healthcheck().ifPresent(check -> HealthcheckJson.write(json, check));
    json.putSome("ArgsEscaped", program.argsEscaped()).put("Image", spec.image());
    if (spec.volumes().isEmpty()) {
      json.putNull("Volumes");
    } else {
      json.putSet("Volumes", spec.volumes());
    }
    json.put("WorkingDir", program.workingDirectory());
    json.putOrNull("Entrypoint", program.entrypoint().orElse(List.of()));
    json.putSome("NetworkDisabled", identity.networkDisabled());
    json.putSome("MacAddress", identity.macAddress().orElse(""));
    json.putOrNull("OnBuild", program.onBuild()).put("Labels", spec.labels());
    json.putSome("StopSignal", spec.stopSignal().orElse(""));
    spec.stopTimeoutSeconds().ifPresent(seconds -> json.put("StopTimeout", seconds));
    json.putSome("Shell", program.shell()).end();
  }

  private static boolean sharesHostname(ContainerSpec.Isolation isolation) {
    return isolation.utsMode().equals("host");
  }

  private static void networkSettings(
      JsonWriter json, ContainerView container, ApiVersion version) {
    json.object("NetworkSettings").put("Bridge", "").put("SandboxID", sandboxId(container));
    json.put("SandboxKey", container.networkNamespacePath().orElse(""));
    json.object("Ports");
    if (container.state().running()) {
      ports(container).forEach((port, published) -> port(json, port, published));
    }
    json.end().put("HairpinMode", false);
    json.put("LinkLocalIPv6Address", "").put("LinkLocalIPv6PrefixLen", 0);
    json.putNull("SecondaryIPAddresses").putNull("SecondaryIPv6Addresses");
    defaultBridge(json, container.networks().get(DEFAULT_NETWORK));
    networks(json, container, version);
    json.end();
  }

  // Docker has an id for a network namespace beside its path; its first 12 characters are the
  // file's name.
  private static String sandboxId(ContainerView container) {
    return container.networkNamespacePath().isPresent() ? container.id() : "";
  }

  /// All ports that are exposed or to be published, sorted, with what is published of them.
  private static Map<String, List<PortBinding>> ports(ContainerView container) {
    Map<String, List<PortBinding>> ports = new TreeMap<>();
    ContainerSpec spec = container.spec();
    spec.exposedPorts().forEach(port -> ports.put(port, new ArrayList<>()));
    spec.portBindings().forEach(binding -> ports.put(binding.port(), new ArrayList<>()));
    container
        .publishedPorts()
        .forEach(
            binding -> ports.computeIfAbsent(binding.port(), _ -> new ArrayList<>()).add(binding));
    return ports;
  }

  private static void port(JsonWriter json, String port, List<PortBinding> published) {
    if (published.isEmpty()) {
      json.putNull(port);
    } else {
      json.putEach(
          port,
          published,
          binding ->
              json.object()
                  .put("HostIp", binding.hostAddress())
                  .put("HostPort", binding.hostPort())
                  .end());
    }
  }

  private static void defaultBridge(JsonWriter json, @Nullable EndpointView bridge) {
    json.put("EndpointID", bridge == null ? "" : bridge.endpointId());
    json.put("Gateway", bridge == null ? "" : bridge.gateway());
    json.put("GlobalIPv6Address", bridge == null ? "" : bridge.ipv6Address());
    json.put("GlobalIPv6PrefixLen", bridge == null ? 0 : bridge.ipv6PrefixLength());
    json.put("IPAddress", bridge == null ? "" : bridge.ipAddress());
    json.put("IPPrefixLen", bridge == null ? 0 : bridge.prefixLength());
    json.put("IPv6Gateway", bridge == null ? "" : bridge.ipv6Gateway());
    json.put("MacAddress", bridge == null ? "" : bridge.macAddress());
  }

  private static void networks(JsonWriter json, ContainerView container, ApiVersion version) {
    json.object("Networks");
    for (Map.Entry<String, EndpointView> network :
        JsonWriter.sorted(container.networks()).entrySet()) {
      json.object(network.getKey());
      endpoint(json, container, network.getValue(), version);
      json.end();
    }
    json.end();
  }

  private static void endpoint(
      JsonWriter json, ContainerView container, EndpointView endpoint, ApiVersion version) {
    EndpointSpec spec = endpoint.spec();
    if (spec.ipv4Address().isEmpty()
        && spec.ipv6Address().isEmpty()
        && spec.linkLocalAddresses().isEmpty()) {
      json.putNull("IPAMConfig");
    } else {
      json.object("IPAMConfig").putSome("IPv4Address", spec.ipv4Address().orElse(""));
      json.putSome("IPv6Address", spec.ipv6Address().orElse(""));
      json.putSome("LinkLocalIPs", spec.linkLocalAddresses()).end();
    }
    json.putOrNull("Links", spec.links());
    json.putOrNull("Aliases", aliases(container, endpoint, version));
    json.put("MacAddress", endpoint.macAddress()).putOrNull("DriverOpts", spec.driverOptions());
    json.put("GwPriority", spec.gatewayPriority()).put("NetworkID", endpoint.networkId());
    json.put("EndpointID", endpoint.endpointId()).put("Gateway", endpoint.gateway());
    json.put("IPAddress", endpoint.ipAddress()).put("IPPrefixLen", endpoint.prefixLength());
    json.put("IPv6Gateway", endpoint.ipv6Gateway());
    json.put("GlobalIPv6Address", endpoint.ipv6Address());
    json.put("GlobalIPv6PrefixLen", endpoint.ipv6PrefixLength());
    json.putOrNull("DNSNames", endpoint.dnsNames());
  }

  private static List<String> aliases(
      ContainerView container, EndpointView endpoint, ApiVersion version) {
    List<String> aliases = new ArrayList<>(endpoint.spec().aliases());
    String shortId = container.id().substring(0, Math.min(12, container.id().length()));
    if (version.before(45) && !endpoint.dnsNames().isEmpty() && !aliases.contains(shortId)) {
      aliases.add(shortId);
    }
    return aliases;
  }

  /// A line of the list.
  ///
  /// @param image the name to show
  /// @param size when asked for
  static void line(
      JsonWriter json,
      ContainerView container,
      String image,
      ApiVersion version,
      Instant now,
      Optional<Containers.Size> size) {
    lineUpToState(json, container, image, size);
    json.put("Status", statusText(container.state(), now));
    lineFromHostConfig(json, container, version);
  }

  /// A line with a status of no text.
  static OpenLine openLine(ContainerView container, String image, ApiVersion version) {
    JsonWriter json = new JsonWriter();
    lineUpToState(json, container, image, Optional.empty());
    int end = json.put("Status", "").lengthBytes();
    lineFromHostConfig(json, container, version);
    return new OpenLine(json.toBytes(), end - 1);
  }

  /// A line whose status is still to be put in, between its quotation marks at `hole`.
  static final class OpenLine {
    private final byte[] json;
    private final int hole;

    private OpenLine(byte[] json, int hole) {
      this.json = json;
      this.hole = hole;
    }

    /// @param status text with nothing in it that JSON escapes
    void writeTo(ByteArrayOutputStream out, String status) {
      out.write(json, 0, hole);
      out.writeBytes(status.getBytes(StandardCharsets.ISO_8859_1));
      out.write(json, hole, json.length - hole);
    }
  }

  private static void lineUpToState(
      JsonWriter json, ContainerView container, String image, Optional<Containers.Size> size) {
    ContainerSpec spec = container.spec();
    json.object().put("Id", container.id()).array("Names").add("/" + container.name()).endArray();
    json.put("Image", image).put("ImageID", container.imageId().toString());
    json.put("Command", command(container)).put("Created", container.created().getEpochSecond());
    json.array("Ports");
    if (container.state().running()) {
      ports(container).forEach((port, published) -> portOfLine(json, port, published));
    }
    json.endArray();
    size.ifPresent(
        bytes ->
            json.putSome("SizeRw", bytes.writableBytes())
                .putSome("SizeRootFs", bytes.rootfsBytes()));
    json.put("Labels", spec.labels()).put("State", container.state().status().word());
  }

  private static void lineFromHostConfig(
      JsonWriter json, ContainerView container, ApiVersion version) {
    ContainerSpec spec = container.spec();
    json.object("HostConfig").putSome("NetworkMode", spec.isolation().networkMode());
    json.putSome("Annotations", spec.annotations()).end();
    json.object("NetworkSettings");
    networks(json, container, version);
    json.end();
    json.putEach("Mounts", container.mounts(), mount -> mount(json, mount));
    json.end();
  }

  private static void portOfLine(JsonWriter json, String port, List<PortBinding> published) {
    int slash = port.indexOf('/');
    String number = slash < 0 ? port : port.substring(0, slash);
    if (!number.matches("\\d{1,5}")) {
      return; // a range of which nothing is published
    }
    String protocol = slash < 0 ? "tcp" : port.substring(slash + 1);
    if (published.isEmpty()) {
      json.object().put("PrivatePort", Integer.parseInt(number)).put("Type", protocol).end();
    }
    for (PortBinding binding : published) {
      json.object().put("IP", binding.hostAddress()).put("PrivatePort", Integer.parseInt(number));
      json.put("PublicPort", Integer.parseInt(binding.hostPort())).put("Type", protocol).end();
    }
  }

  private static String command(ContainerView container) {
    StringBuilder command = new StringBuilder(container.path());
    for (String argument : container.arguments()) {
      boolean quoted = argument.indexOf(' ') >= 0;
      command.append(' ').append(quoted ? "'" + argument + "'" : argument);
    }
    return command.toString();
  }

  /// What `docker ps` shows as status: `Up 5 minutes (healthy)`.
  static String statusText(ContainerView.State state, Instant now) {
    return switch (state.status()) {
      case RUNNING ->
          "Up "
              + since(state.startedAt(), now)
              + state.health().map(ContainerJson::note).orElse("");
      case PAUSED -> "Up " + since(state.startedAt(), now) + " (Paused)";
      case RESTARTING ->
          "Restarting (%d) %s ago".formatted(state.exitCode(), since(state.finishedAt(), now));
      case REMOVING -> "Removal In Progress";
      case DEAD -> "Dead";
      case CREATED -> "Created";
      case EXITED ->
          "Exited (%d) %s ago".formatted(state.exitCode(), since(state.finishedAt(), now));
    };
  }

  private static String since(Optional<Instant> begin, Instant now) {
    return GoTime.human(Duration.between(begin.orElse(now), now));
  }

  private static String note(ContainerView.Health health) {
    return switch (health.status()) {
      case "", "none" -> "";
      case "starting" -> " (health: starting)";
      default -> " (" + health.status() + ")";
    };
  }
}
