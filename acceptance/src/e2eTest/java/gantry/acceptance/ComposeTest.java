package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.Compose;
import gantry.acceptance.harness.Engine;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The shop by Compose v2, and what only that reads.
class ComposeTest extends ShopContract {
  @TempDir Path folder;

  ComposeTest(Cli cli, Engine engine) {
    super(cli, engine);
  }

  @Override
  Compose compose(String name) {
    return Compose.v2(engine, name, FOLDER.resolve("compose.yaml"));
  }

  private Compose small(String name, String yaml) throws Exception {
    return Compose.v2(engine, project + name, Files.writeString(folder.resolve(name), yaml));
  }

  @Test
  void volumesConfigsAndSecrets_ofEveryKind() throws Exception {
    Compose kinds =
        small(
                "kinds",
                """
                services:
                  all:
                    image: busybox
                    command: top
                    stop_grace_period: 0s
                    networks: { inner: { ipv4_address: 10.77.5.9, aliases: [other] } }
                    extra_hosts: ["host.test:host-gateway"]
                    configs: [{ source: inline, target: /etc/inline, mode: 0440 }]
                    secrets: [from-environment]
                    volumes:
                      - { type: volume, source: data, target: /whole }
                      - { type: volume, source: data, target: /part, volume: { subpath: deep } }
                      - { type: volume, source: memory, target: /memory }
                      - { type: image, source: hello-world, target: /image }
                      - { type: tmpfs, target: /fast, tmpfs: { size: 1m } }
                    depends_on:
                      prepare: { condition: service_completed_successfully }
                    post_start: [{ command: [touch, /fast/hooked] }]
                  prepare:
                    image: busybox
                    command: mkdir -p /data/deep
                    volumes: [data:/data]
                    network_mode: none
                  beside:
                    image: busybox
                    command: top
                    stop_grace_period: 0s
                    network_mode: service:all
                networks:
                  inner: { ipam: { config: [{ subnet: 10.77.5.0/24 }] } }
                volumes:
                  data: { labels: { kept: "yes" } }
                  memory: { driver_opts: { type: tmpfs, device: tmpfs, o: size=2m } }
                configs:
                  inline: { content: "said inline" }
                secrets:
                  from-environment: { environment: WORD }
                """)
            .with("WORD", "hush");
    try {
      kinds.ok("up", "-d", "--wait");
      assertThat(
              kinds.ok(
                  "exec",
                  "-T",
                  "all",
                  "sh",
                  "-c",
                  "cat /etc/inline; echo; stat -c %a /etc/inline; cat /run/secrets/from-environment;"
                      + " echo; touch /part/x; ls /whole/deep /image;"
                      + " df -m /memory /fast | awk 'NR > 1 { print $2 }'; ls /fast"))
          .isEqualTo("said inline\n440\nhush\n/image:\nhello\n\n/whole/deep:\nx\n2\n1\nhooked");
      assertThat(kinds.ok("exec", "-T", "beside", "ip", "-4", "-o", "addr", "show", "eth0"))
          .contains("10.77.5.9/24");
      assertThat(kinds.ok("exec", "-T", "all", "cat", "/etc/hosts")).contains("host.test");
      assertThat(kinds.ok("up", "-d", "--wait")).isEmpty();
    } finally {
      kinds.run("down", "-v");
    }
  }

  @Test
  void up_inTheForeground_endsWithTheServicesExitCode() throws Exception {
    Compose job =
        small(
            "job",
            """
            services:
              job:
                image: busybox
                command: [sh, -c, "echo working; sleep 1; exit 7"]
              helper:
                image: busybox
                command: sleep 600
                init: true
            """);
    try {
      var result = job.run("up", "--exit-code-from", "job").expect(7);
      assertThat(result.stdout()).containsPattern("job-1 +\\| working");
      assertThat(job.ok("ps", "-q")).as("what still runs").isEmpty();
    } finally {
      job.run("down", "-v");
    }
  }
}
