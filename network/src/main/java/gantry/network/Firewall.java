package gantry.network;

import gantry.linux.nftables.Nftables;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the packet filter does for the bridges, in one table of the engine's own; and beside it, of
/// the same name, that of the [Bindings].
///
/// - From a container to elsewhere: by the host's address (masquerade).
/// - To a container: only answers, and other containers of its network. Nobody beyond the host
///   reaches one that has published nothing, even by a route to the bridge.
/// - From a container with an address that is not of its network, or to the host's loopback:
///   dropped.
/// - Into and out of an internal network: nothing but the host's own address in it.
///
/// Nothing else on the host's firewall is read or changed. What that drops stays dropped: where
/// another program drops forwarded packets (ufw, firewalld, or the iptables policy that Docker
/// sets), containers get out only when it lets the bridge through.
///
/// The table is put in place of what an earlier engine left in one step, and a network's coming and
/// going changes the chains in one step each: no packet finds half of the rules, and connections
/// that are translated go on, as the kernel remembers them outside of any table.
///
/// Switching forwarding on, that of IPv6 with the first network that has it, is the one setting
/// made outside of the table: the kernel has no narrower one for answers that come in by any
/// device. It is left on, and said in the log.
final class Firewall implements FirewallTable, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Firewall.class);
  private static final String IP_FORWARD = "net/ipv4/ip_forward";
  private static final String IPV6_DEVICES = "net/ipv6/conf";
  private static final String IPV6_FORWARDING = IPV6_DEVICES + "/all/forwarding";

  private final Nftables nftables;
  private final String table;
  private final Bindings bindings;
  private final List<Part> parts = new CopyOnWriteArrayList<>();
  private volatile boolean standing;

  private Firewall(Nftables nftables, String table) {
    this.nftables = nftables;
    this.table = table;
    bindings = new Bindings(nftables, table);
  }

  static Firewall open(Host host, String table) {
    return new Firewall(host.call(Nftables::open), table);
  }

  /// Which addresses may come from which container.
  Bindings bindings() {
    return bindings;
  }

  @Override
  public String name() {
    return table;
  }

  @Override
  public void add(Part part) {
    parts.add(part);
  }

  @Override
  public void run(String commands) {
    if (standing) {
      String _ = nftables.run(commands);
    }
  }

  /// Puts the table in place of what it was before, in one step.
  void replace(Collection<BridgeNetwork> networks) {
    bindings.replace();
    standing = true;
    run(
        "add table inet %1$s\ndelete table inet %1$s\ntable inet %1$s {\n%2$s\n%3$s\n}\n"
                .formatted(
                    table,
                    String.join("\n", DECLARATIONS),
                    parts.stream().map(Part::text).collect(Collectors.joining("\n")))
            + rules(networks));
  }

  /// Lets the bridges' part of the table be for these networks, in one step.
  void set(Collection<BridgeNetwork> networks) {
    run(rules(networks));
  }

  /// Removes the table.
  void remove() {
    bindings.remove();
    standing = false;
    String _ = nftables.run("add table inet %s\ndelete table inet %s".formatted(table, table));
  }

  private static final List<String> DECLARATIONS =
      List.of(
          "set bridges { type ifname; }",
          "set together { type ifname . ifname; }",
          "set internal { type ifname; }",
          "set sources { type ifname . ipv4_addr; flags interval; }",
          "set sources6 { type ifname . ipv6_addr; flags interval; }",
          "set own { type ifname . ipv4_addr; }",
          "set own6 { type ifname . ipv6_addr; }",
          "chain raw { type filter hook prerouting priority raw; policy accept; }",
          "chain input { type filter hook input priority filter; policy accept; }",
          "chain forward { type filter hook forward priority filter; policy accept; }",
          "chain postrouting { type nat hook postrouting priority srcnat; policy accept; }");

  String rules(Collection<BridgeNetwork> networks) {
    Elements bridges = new Elements("bridges");
    Elements together = new Elements("together");
    Elements internal = new Elements("internal");
    Elements sources = new Elements("sources");
    Elements sources6 = new Elements("sources6");
    Elements own = new Elements("own");
    Elements own6 = new Elements("own6");
    List<String> translations = new ArrayList<>();
    for (BridgeNetwork network : networks) {
      String device = "\"" + network.bridge().name() + "\"";
      bridges.add(device);
      if (network.options().interContainer()) {
        together.add(device + " . " + device);
      }
      if (network.network().spec().internal()) {
        internal.add(device);
      }
      network.network().subnet(false).ifPresent(subnet -> sources.add(device + " . " + subnet));
      network.network().subnet(true).ifPresent(subnet -> sources6.add(device + " . " + subnet));
      network.bridge().ipv4().ifPresent(address -> own.add(device + " . " + address.address()));
      network.bridge().ipv6().ifPresent(address -> own6.add(device + " . " + address.address()));
      translations.addAll(translations(network, device));
    }
    StringBuilder text = new StringBuilder();
    for (Elements elements : List.of(bridges, together, internal, sources, sources6, own, own6)) {
      elements.write(text, table);
    }
    chain(
        text,
        "raw",
        List.of(
            "iifname != @bridges accept",
            "ip daddr 127.0.0.0/8 drop",
            "ip6 daddr ::1 drop",
            // 0.0.0.0 and :: ask for an address, fe80::/10 stays on the link
            "ip saddr != 0.0.0.0 iifname . ip saddr != @sources drop",
            "ip6 saddr != { ::, fe80::/10 } iifname . ip6 saddr != @sources6 drop"));
    chain(
        text,
        "input",
        List.of(
            "iifname != @internal accept",
            "iifname . ip daddr @own accept",
            "iifname . ip6 daddr @own6 accept",
            "ip6 daddr { fe80::/10, ff02::/16 } accept",
            "drop"));
    chain(
        text,
        "forward",
        List.of(
            "iifname . oifname @together accept",
            "iifname @internal drop",
            "oifname @internal drop",
            "oifname @bridges ct state established,related accept",
            "oifname @bridges ct status dnat accept", // a published port
            "oifname @bridges drop"));
    chain(text, "postrouting", translations);
    return text.toString();
  }

  private static List<String> translations(BridgeNetwork network, String device) {
    BridgeOptions options = network.options();
    List<String> rules = new ArrayList<>();
    if (options.masquerade() && !network.network().spec().internal()) {
      if (options.gatewayMode().translated()) {
        network
            .network()
            .subnet(false)
            .ifPresent(subnet -> rules.add(translation("ip", subnet, device, options.source())));
      }
      if (options.ipv6GatewayMode().translated()) {
        network
            .network()
            .subnet(true)
            .ifPresent(
                subnet -> rules.add(translation("ip6", subnet, device, options.ipv6Source())));
      }
    }
    return rules;
  }

  private static String translation(
      String family, Subnet subnet, String device, Optional<IpAddress> source) {
    return "%s saddr %s oifname != %s %s"
        .formatted(
            family,
            subnet,
            device,
            source.map(address -> "snat %s to %s".formatted(family, address)).orElse("masquerade"));
  }

  private void chain(StringBuilder text, String name, List<String> rules) {
    text.append("flush chain inet %s %s\n".formatted(table, name));
    rules.forEach(rule -> text.append("add rule inet %s %s %s\n".formatted(table, name, rule)));
  }

  /// All that is in a set.
  private record Elements(String set, List<String> elements) {
    Elements(String set) {
      this(set, new ArrayList<>());
    }

    void add(String element) {
      elements.add(element);
    }

    void write(StringBuilder text, String table) {
      text.append("flush set inet %s %s\n".formatted(table, set));
      if (!elements.isEmpty()) {
        text.append(
            "add element inet %s %s { %s }\n".formatted(table, set, String.join(", ", elements)));
      }
    }
  }

  /// Lets the host forward packets, unless it does.
  static void switchForwardingOn(Host host) {
    host.call(
        () -> {
          try {
            if (!Sysctl.read(IP_FORWARD).equals("1")) {
              Sysctl.write(IP_FORWARD, "1");
              LOG.info("switched on net.ipv4.ip_forward, which containers need to reach others");
            }
            return true;
          } catch (IOException e) {
            throw new NetworkException(
                "cannot switch on net.ipv4.ip_forward, which containers need to reach others: "
                    + e.getMessage(),
                e);
          }
        });
  }

  /// Lets the host forward IPv6 packets, unless it does. A host that forwards takes no router
  /// advertisements any more, and so would lose its own default route, but on devices that are told
  /// to take them all the same (`accept_ra`, see the kernel's ip-sysctl): those that took them are.
  static void switchIpv6ForwardingOn(Host host) {
    host.call(
        () -> {
          try {
            if (!Sysctl.read(IPV6_FORWARDING).equals("1")) {
              for (String device : Sysctl.names(IPV6_DEVICES)) {
                keepAdvertisements(IPV6_DEVICES + "/" + device + "/accept_ra");
              }
              Sysctl.write(IPV6_FORWARDING, "1");
              LOG.info(
                  "switched on net.ipv6.conf.all.forwarding, which networks with IPv6 need; devices"
                      + " with accept_ra=1 go on with accept_ra=2");
            }
            return true;
          } catch (IOException e) {
            throw new NetworkException(
                "cannot switch on net.ipv6.conf.all.forwarding, which networks with IPv6 need: "
                    + e.getMessage(),
                e);
          }
        });
  }

  private static void keepAdvertisements(String setting) throws IOException {
    try {
      if (Sysctl.read(setting).equals("1")) {
        Sysctl.write(setting, "2");
      }
    } catch (NoSuchFileException _) { // the device is gone since it was listed
    }
  }

  @Override
  public void close() {
    nftables.close();
  }
}
