package gantry.network.port;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/// What the packet filter does for published ports of one family, in a table that is there only
/// while ports are published. A port is an element of a map, not a rule: a thousand of them cost a
/// packet no more than one.
///
/// **The host's firewall decides.** What comes from elsewhere to a published port is first taken
/// for what it says it is, a packet for this host, and goes through all that the host's
/// administrator has put into the `input` hook, whichever program wrote it. Only what came through
/// is sent back to the beginning through the [Entrance], and there led to the container. That
/// happens to the first packet of a connection; those that follow are translated as they come, by
/// the kernel's memory of the connection.
///
/// **From the host itself and from containers** there is no such question: their packets are led to
/// the container at once. A host's process that connects to 127.0.0.1 gets a container that way,
/// which needs `route_localnet` on the bridge; that no container reaches the host's loopback in
/// turn is the rule `ip daddr 127.0.0.0/8 drop` of the networks' own table. A port that is
/// published at 127.0.0.1 is for packets of the host alone. IPv6 has no such setting: at ::1 nobody
/// answers, and whoever tries `localhost` goes on to 127.0.0.1 at once.
///
/// A table of its own family, as the kernel cannot send packets back (`dup`) from the networks' own
/// table, which is of both.
final class PortTable {
  private final boolean ipv6;
  private final String name;
  private final Entrance.Devices entrance;
  private final Set<String> inner = new ConcurrentSkipListSet<>();
  private final Set<String> hairpins = new TreeSet<>();
  private volatile boolean standing;

  /// @param name of the table
  PortTable(boolean ipv6, String name, Entrance.Devices entrance) {
    this.ipv6 = ipv6;
    this.name = name;
    this.entrance = entrance;
  }

  /// Puts the table in place of what it was, in one step; without ports there is none.
  ///
  /// @param bridges devices that containers are behind
  void replace(Consumer<String> filter, Collection<String> bridges, Collection<Mapping> mappings) {
    inner.clear();
    hairpins.clear();
    standing = !mappings.isEmpty();
    String removal = "add table %1$s %2$s\ndelete table %1$s %2$s\n".formatted(family(), name);
    if (standing) {
      inner.add(entrance.in());
      inner.addAll(bridges);
      mappings.forEach(mapping -> hairpins.add(hairpin(mapping)));
      filter.accept(removal + text(mappings));
    } else {
      filter.accept(removal);
    }
  }

  boolean standing() {
    return standing;
  }

  /// Takes mappings out and others in, in one step, where the table stands.
  void change(Consumer<String> filter, List<Mapping> gone, List<Mapping> come) {
    StringBuilder text = new StringBuilder();
    elements(text, "delete", gone);
    elements(text, "add", come);
    for (Mapping mapping : come) {
      if (inner.add(mapping.bridge())) {
        text.append(element("add", "inner", quoted(mapping.bridge())));
      }
      if (hairpins.add(hairpin(mapping))) {
        text.append(element("add", "hairpin", hairpin(mapping)));
      }
    }
    if (!text.isEmpty()) {
      filter.accept(text.toString());
    }
  }

  /// Whether the containers behind a bridge are taken for containers, as far as it matters.
  boolean knows(String bridge) {
    return !standing || inner.contains(bridge);
  }

  /// Lets the containers behind a bridge reach published ports as containers do.
  void addBridge(Consumer<String> filter, String bridge) {
    if (!knows(bridge)) {
      filter.accept(element("add", "inner", quoted(bridge)));
      inner.add(bridge);
    }
  }

  private void elements(StringBuilder text, String verb, List<Mapping> mappings) {
    List<Mapping> everywhere = new ArrayList<>();
    List<Mapping> somewhere = new ArrayList<>();
    mappings.forEach(
        mapping -> (mapping.port().everywhere() ? everywhere : somewhere).add(mapping));
    boolean adding = verb.equals("add");
    if (!everywhere.isEmpty()) {
      text.append(element(verb, "ports", joined(everywhere, false)));
      text.append(element(verb, "targets", joined(everywhere, adding)));
    }
    if (!somewhere.isEmpty()) {
      text.append(element(verb, "ports_at", joined(somewhere, false)));
      text.append(element(verb, "targets_at", joined(somewhere, adding)));
    }
  }

