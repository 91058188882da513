package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import gantry.engine.container.ContainerSpec;
import gantry.engine.container.ContainerView;
import gantry.engine.container.EndpointSpec;
import gantry.engine.container.Healthcheck;
import gantry.engine.container.Stats;
import gantry.engine.container.Status;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Our answers beside those of a real dockerd, key by key: same names, same order, same kinds of
/// values.
///
/// `null` and an empty list or map count as the same, since dockerd itself gives now the one, now
/// the other.
class ShapeTest extends ApiFixture {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// Objects whose keys are data, not names of fields.
  private static final Set<String> MAPS =
      Set.of(
          "Labels",
          "Attributes",
          "Config.Labels",
          "Options",
          "Data",
          "stats",
          "Runtimes",
          "Networks",
          "networks",
          "Containers",
          "Config",
          "Sysctls",
          "Tmpfs",
          "Annotations",
          "Details",
          "Ports");

  static JsonNode recorded(String name) throws IOException {
    try (InputStream in = ShapeTest.class.getResourceAsStream("/docker-28.5/" + name)) {
      if (in == null) {
        throw new IOException("no fixture " + name);
      }
      return JSON.readTree(in);
    }
  }

  private static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  /// What differs in shape, one line each.
  private static List<String> differences(JsonNode docker, JsonNode ours) {
    List<String> all = new ArrayList<>();
    compare("", docker, ours, all);
    return all;
  }

  private static void compare(String path, JsonNode docker, JsonNode ours, List<String> all) {
    if (isEmpty(docker) || isEmpty(ours)) {
      return;
    }
    if (docker.getNodeType() != ours.getNodeType()) {
      all.add(path + ": docker has " + docker.getNodeType() + ", we " + ours.getNodeType());
    } else if (docker.isArray()) {
      compare(path + "[0]", docker.get(0), ours.get(0), all);
    } else if (docker.isObject() && isMap(path, docker)) {
      compare(path + ".*", docker.elements().next(), ours.elements().next(), all);
    } else if (docker.isObject()) {
      compareFields(path, docker, ours, all);
    }
  }

  private static boolean isMap(String path, JsonNode node) {
    String name = path.substring(path.lastIndexOf('.') + 1);
    return MAPS.contains(name)
        && !node.has("Hostname")
        && !node.has("WorkingDir")
        && !node.has("ApiVersion");
  }

  private static void compareFields(String path, JsonNode docker, JsonNode ours, List<String> all) {
    List<String> theirs = new ArrayList<>();
    docker.fieldNames().forEachRemaining(theirs::add);
    List<String> mine = new ArrayList<>();
    ours.fieldNames().forEachRemaining(mine::add);
    if (!theirs.equals(mine)) {
      all.add(path + ": docker has " + theirs + ", we " + mine);
    }
    for (String name : theirs) {
      if (ours.has(name)) {
        compare(path + "." + name, docker.get(name), ours.get(name), all);
      }
    }
  }

  private static boolean isEmpty(JsonNode node) {
    return node.isNull() || (node.isContainerNode() && node.isEmpty());
  }

  /// `web` as it was recorded.
  private void putWeb() throws IOException {
    ContainerSpec spec =
        spec()
            .environment(List.of("A=b"))
            .labels(Map.of("b", "2", "a", "1"))
            .exposedPorts(List.of("80/tcp", "90/udp"))
            .portBindings(List.of(new gantry.engine.container.PortBinding("80/tcp", "", "8085")))
            .healthcheck(
                Optional.of(
                    new Healthcheck(
                        List.of("CMD-SHELL", "true"),
                        Duration.ofSeconds(1),
                        Duration.ZERO,
                        Duration.ZERO,
                        Duration.ZERO,
                        0)))
            .mounts(List.of(MountDecoder.bind("/tmp:/host:ro", Optional.empty())))
            .build();
    ContainerView.State running = FakeEngine.state(Status.RUNNING);
    ContainerView view =
        engine.put(
            "web",
            spec,
            new ContainerView.State(
                running.status(),
                running.pid(),
                0,
                false,
                "",
                running.startedAt(),
                running.finishedAt(),
                Optional.of(
                    new ContainerView.Health(
                        "healthy",
                        0,
                        List.of(
                            new ContainerView.Health.Probe(
                                FakeEngine.BORN, FakeEngine.BORN, 0, ""))))));
    engine.byId.put(view.id(), inNetwork(view));
  }

