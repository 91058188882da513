package gantry.cli.network;

import static org.assertj.core.api.Assertions.assertThat;

import gantry.cli.Main;
import gantry.cli.command.Session;
import gantry.cli.http.FakeDaemon;
import gantry.cli.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What `network create`, `connect` and `disconnect` send or refuse. Bodies and complaints were
/// recorded from the docker client 28.5.2; of endpoint settings it also sends those that only a
/// daemon fills, all empty.
class NetworkRequestsTest {
  @TempDir static Path directory;
  private static FakeDaemon daemon;

  @BeforeAll
  static void listen() throws IOException {
    daemon = FakeDaemon.listen(directory.resolve("s"), _ -> "{\"Id\":\"abc\"}");
  }

  @AfterAll
  static void close() throws IOException {
    daemon.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '`',
      value = {
        "create x ~ /networks/create ~"
            + " {'Driver':'bridge','Scope':'','IPAM':{'Driver':'default','Options':{},'Config':[]},"
            + "'Internal':false,'Attachable':false,'Ingress':false,'ConfigOnly':false,"
            + "'ConfigFrom':null,'Options':{},'Labels':{},'Name':'x'}",
        "create --subnet 10.1.0.0/16 --subnet fd00::/64 --ip-range 10.1.2.0/24"
            + " --gateway 10.1.0.1,fd00::1 --aux-address a=10.1.0.5 --ipv6 --ipv4=false --internal"
            + " --attachable --label a=b --label c -o o=p -d macvlan --ipam-driver foo"
            + " --ipam-opt q=r --config-from cf --scope local x ~ /networks/create ~"
            + " {'Driver':'macvlan','Scope':'local','EnableIPv4':false,'EnableIPv6':true,"
            + "'IPAM':{'Driver':'foo','Options':{'q':'r'},'Config':[{'Subnet':'10.1.0.0/16',"
            + "'IPRange':'10.1.2.0/24','Gateway':'10.1.0.1','AuxiliaryAddresses':{'a':'10.1.0.5'}},"
            + "{'Subnet':'fd00::/64','Gateway':'fd00::1'}]},'Internal':true,'Attachable':true,"
            + "'Ingress':false,'ConfigOnly':false,'ConfigFrom':{'Network':'cf'},"
            + "'Options':{'o':'p'},'Labels':{'a':'b','c':''},'Name':'x'}",
        "connect net c ~ /networks/net/connect ~"
            + " {'Container':'c','EndpointConfig':{'IPAMConfig':{},'Links':null,'Aliases':[],"
            + "'DriverOpts':{},'GwPriority':0}}",
        "connect --ip 1.2.3.4 --ip6 fd00::5 --alias a,b --alias c --link d:e --link f"
            + " --link-local-ip 169.254.1.1 --driver-opt k=v --gw-priority 5 net c ~"
            + " /networks/net/connect ~"
            + " {'Container':'c','EndpointConfig':{'IPAMConfig':{'IPv4Address':'1.2.3.4',"
            + "'IPv6Address':'fd00::5','LinkLocalIPs':['169.254.1.1']},'Links':['d:e','f'],"
            + "'Aliases':['a','b','c'],'DriverOpts':{'k':'v'},'GwPriority':5}}",
        "disconnect -f net c ~ /networks/net/disconnect ~ {'Container':'c','Force':true}",
      })
  void request_flags_sendsWhatDockerSends(String line, String path, String body)
      throws IOException {
    daemon.forget();
    Said said = run(line);
    assertThat(said.exit()).as(said.err()).isZero();
    assertThat(daemon.last().target()).endsWith(path);
    assertThat(Json.parse(daemon.last().body())).isEqualTo(Json.parse(body.replace('\'', '"')));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "create --ip-range 10.0.0.0/24 x"
            + "~every ip-range or gateway must have a corresponding subnet",
        "create --subnet foo --gateway 10.0.0.1 x~invalid subnet: invalid CIDR address: foo",
        "create --subnet 10.0.0.0/33 --gateway 10.0.0.1 x"
            + "~invalid subnet: invalid CIDR address: 10.0.0.0/33",
        "create --subnet 10.1.0.0/16 --gateway 10.1.0.1/33 x~invalid CIDR address: 10.1.0.1/33",
        "create --subnet 10.1.0.0/16 --gateway foo x~no matching subnet for gateway foo",
        "create --subnet 10.1.0.0/16 --gateway fd00::1 x~no matching subnet for gateway fd00::1",
        "create --subnet 10.1.0.0/16 --ip-range 10.3.3.0/24 x"
            + "~no matching subnet for range 10.3.3.0/24",
        "create --subnet 10.1.0.0/16 --subnet 10.1.2.0/24 x"
            + "~multiple overlapping subnet configuration is not supported",
        "create --subnet 10.1.0.0/16 --subnet 10.2.0.0/16 --gateway 10.1.0.1,10.1.0.2 x"
            + "~cannot configure multiple gateways (10.1.0.2, 10.1.0.1) for the same subnet (10.1.0.0/16)",
        "create --subnet 10.1.0.0/16 --subnet 10.2.0.0/16 --ip-range 10.1.3.0/24,10.1.2.0/24 x"
            + "~cannot configure multiple ranges (10.1.2.0/24, 10.1.3.0/24) on the same subnet (10.1.0.0/16)",
        "create --subnet 10.1.0.0/16 --aux-address a=10.2.0.1 x"
            + "~no matching subnet for aux-address 10.2.0.1",
        "connect --driver-opt foo net c~invalid key/value pair format in driver options",
      })
  void request_badFlags_isRefusedInDockersWords(String line, String complaint) {
    Said said = run(line);
    assertThat(said.err()).isEqualTo(complaint + "\n");
    assertThat(said.exit()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.0.0/16,10.1.255.255,true",
    "10.1.0.0/16,10.2.0.0,false",
    "10.1.0.0/17,10.1.128.0,false",
    "0.0.0.0/0,1.2.3.4,true",
    "0.0.0.0/0,::1,false",
    "fd00::/65,fd00::7fff:ffff:ffff:ffff,true",
    "fd00::/65,fd00::8000:0:0:0,false",
    "10.1.0.0/16,10.1.3.0/24,true",
    "10.1.0.0/16,text,false"
  })
  void contains_address_isInItsRangeOnly(String range, String address, boolean inside) {
    assertThat(Cidr.parse(range).contains(address)).isEqualTo(inside);
  }

  private record Said(int exit, String err) {}

  private static Said run(String words) {
    List<String> line =
        new ArrayList<>(List.of("-H", "unix://" + directory.resolve("s"), "network"));
    line.addAll(List.of(words.strip().split(" ")));
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Session.Streams streams =
        new Session.Streams(
            InputStream.nullInputStream(),
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            OutputStream.nullOutputStream(),
            err);
    int exit = Main.run(line, Map.of("DOCKER_CONFIG", directory.toString()), streams);
    return new Said(exit, err.toString(StandardCharsets.UTF_8));
  }
}