  private String element(String verb, String set, String elements) {
    return "%s element %s %s %s { %s }\n".formatted(verb, family(), name, set, elements);
  }

  private static String joined(List<Mapping> mappings, boolean withTargets) {
    return mappings.stream()
        .map(mapping -> key(mapping.port()) + (withTargets ? " : " + target(mapping) : ""))
        .collect(Collectors.joining(", "));
  }

  private static String key(PublishedPort port) {
    String key = "%d . %d".formatted(port.protocol().number(), port.hostPort());
    return port.everywhere() ? key : port.hostAddress() + " . " + key;
  }

  private static String target(Mapping mapping) {
    return mapping.target() + " . " + mapping.port().containerPort();
  }

  private static String hairpin(Mapping mapping) {
    return quoted(mapping.bridge()) + " . " + mapping.subnet();
  }

  private static String quoted(String device) {
    return "\"" + device + "\"";
  }

  private String family() {
    return ipv6 ? "ip6" : "ip";
  }

  /// The whole table.
  String text(Collection<Mapping> mappings) {
    List<Mapping> everywhere =
        mappings.stream().filter(mapping -> mapping.port().everywhere()).toList();
    List<Mapping> somewhere =
        mappings.stream().filter(mapping -> !mapping.port().everywhere()).toList();
    return """
    table %1$s %2$s {
      set inner {
        type ifname
        %3$s
      }
      set ports {
        type inet_proto . inet_service
        %4$s
      }
      map targets {
        type inet_proto . inet_service : %8$s_addr . inet_service
        %5$s
      }
      set ports_at {
        type %8$s_addr . inet_proto . inet_service
        %6$s
      }
      map targets_at {
        type %8$s_addr . inet_proto . inet_service : %8$s_addr . inet_service
        %7$s
      }
      set hairpin {
        type ifname . %8$s_addr
        flags interval
        %9$s
      }
      chain published {
        dnat %1$s to %1$s daddr . meta l4proto . th dport map @targets_at
        dnat %1$s to meta l4proto . th dport map @targets
      }
      chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        iifname != @inner accept
        %1$s daddr %10$s accept
        fib daddr type local jump published
      }
      chain output {
        type nat hook output priority -100; policy accept;
        %13$s
        fib daddr type local jump published
      }
      chain input {
        type filter hook input priority 2147483000; policy accept;
        ct state established,related accept
        iifname @inner accept
        iifname "lo" accept
        fib daddr type != local accept
        %1$s daddr . meta l4proto . th dport @ports_at jump again
        meta l4proto . th dport @ports jump again
      }
      chain again {
        dup to %11$s device "%12$s"
        drop
      }
      chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        ct status dnat oifname @inner %1$s saddr %10$s masquerade
        ct status dnat oifname . %1$s saddr @hairpin masquerade
      }
    }
    """
        .formatted(
            family(),
            name,
            elements(inner.stream().map(PortTable::quoted).collect(Collectors.joining(", "))),
            elements(joined(everywhere, false)),
            elements(joined(everywhere, true)),
            elements(joined(somewhere, false)),
            elements(joined(somewhere, true)),
            ipv6 ? "ipv6" : "ipv4",
            elements(String.join(", ", hairpins)),
            ipv6 ? "::1" : "127.0.0.0/8",
            ipv6 ? Entrance.NEXT_IPV6 : Entrance.NEXT,
            entrance.out(),
            ipv6 ? "ip6 daddr ::1 accept" : "");
  }

  private static String elements(String list) {
    return list.isEmpty() ? "" : "elements = { " + list + " }";
  }
}