  private static ContainerView inNetwork(ContainerView view) {
    EndpointSpec endpoint =
        new EndpointSpec(
            Optional.empty(),
            Optional.empty(),
            List.of(),
            List.of(),
            List.of(),
            Optional.empty(),
            Map.of(),
            0);
    return new ContainerView(
        view.id(),
        view.name(),
        view.created(),
        view.imageId(),
        view.spec(),
        view.path(),
        view.arguments(),
        view.state(),
        0,
        false,
        List.of(
            new ContainerView.MountPoint("bind", "", "/tmp", "/host", "", "ro", false, "rslave")),
        Map.of(
            "bridge",
            new ContainerView.EndpointView(
                endpoint, "n", "e", "172.17.0.1", "172.17.0.2", 16, "", "", 0, "8a:07", List.of())),
        Optional.of("/run/netns/x"),
        List.of(),
        "/h",
        "/hosts",
        "/resolv",
        Optional.of("/log"),
        "",
        "",
        "",
        List.of(),
        Map.of("ID", view.id(), "LowerDir", "/l"),
        "linux");
  }

  @Test
  void containerInspect() throws IOException {
    assertThat(
            differences(recorded("inspect-plain.json"), json(get("/containers/plain/json").body())))
        .isEmpty();
    putWeb();
    assertThat(differences(recorded("inspect-web.json"), json(get("/containers/web/json").body())))
        .isEmpty();
    assertThat(
            differences(
                recorded("inspect-web-1.43.json"),
                json(client.get("/v1.43/containers/web/json").body())))
        .isEmpty();
  }

  @Test
  void containerList() throws IOException {
    putWeb();
    JsonNode docker = recorded("list.json");
    JsonNode ours = json(get("/containers/json?all=1").body());
    // Here no port is published yet.
    String published =
        ".Ports[0]: docker has [IP, PrivatePort, PublicPort, Type], we [PrivatePort, Type]";
    assertThat(differences(find(docker, "/web"), find(ours, "/web"))).containsExactly(published);
    assertThat(find(ours, "/web").get("Status").asText()).endsWith(" (healthy)").startsWith("Up ");
    JsonNode sized = json(get("/containers/json?all=1&size=1").body());
    assertThat(differences(find(recorded("list-size.json"), "/web"), find(sized, "/web")))
        .containsExactly(published);
  }

  private static JsonNode find(JsonNode list, String name) {
    for (JsonNode container : list) {
      if (container.get("Names").get(0).asText().equals(name)) {
        return container;
      }
    }
    throw new AssertionError("no " + name);
  }

  /// The container `rich` of the recording, made by the same request: what dockerd shows of it, we
  /// show.
  @Test
  void createdWithEverything_isShownAsDockerShowsIt() throws IOException {
    assertThat(post("/containers/create?name=rich", RICH).status()).isEqualTo(201);
    JsonNode docker = recorded("inspect-rich.json");
    JsonNode ours = json(get("/containers/rich/json").body());
    // The engine's own defaults, and what SELinux adds for a shared pid namespace.
    Set<String> otherwise = Set.of("Runtime", "CgroupnsMode", "SecurityOpt");
    assertThat(unequal(docker.get("HostConfig"), ours.get("HostConfig"), otherwise)).isEmpty();
    assertThat(unequal(docker.get("Config"), ours.get("Config"), Set.of())).isEmpty();
    assertThat(ours.get("HostConfig").get("SecurityOpt").toString())
        .isEqualTo("[\"no-new-privileges\"]");
  }

  private static List<String> unequal(JsonNode docker, JsonNode ours, Set<String> otherwise) {
    List<String> all = new ArrayList<>();
    docker
        .fieldNames()
        .forEachRemaining(
            name -> {
              JsonNode mine = ours.path(name);
              boolean same =
                  docker.get(name).equals(mine) || (isEmpty(docker.get(name)) && isEmpty(mine));
              if (!same && !otherwise.contains(name)) {
                all.add(name + ": docker has " + docker.get(name) + ", we " + mine);
              }
            });
    return all;
  }

