package gantry.daemon.api;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.testing.RawClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What no client should send: every endpoint that reads JSON answers 400 and names the field.
@Timeout(20)
class MalformedInputTest extends ApiFixture {
  private static final String[] BODIES = {
    "/containers/create",
    "/containers/web/exec",
    "/containers/web/update",
    "/commit?container=web",
    "/volumes/create",
    "/networks/create",
    "/networks/bridge/connect",
    "/networks/bridge/disconnect",
    "/gantry/explain",
    "/auth",
  };

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Hostname",
        "Domainname",
        "User",
        "Image",
        "WorkingDir",
        "StopSignal",
        "HostConfig.NetworkMode",
        "HostConfig.IpcMode",
        "HostConfig.PidMode",
        "HostConfig.UTSMode",
        "HostConfig.UsernsMode",
        "HostConfig.CgroupnsMode",
        "HostConfig.CgroupParent",
        "HostConfig.CpusetCpus",
        "HostConfig.CpusetMems",
        "HostConfig.Runtime",
        "HostConfig.VolumeDriver",
        "HostConfig.Isolation",
        "HostConfig.LogConfig.Type",
        "HostConfig.RestartPolicy.Name"
      })
  void text_mustBeText(String field) {
    assertNamed(field, "5");
    assertNamed(field, "{}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "StopTimeout",
        "HostConfig.Memory",
        "HostConfig.MemorySwap",
        "HostConfig.MemoryReservation",
        "HostConfig.MemorySwappiness",
        "HostConfig.NanoCpus",
        "HostConfig.CpuShares",
        "HostConfig.CpuPeriod",
        "HostConfig.CpuQuota",
        "HostConfig.CpuRealtimePeriod",
        "HostConfig.CpuRealtimeRuntime",
        "HostConfig.PidsLimit",
        "HostConfig.BlkioWeight",
        "HostConfig.ShmSize",
        "HostConfig.OomScoreAdj",
        "HostConfig.KernelMemory",
        "HostConfig.RestartPolicy.MaximumRetryCount",
        "Healthcheck.Interval",
        "Healthcheck.Retries"
      })
  void numbers_mustBeWhole(String field) {
    assertNamed(field, "\"5\"");
    assertNamed(field, "1.5");
    assertNamed(field, "99999999999999999999");
    assertNamed(field, "[]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Tty",
        "OpenStdin",
        "StdinOnce",
        "AttachStdin",
        "AttachStdout",
        "AttachStderr",
        "ArgsEscaped",
        "NetworkDisabled",
        "HostConfig.Privileged",
        "HostConfig.ReadonlyRootfs",
        "HostConfig.AutoRemove",
        "HostConfig.PublishAllPorts",
        "HostConfig.Init",
        "HostConfig.OomKillDisable"
      })
  void flags_mustBeBooleans(String field) {
    assertNamed(field, "\"true\"");
    assertNamed(field, "1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Env",
        "OnBuild",
        "HostConfig.Binds",
        "HostConfig.Dns",
        "HostConfig.DnsOptions",
        "HostConfig.DnsSearch",
        "HostConfig.ExtraHosts",
        "HostConfig.GroupAdd",
        "HostConfig.Links",
        "HostConfig.SecurityOpt",
        "HostConfig.VolumesFrom",
        "HostConfig.MaskedPaths",
        "HostConfig.ReadonlyPaths",
        "HostConfig.DeviceCgroupRules",
        "Healthcheck.Test"
      })
  void lists_mustBeListsOfText(String field) {
    assertNamed(field, "\"x\"");
    assertNamed(field, "{}");
    assertThat(create(field, "[5]").body()).contains(field + "[0] must be a string");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Cmd", "Entrypoint", "Shell", "HostConfig.CapAdd", "HostConfig.CapDrop"})
  void wordLists_mayBeOneText_butNothingElse(String field) {
    assertNamed(field, "5");
    assertThat(create(field, "\"x\"").status()).isEqualTo(201);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Labels",
        "HostConfig.Sysctls",
        "HostConfig.Tmpfs",
        "HostConfig.StorageOpt",
        "HostConfig.Annotations",
        "HostConfig.LogConfig.Config"
      })
  void maps_mustBeOfTextToText(String field) {
    assertNamed(field, "[]");
    assertThat(create(field, "{\"/a\":1}").body()).contains(field + "./a must be a string");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HostConfig",
        "NetworkingConfig",
        "Healthcheck",
        "ExposedPorts",
        "Volumes",
        "HostConfig.PortBindings",
        "HostConfig.LogConfig",
        "HostConfig.RestartPolicy",
        "NetworkingConfig.EndpointsConfig"
      })
  void objects_mustBeObjects(String field) {
    assertNamed(field, "\"x\"");
    assertNamed(field, "[]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HostConfig.Mounts",
        "HostConfig.Devices",
        "HostConfig.DeviceRequests",
        "HostConfig.Ulimits",
        "HostConfig.BlkioWeightDevice",
        "HostConfig.BlkioDeviceReadBps",
        "HostConfig.ConsoleSize"
      })
  void listsOfObjects_mustBeThat(String field) {
    assertNamed(field, "{}");
    assertThat(create(field, "[\"x\"]").body()).contains(field + "[0] must be");
  }

  private RawClient.Response create(String field, String value) {
    String[] names = field.split("\\.", -1);
    StringBuilder json = new StringBuilder();
    for (String name : names) {
      json.append("{\"").append(name).append("\":");
    }
    return post(
        "/containers/create", json.append(value).append("}".repeat(names.length)).toString());
  }

  private void assertNamed(String field, String value) {
    RawClient.Response response = create(field, value);
    assertThat(response.status()).as(field + " " + value + ": " + response.body()).isEqualTo(400);
    assertThat(response.body()).contains("invalid JSON: " + field + " must ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"HostConfig\":{\"Binds\":[\"a:b\"]}}|mount path must be absolute",
        "{\"HostConfig\":{\"Binds\":[\"/a:/b:zz\"]}}|invalid mode: zz",
        "{\"HostConfig\":{\"Binds\":[\"/a:/b:ro,rw\"]}}|invalid mode: ro,rw",
        "{\"HostConfig\":{\"Binds\":[\"\"]}}|invalid volume specification",
        "{\"HostConfig\":{\"Binds\":[\"/a:/b:ro:x\"]}}|invalid volume specification",
        "{\"HostConfig\":{\"Binds\":[\"/a:/x/..\"]}}|destination can't be '/'",
        "{\"HostConfig\":{\"Binds\":[\"/a:/b\",\"/c:/b\"]}}|Duplicate mount point: /b",
        "{\"HostConfig\":{\"Binds\":[\"!:/b\"]}}|invalid characters for a local volume name",
        "{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\"}]}}|field Target must not be empty",
        "{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"Target\":\"/x\"}]}}|field Source must not be empty",
        "{\"HostConfig\":{\"Mounts\":[{\"Type\":\"foo\",\"Target\":\"/x\"}]}}|mount type unknown",
        "{\"HostConfig\":{\"Mounts\":[{\"Type\":\"bind\",\"Target\":\"/x\",\"Source\":\"/y\",\"TmpfsOptions\":{}}]}}|field TmpfsOptions must not be specified",
        "{\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"x\"}}}|unknown policy 'x'",
        "{\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"always\",\"MaximumRetryCount\":2}}}|can only be used with 'on-failure'",
        "{\"HostConfig\":{\"RestartPolicy\":{\"Name\":\"on-failure\",\"MaximumRetryCount\":-2}}}|cannot be negative",
        "{\"HostConfig\":{\"AutoRemove\":true,\"RestartPolicy\":{\"Name\":\"always\"}}}|can't create 'AutoRemove' container",
        "{\"HostConfig\":{\"ShmSize\":-1}}|SHM size can not be less than 0",
        "{\"HostConfig\":{\"Isolation\":\"foo\"}}|linux only supports 'default'",
        "{\"HostConfig\":{\"Tmpfs\":{\"x\":\"\"}}}|mount path must be absolute",
        "{\"Healthcheck\":{\"Interval\":10}}|cannot be less than 1ms",
        "null|config cannot be empty",
        "[]|expected an object, got an array",
        "'\"x\"'|expected an object, got a string",
      })
  void create_refusesValues(String json, String words) {
    RawClient.Response response = post("/containers/create", json);
    assertThat(response.status()).as(response.body()).isEqualTo(400);
    assertThat(response.body()).contains(words);
  }

  @Test
  void documents_mustBeWholeAndAlone() {
    for (String path : BODIES) {
      for (String json :
          new String[] {"{", "{\"a\":", "{} x", "{}{}", "nonsense", "{\"a\" 1}", "\u0000"}) {
        RawClient.Response response = post(path, json);
        assertThat(response.status()).as(path + " " + json).isEqualTo(400);
        assertThat(response.body()).as(path + " " + json).contains("JSON");
      }
      assertThat(post(path, "[".repeat(5000)).status()).isEqualTo(400);
    }
  }

  @Test
  void bodies_mustBeJsonByTheirType() {
    for (String path : BODIES) {
      client.send(
          "POST /v1.51"
              + path
              + " HTTP/1.1\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
      RawClient.Response response = client.response();
      assertThat(response.status()).as(path).isEqualTo(400);
      assertThat(response.body()).contains("unsupported Content-Type header (text/plain)");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/containers/web/exec|{\"Cmd\":5}|Cmd must be",
        "/containers/web/exec|{\"Cmd\":[\"x\"],\"Tty\":1}|Tty must be a boolean",
        "/containers/web/exec|{\"Cmd\":[\"x\"],\"Env\":\"x\"}|Env must be",
        "/containers/web/update|{\"Memory\":\"x\"}|Memory must be a number",
        "/containers/web/update|{\"RestartPolicy\":{\"Name\":\"x\"}}|unknown policy",
        "/commit?container=web|{\"Cmd\":5}|Cmd must be",
        "/volumes/create|{\"Name\":5}|Name must be a string",
        "/volumes/create|{\"Labels\":[]}|Labels must be an object",
        "/volumes/create|{\"DriverOpts\":{\"a\":true}}|DriverOpts.a must be a string",
        "/networks/create|{\"Name\":5}|Name must be a string",
      })
  void otherEndpoints_nameTheFieldToo(String path, String json, String words) {
    RawClient.Response response = post(path, json);
    assertThat(response.status()).isEqualTo(400);
    assertThat(response.body()).contains(words);
  }

  @Test
  void fieldNames_areReadInAnyCase_nullIsAbsence_unknownIsIgnored() {
    RawClient.Response response =
        post(
            "/containers/create?name=odd",
            "{\"IMAGE\":\"busybox\",\"tTY\":true,\"User\":null,\"Foo\":{\"x\":[]},\"hostconfig\":{\"MEMORY\":7}}");
    assertThat(response.status()).isEqualTo(201);
    assertThat(engine.byId.values())
        .anySatisfy(
            made -> {
              assertThat(made.spec().program().terminal()).isTrue();
              assertThat(made.spec().resources().memoryBytes()).isEqualTo(7);
            });
  }

  @Test
  void bigNumbersOfBytes_doNotOverflow() {
    assertThat(
            post(
                    "/containers/create",
                    "{\"Image\":\"x\",\"HostConfig\":{\"Memory\":9223372036854775807}}")
                .status())
        .isEqualTo(201);
  }
}
