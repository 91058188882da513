package gantry.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import gantry.acceptance.harness.Checkout;
import gantry.acceptance.harness.Cli;
import gantry.acceptance.harness.DockerPeer;
import gantry.acceptance.harness.E2e;
import gantry.acceptance.harness.Engine;
import gantry.acceptance.harness.Result;
import gantry.acceptance.harness.Subprocess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The same command line, given to `gantry` and to the docker client 28.5, at the same daemon: exit
/// code, stdout and stderr are the same to the byte, but for our name, for IDs of what each of them
/// made, and for how long ago something was.
///
/// The docker client is that of `-Dgantry.parity.docker=PATH`, else the peer's. `{running}`,
/// `{exited}` and `{network}` stand for what the test made; a text in front of `<` is the line's
/// standard input.
@E2e
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CliParityTest {

  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
  private static final Pattern AGE =
      Pattern.compile(
          "(About an? (minute|hour)|Less than a second|\\d+ (second|minute|hour)s?)( ago)?");

  private final Cli cli;
  private final Engine engine;
  private Map<String, String> names = Map.of();
  private Path docker = Path.of("/");

  /// A folder of each client's own for its settings.
  private Path settings = Path.of("/");

  CliParityTest(Cli cli, Engine engine) {
    this.cli = cli;
    this.engine = engine;
  }

  static final List<String> LINES =
      """
      foo
      ps foo
      ps --foo
      ps -Z
      ps -n abc
      ps --all=foo
      ps --filter foo
      ps --filter nosuch=x
      ps --format {{.Foo}}
      ps --format {{.ID
      container foo
      container ls foo
      run
      run --foo x
      run -e
      run -m abc x
      run --pull foo busybox
      run --mount foo busybox
      run --rm --restart always busybox
      run --rm BUSYBOX
      create --cidfile /etc/passwd busybox
      exec x
      rename a
      port
      -Z ps
      -l foo ps
      ps -a --filter name={running}
      ps -aq --no-trunc --filter name={exited}
      ps -a --format 'table {{.ID}}\\t{{.Names}}\\t{{.Command}}' --filter name={exited}
      ps -a --format '{{.Names}} {{.Label "a"}} {{.State}} {{.Image}}' --filter name={running}
      images busybox
      images -q busybox
      images --no-trunc --digests busybox
      images nosuchimage
      history -q busybox
      history --no-trunc busybox
      network ls --filter name=none
      network inspect none -f '{{.Name}} {{.Id}} {{.Driver}} {{.Scope}} {{.IPAM.Driver}} {{.Internal}} {{.EnableIPv6}}'
      network
      network foo
      network create
      network create --label =x x
      network create --ip-range 10.0.0.0/24 x
      network create --subnet foo --gateway 10.0.0.1 x
      network create --subnet 10.64.0.0/16 --subnet 10.64.1.0/24 x
      network create --subnet 10.64.0.0/16 --gateway 10.65.0.1 x
      network create --subnet foo {network}-x
      network create --ipv4=false {network}-x
      network create -d nosuch {network}-x
      network create -o com.docker.network.bridge.enable_icc=maybe {network}-x
      network create --subnet 10.64.7.0/24 {network}-x
      network create {network}
      network create host
      network ls --filter name={network}
      network ls --filter name={network} --format '{{.ID}} {{.Name}} {{.Labels}} {{.Internal}} {{.IPv6}}'
      network ls -q --no-trunc --filter name={network}
      network ls --filter driver=
      network ls --filter foo=bar
      network inspect {network}
      network inspect {network} -f '{{json .IPAM}} {{json .Options}} {{json .Labels}} {{.Labels}} {{json .Containers}}'
      network inspect {network} -f '{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}} {{.IPRange}}{{end}} {{index .Options "com.docker.network.bridge.name"}}'
      network inspect {network} -f '{{json .}}'
      network inspect nosuch {network} -f {{.Name}}
      network connect
      network connect {network}
      network connect --link a:b:c {network} {running}
      network connect --driver-opt foo {network} {running}
      network connect --ip foo {network} {running}
      network connect --ip 10.65.0.9 {network} {running}
      network connect nosuch {running}
      network connect {network} nosuch
      network connect {network} {running}
      network connect host {exited}
      network connect --ip 10.64.7.9 --alias one,two {network} {exited}
      network connect {network} {exited}
      inspect {exited} -f '{{json .NetworkSettings.Networks}}'
      network disconnect {network}
      network disconnect nosuch {exited}
      network disconnect {network} nosuch
      network disconnect {network} {exited}
      network disconnect {network} {exited}
      network disconnect -f {network} {running}
      network rm
      network rm nosuch
      network rm nosuch nosuch2
      network rm -f nosuch
      network rm host bridge
      network prune
      network prune --filter foo=bar -f
      network prune --filter label=nosuch -f
      inspect {running}
      inspect --format json {exited}
      inspect {running} {exited} nosuch --format '{{.Name}} {{.State.Status}}'
      inspect nosuch
      inspect --type image {running}
      inspect --type foo {running}
      inspect {running} -f '{{json .Config.Labels}} {{.Config.Labels}} {{.HostConfig.LogConfig.Type}} {{.Config.Cmd}}'
      inspect {running} -f '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}{{.Config.Labels.nope}}|{{index .Config.Labels "nope"}}'
      inspect {running} -f '{{if .State.Running}}{{upper .State.Status}}{{else}}no{{end}} {{len .Config.Cmd}} {{join .Config.Cmd ","}}'
      inspect {running} -f {{.Nope}}
      inspect {running} -f {{nosuch}}
      image inspect busybox -f '{{.Os}}/{{.Architecture}} {{.RepoTags}}'
      image inspect nosuch
      volume inspect nosuch
      logs {exited}
      logs --tail 1 {exited}
      logs nosuch
      logs --since x {exited}
      port {running}
      port {running} 81
      diff nosuch
      exec {running} echo hi
      exec {running} sh -c 'echo out; echo err >&2; exit 7'
      exec -e A=1 -w /tmp {running} sh -c 'echo $A; pwd'
      exec -i {running} cat
      hello<exec -i {running} cat
      exec -it {running} sh
      exec {exited} true
      exec nosuch true
      run --rm --network none busybox sh -c 'echo a; echo b >&2; exit 9'
      hello<run -i --rm --network none busybox cat
      run --rm --network none -a stdout busybox sh -c 'echo a; echo b >&2'
      run -it --network none busybox sh
      run --network none --name {running} busybox true
      start -a {exited}
      start nosuch nosuch2
      start -a {running} {exited}
      stop nosuch
      kill {exited}
      rm {running}
      rm -f nosuch
      rename {running} {running}
      pause {exited}
      unpause {running}
      wait {exited}
      attach {exited}
      attach nosuch
      commit nosuch
      commit {running} BAD
      rmi nosuch
      rmi -f nosuch
      tag nosuch a
      tag busybox BAD
      save nosuch
      export nosuch
      load -i /nosuch
      garbage<load
      cp nosuch:/x /tmp
      cp {running}:/nosuch /tmp/
      cp {running} {exited}
      cp {running}:/a {exited}:/b
      cp {running}:/etc/passwd /nosuch/x
      cp {running}:/bin/busybox -
      garbage<cp - {running}:/nosuch
      update {running}
      update --restart foo {running}
      update --restart on-failure:x {running}
      stats --no-stream nosuch
      events --since x
      system prune --volumes --filter until=1h -f
      version -f '{{.Server.APIVersion}}'
      version -f '{{.Client.Context}}'
      --tlsverify --tlscacert /nosuch -H tcp://127.0.0.1:1 ps
      -H unix:///nosuch --context foo ps
      --context nosuch ps
      context foo
      context ls
      context ls -q
      context ls --format json
      context show
      context inspect
      context inspect nosuch
      context create
      context create a
      context create default
      context create my --docker foo
      context create my --docker foo=bar
      context create my --docker skip-tls-verify=x
      context create my --docker host=tcp://h,ca=/nosuch
      context create my --from nosuch
      context create my --description d --docker host=tcp://1.2.3.4:5
      context create my
      context create copy --from my
      context create plain
      context ls
      context ls --format '{{.Name}} {{.Current}} {{.Description}}'
      context inspect my plain nosuch
      context inspect -f '{{.Name}} {{.Endpoints.docker.Host}}' copy default
      context use
      context use a
      context use nosuch
      context use my
      --context my context show
      --context my context rm my
      context rm default
      context rm nosuch my copy plain
      context rm -f nosuch
      context use default
      context ls
      """
          .lines()
          .toList();

  @BeforeAll
  void makeReady(@TempDir Path scratch) {
    settings = scratch;
    docker = reference();
    String running = cli.box("--label", "a=b", "--label", "c=<x&y>", "busybox", "sleep", "600");
    String exited = cli.box("busybox", "sh", "-c", "echo hello; echo err >&2; exit 3");
    cli.ok("wait", exited);
    String network =
        cli.network(
            "--subnet=10.64.0.0/16",
            "--ip-range=10.64.7.0/24",
            "--internal",
            "--label=b=<x>",
            "--label=a=1",
            "--ipam-opt=z=1",
            "--ipam-opt=a=2",
            "--opt=com.docker.network.driver.mtu=1400");
    names = Map.of("{running}", running, "{exited}", exited, "{network}", network);
  }

  @ParameterizedTest
  @FieldSource("LINES")
  void line_bothClients_sayTheSame(String line) {
    Path gantry = Checkout.distribution().resolve("bin/gantry");
    Result expected = run(docker, line);
    Result actual = run(gantry, line);
    assertThat(common(gantry, actual.stderr()))
        .as("stderr")
        .isEqualTo(common(docker, expected.stderr()));
    assertThat(common(gantry, actual.stdout()))
        .as("stdout")
        .isEqualTo(common(docker, expected.stdout()));
    assertThat(actual.exit()).as("exit code").isEqualTo(expected.exit());
  }

  private static Path reference() {
    String given = System.getProperty("gantry.parity.docker", "");
    if (!given.isEmpty()) {
      return Path.of(given);
    }
    assumeTrue(
        Checkout.peer().isPresent(),
        "this machine has no peer.sh to compare with: set GANTRY_PEER or -Dgantry.parity.docker");
    return DockerPeer.client();
  }

  private Result run(Path client, String line) {
    int less = line.indexOf('<');
    boolean fed = less > 0 && line.substring(0, less).chars().allMatch(Character::isLetter);
    String stdin = fed ? line.substring(0, less) : "";
    String rest = fed ? line.substring(less + 1) : line;
    for (Map.Entry<String, String> name : names.entrySet()) {
      rest = rest.replace(name.getKey(), name.getValue());
    }
    List<String> command = new ArrayList<>(List.of(client.toString()));
    Matcher words = WORD.matcher(rest);
    List<String> arguments = new ArrayList<>();
    while (words.find()) {
      arguments.add(words.group(1) == null ? words.group(2) : words.group(1));
    }
    command.addAll(arguments);
    Map<String, String> environment =
        Map.of(
            "DOCKER_HOST",
            engine.host(),
            "DOCKER_CONFIG",
            settings(client).toString(),
            "LC_ALL",
            "C.UTF-8");
    return Subprocess.run(command, environment, stdin.getBytes(StandardCharsets.UTF_8));
  }

  private Path settings(Path client) {
    return settings.resolve(client.equals(docker) ? "one" : "two");
  }

  /// What both should have in common: our name for theirs, ages left out with the blanks that line
  /// them up.
  private String common(Path client, String text) {
    String placed = text.replace(settings(client).toString(), "SETTINGS");
    String named = placed.replace("docker", "gantry").replace("Docker", "Gantry");
    return AGE.matcher(named).replaceAll("AGE").replaceAll(" {2,}", "  ");
  }
}