  private static final String RICH =
      """
      {"Image":"busybox:latest","Cmd":["sh","-c","exit 3"],"Entrypoint":["/bin/env"],"Tty":true,
      "OpenStdin":true,"StdinOnce":true,"User":"1:2","WorkingDir":"/w","Hostname":"hh","Domainname":"dd",
      "StopSignal":"SIGINT","StopTimeout":5,"Volumes":{"/v":{}},"Shell":["sh"],
      "HostConfig":{"NetworkMode":"none","CapAdd":["NET_ADMIN"],"CapDrop":["ALL"],"Dns":["1.1.1.1"],
      "ExtraHosts":["a:1.2.3.4"],"Tmpfs":{"/t":"size=1m"},
      "Mounts":[{"Type":"tmpfs","Target":"/t2","TmpfsOptions":{"SizeBytes":1048576,"Mode":511}},
      {"Type":"volume","Source":"vol1","Target":"/vv","VolumeOptions":{"NoCopy":true,"Labels":{"x":"y"}}},
      {"Type":"bind","Source":"/tmp","Target":"/bb","ReadOnly":true,"BindOptions":{"Propagation":"rslave"}}],
      "Ulimits":[{"Name":"nofile","Soft":100,"Hard":200}],"Sysctls":{"kernel.msgmax":"65536"},
      "Devices":[{"PathOnHost":"/dev/null","PathInContainer":"/dev/xx","CgroupPermissions":"rwm"}],
      "GroupAdd":["5"],"Init":true,"OomScoreAdj":10,"PidsLimit":50,"NanoCpus":1500000000,
      "ShmSize":1048576,"SecurityOpt":["no-new-privileges"],"ReadonlyRootfs":true,
      "LogConfig":{"Type":"json-file","Config":{"max-size":"1m"}},"CgroupParent":"/foo",
      "IpcMode":"shareable","PidMode":"host","Annotations":{"k":"v"},"Privileged":false,
      "PublishAllPorts":true,"StorageOpt":null,"MemorySwappiness":10,"MaskedPaths":["/proc/kcore"]}}
      """;

  @Test
  void images() throws IOException {
    assertThat(differences(recorded("image.json"), json(get("/images/busybox/json").body())))
        .isEqualTo(List.of());
    assertThat(
            differences(
                recorded("image-1.43.json"), json(client.get("/v1.43/images/busybox/json").body())))
        .isEmpty();
    assertThat(differences(recorded("images.json"), json(get("/images/json").body()))).isEmpty();
    assertThat(
            differences(
                recorded("images-1.42.json"), json(client.get("/v1.42/images/json").body())))
        .isEmpty();
    assertThat(differences(recorded("history.json"), json(get("/images/busybox/history").body())))
        .isEmpty();
  }

  @Test
  void system() throws IOException {
    assertThat(differences(recorded("version.json"), json(get("/version").body()))).isEmpty();
    // Only containerd is missing, which we have not, and what tells of cgroup v1 and of firewalls.
    List<String> info = differences(recorded("info.json"), json(get("/info").body()));
    assertThat(names(recorded("info.json"))).containsAll(names(json(get("/info").body())));
    assertThat(info).hasSize(2);
    assertThat(info.getLast()).isEqualTo(".Runtimes.*: docker has [path, status], we [path]");
    assertThat(info.getFirst()).startsWith(": docker has [ID, Containers");
    assertThat(names(json(client.get("/v1.43/info").body())))
        .contains("BridgeNfIptables", "BridgeNfIp6tables");
  }

