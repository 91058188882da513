package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.GantryDaemon;
import gantry.acceptance.harness.Http;
import gantry.acceptance.harness.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// Devices by the names that vendors' files give them, of two vendors that do not exist: their
/// devices are `/dev/null` and `/dev/zero` under other names.
@Tag("e2e")
@EnabledIf(value = "gantry.testing.Privileges#root", disabledReason = "needs root")
class CdiTest {
  @TempDir static Path folder;
  private static GantryDaemon daemon;
  private static Cli cli;

  @BeforeAll
  static void start() throws IOException {
    Files.writeString(
        folder.resolve("acme.yaml"),
        """
        cdiVersion: 0.6.0
        kind: acme.com/sink
        containerEdits:
          env: [ACME=yes]
          mounts:
            - {hostPath: %s, containerPath: /acme, options: [ro, nosuid, nodev, bind]}
          additionalGids: [4711]
        devices:
          - name: 0
            containerEdits:
              deviceNodes: [{path: /dev/sink0, hostPath: /dev/null, permissions: rw}]
          - name: hooked
            containerEdits:
              hooks: [{hookName: createContainer, path: /bin/true}]
        """
            .formatted(folder));
    Files.writeString(
        folder.resolve("nvidia.json"),
        """
        {"cdiVersion":"0.6.0","kind":"nvidia.com/gpu","devices":[
        {"name":"0","containerEdits":{"deviceNodes":[{"path":"/dev/nvidia0","hostPath":"/dev/zero"}]}},
        {"name":"1","containerEdits":{"deviceNodes":[{"path":"/dev/nvidia1","hostPath":"/dev/zero"}]}},
        {"name":"all","containerEdits":{"env":["ALL=yes"]}}]}
        """);
    daemon = GantryDaemon.start("--cdi-spec-dir", folder.toString());
    cli = new Cli(daemon, "cdi");
    cli.ok("load", "-i", Checkout.image("busybox").toString());
  }

  @AfterAll
  static void stop() {
    if (daemon != null) {
      daemon.close();
    }
  }

  @Test
  void namedDevice_bringsAllThatItsFileSays() {
    String script =
        "echo lost >/dev/sink0; stat -c %t:%T /dev/sink0; echo $ACME; id -G; ls /acme/acme.yaml;"
            + " touch /acme/x 2>/dev/null || echo read-only";
    assertThat(cli.sh(script, "--device", "acme.com/sink=0"))
        .isEqualTo("1:3\nyes\n0 10 4711\n/acme/acme.yaml\nread-only");
  }

  @Test
  void gpus_areNvidiasDevices() {
    assertThat(cli.sh("ls /dev/nvidia0; ls /dev/nvidia1", "--gpus", "2"))
        .isEqualTo("/dev/nvidia0\n/dev/nvidia1");
    assertThat(cli.sh("echo $ALL", "--gpus", "all")).isEqualTo("yes");
    assertThat(
            cli.sh(
                "ls /dev | grep nvidia; head -c 1 /dev/nvidia1 | hexdump -e '1/1 \"%d\"'",
                "--gpus", "device=1"))
        .isEqualTo("nvidia1\n0");
  }

  @Test
  void deviceThatNobodyDescribes_isTold_andNothingIsLeftRunning() {
    Result result = cli.once("--device", "acme.com/sink=9", "busybox", "true");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.stderr())
        .contains("CDI device injection failed: unresolvable CDI devices acme.com/sink=9");
    Result other = cli.once("--gpus", "capabilities=tpu", "busybox", "true");
    assertThat(other.exit()).isEqualTo(125);
    assertThat(other.stderr())
        .contains("could not select device driver \"\" with capabilities: [[");
  }

  @Test
  void hook_isRefusedByName() {
    Result result = cli.once("--device", "acme.com/sink=hooked", "busybox", "true");
    assertThat(result.exit()).isEqualTo(125);
    assertThat(result.stderr()).contains("'/bin/true' is to run as createContainer hook");
  }

  @Test
  void info_listsFoldersAndDevices() {
    JsonNode info = new Http(daemon.socket()).get("/v1.51/info").json();
    assertThat(info.get("CDISpecDirs").get(0).asText()).isEqualTo(folder.toString());
    assertThat(info.get("DiscoveredDevices").findValuesAsText("ID"))
        .containsExactly(
            "acme.com/sink=0",
            "acme.com/sink=hooked",
            "nvidia.com/gpu=0",
            "nvidia.com/gpu=1",
            "nvidia.com/gpu=all");
    assertThat(info.get("DiscoveredDevices").findValuesAsText("Source")).containsOnly("cdi");
  }
}
