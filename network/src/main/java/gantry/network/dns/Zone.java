package gantry.network.dns;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// The names in one network. Several containers may have a name in common, and one container
/// several names. Reading waits for nobody.
final class Zone {
  private final String network;
  private final Map<String, Member> members = new ConcurrentHashMap<>();
  private final Map<String, List<Member>> byName = new ConcurrentHashMap<>();
  private final Map<InetAddress, Member> byAddress = new ConcurrentHashMap<>();

  /// Without names.
  ///
  /// @param network what the network is called
  Zone(String network) {
    this.network = network;
  }

  /// A container in the network.
  ///
  /// @param names the first is the container's own
  record Member(String containerId, List<String> names, List<InetAddress> addresses) {
    Member {
      names = names.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().toList();
      addresses = List.copyOf(addresses);
    }
  }

  /// What the network is called, in lower case.
  String network() {
    return network.toLowerCase(Locale.ROOT);
  }

  /// Puts a container in the place of what it was before.
  synchronized void put(Member member) {
    Member before = members.put(member.containerId, member);
    for (String name : member.names) {
      byName.merge(name, List.of(member), (old, added) -> with(old, before, member));
    }
    member.addresses.forEach(address -> byAddress.put(address, member));
    if (before != null) {
      forget(before, member);
    }
  }

  synchronized void remove(String containerId) {
    Member member = members.remove(containerId);
    if (member != null) {
      forget(member, new Member(containerId, List.of(), List.of()));
    }
  }

  boolean isEmpty() {
    return members.isEmpty();
  }

  /// Takes away what `before` had and `after` has not.
  private void forget(Member before, Member after) {
    for (String name : before.names) {
      if (!after.names.contains(name)) {
        byName.computeIfPresent(
            name,
            (_, holders) -> {
              List<Member> left =
                  holders.stream().filter(holder -> !holder.equals(before)).toList();
              return left.isEmpty() ? null : left;
            });
      }
    }
    for (InetAddress address : before.addresses) {
      if (!after.addresses.contains(address)) {
        byAddress.remove(address, before);
      }
    }
  }

  private static List<Member> with(List<Member> old, @Nullable Member before, Member member) {
    List<Member> holders = new ArrayList<>(old);
    holders.remove(before);
    holders.add(member);
    return List.copyOf(holders);
  }

  /// The addresses behind a name in lower case; empty when nobody is called so.
  Optional<List<InetAddress>> addresses(String name) {
    return Optional.ofNullable(byName.get(name))
        .map(holders -> holders.stream().flatMap(holder -> holder.addresses.stream()).toList());
  }

  /// The name behind an address: the container's own, and the network's.
  Optional<String> name(InetAddress address) {
    return Optional.ofNullable(byAddress.get(address))
        .flatMap(member -> member.names.stream().findFirst())
        .map(name -> name + "." + network);
  }
}