  private static List<String> names(JsonNode node) {
    List<String> names = new ArrayList<>();
    node.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void diskUsage() throws IOException {
    putWeb();
    JsonNode ours = json(get("/system/df").body());
    JsonNode docker = recorded("df.json");
    assertThat(names(ours)).isEqualTo(names(docker));
    assertThat(differences(docker.get("Images").get(0), ours.get("Images").get(0))).isEmpty();
    assertThat(
            differences(
                find(docker.get("Containers"), "/web"), find(ours.get("Containers"), "/web")))
        .hasSize(1);
    assertThat(names(json(get("/system/df?type=image").body()))).isEqualTo(names(docker));
  }

  @Test
  void networksAndVolumes() throws IOException {
    assertThat(differences(recorded("network.json"), json(get("/networks/bridge").body())))
        .isEmpty();
    assertThat(differences(recorded("volume.json"), json(get("/volumes/vol1").body()))).isEmpty();
    assertThat(names(json(get("/volumes").body()))).isEqualTo(names(recorded("volumes.json")));
  }

  @Test
  void execs() throws IOException {
    String id =
        json(post("/containers/web/exec", "{\"Cmd\":[\"true\"],\"User\":\"1\"}").body())
            .get("Id")
            .asText();
    assertThat(
            differences(recorded("exec-created.json"), json(get("/exec/" + id + "/json").body())))
        .isEmpty();
  }

  @Test
  void statistics() throws IOException {
    assertThat(
            differences(
                recorded("stats-stopped.json"),
                json(get("/containers/plain/stats?stream=0").body())))
        .isEmpty();
    engine.stats = Optional.of(sample(false));
    JsonNode v1 = json(get("/containers/web/stats?stream=0").body());
    assertThat(differences(recorded("stats.json"), v1)).isEmpty();
    assertThat(v1.get("preread").asText()).isEqualTo("2026-11-22T15:49:44.1177022Z");
    JsonNode once = json(get("/containers/web/stats?stream=0&one-shot=1").body());
    // Docker leaves name and id out of this one.
    assertThat(differences(recorded("stats-oneshot.json"), once)).hasSize(1);
    engine.stats = Optional.of(sample(true));
    JsonNode v2 = json(get("/containers/web/stats?stream=0&one-shot=1").body());
    assertThat(v2.get("pids_stats").get("limit").asText()).isEqualTo("18446744073709551615");
    assertThat(v2.get("memory_stats").has("max_usage")).isFalse();
    assertThat(v2.get("blkio_stats").get("io_serviced_recursive").isNull()).isTrue();
  }

  private static Stats sample(boolean v2) {
    return new Stats(
        FakeEngine.BORN,
        73_961_811,
        40_000_000,
        20_000_000,
        v2 ? List.of() : List.of(1L, 2L),
        6_575_430_000_000L,
        2,
        0,
        0,
        0,
        2_551_808,
        4_341_760,
        67_108_864,
        0,
        Map.of("cache", 7L),
        1,
        0,
        List.of(),
        List.of(),
        Map.of("eth0", new Stats.Interface(1, 2, 3, 4, 5, 6, 7, 8)),
        v2);
  }

  @Test
  void topAndChanges() throws IOException {
    assertThat(differences(recorded("top.json"), json(get("/containers/web/top").body())))
        .isEmpty();
    assertThat(differences(recorded("changes.json"), json(get("/containers/web/changes").body())))
        .isEmpty();
  }

  @Test
  void times_areGos() {
    assertThat(GoTime.nano(Instant.parse("2026-11-22T15:49:44.100Z")))
        .isEqualTo("2026-11-22T15:49:44.1Z");
    assertThat(GoTime.nano(Instant.parse("2026-11-22T15:49:44Z")))
        .isEqualTo("2026-11-22T15:49:44Z");
    assertThat(GoTime.nano(Optional.empty())).isEqualTo("0001-01-01T00:00:00Z");
    Map<Duration, String> human =
        Map.of(
            Duration.ZERO,
            "Less than a second",
            Duration.ofSeconds(1),
            "1 second",
            Duration.ofSeconds(59),
            "59 seconds",
            Duration.ofSeconds(60),
            "About a minute",
            Duration.ofMinutes(46),
            "46 minutes",
            Duration.ofMinutes(60),
            "About an hour",
            Duration.ofHours(47),
            "47 hours",
            Duration.ofHours(48),
            "2 days",
            Duration.ofDays(14),
            "2 weeks",
            Duration.ofDays(800),
            "2 years");
    human.forEach((duration, text) -> assertThat(GoTime.human(duration)).isEqualTo(text));
    Instant now = Instant.parse("2026-01-01T00:00:00Z");
    assertThat(GoTime.moment("1h30m", now)).isEqualTo("2025-12-31T22:30:00Z");
    assertThat(GoTime.moment("2025-01-02", now)).isEqualTo("2025-01-02T00:00:00Z");
    assertThat(GoTime.moment("2025-01-02T03:04:05+01:00", now)).isEqualTo("2025-01-02T02:04:05Z");
    assertThat(GoTime.moment("17.5", now)).isEqualTo("1970-01-01T00:00:17.500Z");
  }

  @Test
  void fileModes_areGos() {
    assertThat(GoFileMode.of(0040755)).isEqualTo((1L << 31) | 0755);
    assertThat(GoFileMode.of(0120777)).isEqualTo((1L << 27) | 0777);
    assertThat(GoFileMode.of(0104755)).isEqualTo((1L << 23) | 0755);
    assertThat(GoFileMode.of(0041777)).isEqualTo((1L << 31) | (1L << 20) | 0777);
    assertThat(GoFileMode.of(0020666)).isEqualTo((1L << 26) | (1L << 21) | 0666);
  }
}
