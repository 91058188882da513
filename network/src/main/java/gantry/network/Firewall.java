package gantry.network;

import gantry.linux.nftables.Nftables;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What the packet filter does for a bridge, in one table of the engine's own.
///
/// - From a container to elsewhere: by the host's address (masquerade).
/// - To a container: only answers, and other containers of its network. Nobody beyond the host
///   reaches one that has published nothing, even by a route to the bridge.
/// - From a container with an address that is not of its network: dropped.
///
/// Nothing else on the host's firewall is read or changed. What that drops stays dropped: where
/// another program drops forwarded packets (ufw, firewalld, or the iptables policy that Docker
/// sets), containers get out only when it lets the bridge through.
///
/// Switching forwarding on is the one setting made outside of the table: the kernel has no narrower
/// one for answers that come in by any device. It is left on, and said in the log.
final class Firewall implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Firewall.class);
  private static final String IP_FORWARD = "net/ipv4/ip_forward";

  private final Nftables nftables;
  private final String table;

  private Firewall(Nftables nftables, String table) {
    this.nftables = nftables;
    this.table = table;
  }

  static Firewall open(Host host, String table) {
    return new Firewall(host.call(Nftables::open), table);
  }

  /// Puts the table in place of what it was before, in one step.
  void set(Bridge bridge, boolean masquerade, boolean interContainer) {
    nftables.run(text(bridge, masquerade, interContainer));
  }

  /// Removes the table.
  void remove() {
    nftables.run("add table inet %s\ndelete table inet %s".formatted(table, table));
  }

  String text(Bridge bridge, boolean masquerade, boolean interContainer) {
    String together =
        interContainer
            ? "elements = { \"%s\" . \"%s\" }".formatted(bridge.name(), bridge.name())
            : "";
    String translation =
        masquerade
            ? "ip saddr %s oifname != \"%s\" masquerade"
                .formatted(bridge.address().subnet(), bridge.name())
            : "";
    return """
    add table inet %1$s
    delete table inet %1$s
    table inet %1$s {
      set bridges {
        type ifname
        elements = { "%2$s" }
      }
      set together {
        type ifname . ifname
        %4$s
      }
      chain forward {
        type filter hook forward priority filter; policy accept;
        iifname "%2$s" ip saddr != %3$s drop
        oifname @bridges ct state established,related accept
        iifname . oifname @together accept
        oifname @bridges drop
      }
      chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        %5$s
      }
    }
    """
        .formatted(table, bridge.name(), bridge.address().subnet(), together, translation);
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

  @Override
  public void close() {
    nftables.close();
  }
}
