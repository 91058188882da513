package gantry.network;

import gantry.linux.nftables.Nftables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// Which addresses may come from which container: a table of the family `bridge`, which sees a
/// frame before the bridge learns where it came from.
///
/// What a container without the right to configure its network sends must have its own MAC address
/// and one of its own IP addresses, in ARP too: it can take no neighbour's packets away, and speak
/// in nobody's name. One that may configure its network (CAP_NET_ADMIN) may have more addresses
/// there, as nested clusters and VPN gateways do; other networks are out of its reach all the same,
/// see [Firewall].
///
/// What is no more is removed together with the next change, and at the latest when it is quiet:
/// names of devices are never used again. Thread-safe.
final class Bindings {
  // netinet/in.h; a name would be looked up in /etc/protocols, which a small machine has not
  private static final int IPPROTO_ICMPV6 = 58;

  private final Nftables nftables;
  private final String table;
  private final Map<String, Fabric.Seat> seats = new LinkedHashMap<>(); // guarded by this
  private final List<Fabric.Seat> gone = new ArrayList<>(); // guarded by this
  private boolean standing; // guarded by this

  Bindings(Nftables nftables, String table) {
    this.nftables = nftables;
    this.table = table;
  }

  /// Lets nothing but the seat's addresses come from its device, which has sent nothing yet.
  synchronized void bind(Fabric.Seat seat) {
    if (!seat.bound()) {
      return;
    }
    seats.put(seat.hostDevice(), seat);
    if (standing) {
      run(removals() + elements("add", List.of(seat)));
      gone.clear();
    }
  }

  /// Lets anything come from a seat's device.
  synchronized void free(Fabric.Seat seat) {
    if (seats.remove(seat.hostDevice()) != null && standing) {
      run(elements("delete", List.of(seat)));
    }
  }

  /// The seat is no more.
  synchronized void forget(Fabric.Seat seat) {
    Fabric.Seat bound = seats.remove(seat.hostDevice());
    if (bound != null && standing) {
      gone.add(bound);
    }
  }

  /// Removes what is no more.
  synchronized void tidy() {
    if (standing && !gone.isEmpty()) {
      run(removals());
      gone.clear();
    }
  }

  /// Puts the table in place of what it was before, in one step.
  synchronized void replace() {
    gone.clear();
    run(
        """
      add table bridge %1$s
      delete table bridge %1$s
      table bridge %1$s {
        set bound { type ifname; }
        set macs { type ifname . ether_addr; }
        set ipv4 { type ifname . ipv4_addr; }
        set ipv6 { type ifname . ipv6_addr; }
        chain prerouting {
          type filter hook prerouting priority -300; policy accept;
          iifname != @bound accept
          iifname . ether saddr != @macs drop
          ether type ip iifname . ip saddr @ipv4 accept
          ether type ip ip saddr 0.0.0.0 udp dport 67 accept
          ether type arp iifname . arp saddr ether != @macs drop
          ether type arp arp saddr ip 0.0.0.0 accept
          ether type arp iifname . arp saddr ip @ipv4 accept
          ether type ip6 iifname . ip6 saddr @ipv6 accept
          ether type ip6 ip6 saddr :: meta l4proto %2$d accept
          drop
        }
      }
      """
                .formatted(table, IPPROTO_ICMPV6)
            + elements("add", seats.values().stream().toList()));
    standing = true;
  }

  /// Removes the table.
  synchronized void remove() {
    standing = false;
    run("add table bridge %s\ndelete table bridge %s".formatted(table, table));
  }

  private String removals() {
    return elements("delete", gone);
  }

  private void run(String commands) {
    String _ = nftables.run(commands);
  }

  private String elements(String verb, List<Fabric.Seat> of) {
    List<String> bound = new ArrayList<>();
    List<String> macs = new ArrayList<>();
    List<String> ipv4 = new ArrayList<>();
    List<String> ipv6 = new ArrayList<>();
    for (Fabric.Seat seat : of) {
      String device = "\"" + seat.hostDevice() + "\"";
      bound.add(device);
      macs.add(device + " . " + seat.mac());
      addresses(seat)
          .forEach(address -> (address.ipv6() ? ipv6 : ipv4).add(device + " . " + address));
    }
    return elements(verb, "bound", bound)
        + elements(verb, "macs", macs)
        + elements(verb, "ipv4", ipv4)
        + elements(verb, "ipv6", ipv6);
  }

  private String elements(String verb, String set, List<String> elements) {
    return elements.isEmpty()
        ? ""
        : "%s element bridge %s %s { %s }\n"
            .formatted(verb, table, set, String.join(", ", elements));
  }

  private static Stream<IpAddress> addresses(Fabric.Seat seat) {
    Stream<IpAddress> own =
        Stream.concat(
            Stream.of(seat.ipv4(), seat.ipv6())
                .flatMap(java.util.Optional::stream)
                .map(Subnet.Interface::address),
            seat.linkLocal().stream());
    // the kernel makes this one of the MAC address; without IPv6 it is of no account
    return Stream.concat(own, Stream.of(IpAddress.linkLocal(seat.mac()))).distinct();
  }
}
