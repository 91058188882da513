package gantry.network;

import gantry.network.dns.NameService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// What a `/etc/resolv.conf` says. Source: resolv.conf(5).
///
/// @param servers addresses of name servers, IPv6 with its zone
/// @param search domains to complete names with
/// @param options e.g. `ndots:2`
public record ResolvConf(List<String> servers, List<String> search, List<String> options) {
  private static final int MAX_LINES = 1000;
  private static final String STUB = "127.0.0.53"; // systemd-resolved
  private static final List<String> FALLBACK = List.of("8.8.8.8", "8.8.4.4");

  public ResolvConf {
    servers = List.copyOf(servers);
    search = List.copyOf(search);
    options = List.copyOf(options);
  }

  /// Reads a file's text; lines that are none of these three things are left out.
  public static ResolvConf parse(String text) {
    List<String> servers = new ArrayList<>();
    List<String> search = List.of();
    List<String> options = new ArrayList<>();
    for (String line : text.lines().limit(MAX_LINES).toList()) {
      List<String> words = List.of(line.strip().split("\\s+", -1));
      List<String> rest = words.subList(1, words.size());
      switch (words.getFirst()) {
        case "nameserver" -> rest.stream().limit(1).forEach(servers::add);
        case "search", "domain" -> search = rest; // the last one counts
        case "options" -> options.addAll(rest);
        default -> {}
      }
    }
    return new ResolvConf(servers, search, options);
  }

  /// The host's: that of systemd-resolved's own servers, where the usual file only names its stub.
  /// A file that is not there is an empty one.
  ///
  /// @param etc usually `/etc`
  /// @param run usually `/run`
  public static ResolvConf ofHost(Path etc, Path run) {
    ResolvConf usual = parse(read(etc.resolve("resolv.conf")));
    if (usual.servers.equals(List.of(STUB))) {
      ResolvConf resolved = parse(read(run.resolve("systemd/resolve/resolv.conf")));
      return resolved.servers.isEmpty() ? usual : resolved;
    }
    return usual;
  }

  /// What a container gets: what it asked for, and the host's for the rest. Of the host's servers,
  /// those on its loopback are none to a container, and neither are IPv6 ones without IPv6; when
  /// none remain, those of a public service are taken.
  public ResolvConf forContainer(
      List<String> askedServers, List<String> askedSearch, List<String> askedOptions) {
    List<String> reachable =
        servers.stream().filter(server -> !loopback(server) && server.indexOf(':') < 0).toList();
    List<String> chosen =
        !askedServers.isEmpty() ? askedServers : reachable.isEmpty() ? FALLBACK : reachable;
    return new ResolvConf(
        chosen,
        askedSearch.isEmpty() ? search : askedSearch.equals(List.of(".")) ? List.of() : askedSearch,
        askedOptions.isEmpty() ? options : askedOptions);
  }

  /// What a container gets that asks the engine's name service, as Docker writes it: it asks for a
  /// name as it is before it completes it.
  public ResolvConf forNames(List<String> askedSearch, List<String> askedOptions) {
    ResolvConf chosen = forContainer(List.of(NameService.ADDRESS), askedSearch, askedOptions);
    if (chosen.options.stream().anyMatch(option -> option.startsWith("ndots:"))) {
      return chosen;
    }
    return new ResolvConf(
        chosen.servers,
        chosen.search,
        Stream.concat(chosen.options.stream(), Stream.of("ndots:0")).toList());
  }

  /// The file's text.
  public String text() {
    StringBuilder text = new StringBuilder("# Made by Gantry from the host's resolv.conf.\n");
    servers.forEach(server -> text.append("nameserver ").append(server).append('\n'));
    if (!search.isEmpty()) {
      text.append("search ").append(String.join(" ", search)).append('\n');
    }
    if (!options.isEmpty()) {
      text.append("options ").append(String.join(" ", options)).append('\n');
    }
    return text.toString();
  }

  /// The servers' addresses: no network of containers may hide them.
  List<IpAddress> addresses() {
    return servers.stream().flatMap(server -> IpAddress.find(server).stream()).toList();
  }

  private static boolean loopback(String server) {
    return server.startsWith("127.") || server.equals("::1") || server.startsWith("::1%");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException _) {
      return ""; // a host without resolvers, which is allowed
    }
  }
}
