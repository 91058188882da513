package gantry.network;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/// Who has which address of one subnet. An address that was given back is handed out again only
/// after all others were, so that nobody who remembers its last owner is misled. Thread-safe.
final class AddressAllocator {
  private final Subnet subnet;
  private final Subnet range;
  private final Set<IpAddress> used = new HashSet<>(); // guarded by this
  private IpAddress next; // guarded by this

  /// @param range part of the subnet that addresses are handed out from when nobody asks for one
  AddressAllocator(Subnet subnet, Subnet range) {
    this.subnet = subnet;
    this.range = range;
    next = range.base();
    if (subnet.base().bits() - subnet.prefixLength() > 1) { // of two addresses both are for use
      used.add(subnet.base());
      if (!subnet.ipv6()) {
        used.add(subnet.last());
      }
    }
  }

  Subnet subnet() {
    return subnet;
  }

  /// The next free address; empty when there is none.
  synchronized Optional<IpAddress> allocate() {
    IpAddress candidate = next;
    do {
      IpAddress address = candidate;
      candidate = address.equals(range.last()) ? range.base() : address.plus(1);
      if (used.add(address)) {
        next = candidate;
        return Optional.of(address);
      }
    } while (!candidate.equals(next));
    return Optional.empty();
  }

  /// Takes this very address; false when it is taken or not in the subnet.
  synchronized boolean claim(IpAddress address) {
    return subnet.contains(address) && used.add(address);
  }

  /// Gives an address back.
  synchronized void free(IpAddress address) {
    used.remove(address);
  }

  /// Goes on behind this address, as if it had been the last one handed out.
  synchronized void continueAfter(IpAddress address) {
    if (range.contains(address)) {
      next = address.equals(range.last()) ? range.base() : address.plus(1);
    }
  }
}
