package gantry.network;

import java.util.BitSet;
import java.util.Optional;

/// Who has which address of one subnet. An address that was given back is handed out again only
/// after all others were, so that nobody who remembers its last owner is misled. Thread-safe.
final class AddressAllocator {
  private final Ipv4Subnet subnet;
  private final BitSet used = new BitSet();
  private int next;

  /// Of a subnet of /8 or smaller; its first and last address are never handed out.
  AddressAllocator(Ipv4Subnet subnet) {
    if (subnet.prefixLength() < 8 || subnet.prefixLength() > 30) {
      throw new IllegalArgumentException(
          "a network of containers has a prefix length from 8 to 30, not '%s'".formatted(subnet));
    }
    this.subnet = subnet;
    used.set(0);
    used.set((int) subnet.size() - 1);
  }

  Ipv4Subnet subnet() {
    return subnet;
  }

  /// The next free address; empty when there is none.
  synchronized Optional<Integer> allocate() {
    int offset = used.nextClearBit(next);
    if (offset >= subnet.size()) {
      offset = used.nextClearBit(0);
    }
    if (offset >= subnet.size()) {
      return Optional.empty();
    }
    used.set(offset);
    next = offset + 1;
    return Optional.of(subnet.at(offset));
  }

  /// Takes this very address; false when it is taken or not in the subnet.
  synchronized boolean claim(int address) {
    if (!subnet.contains(address) || used.get((int) subnet.offset(address))) {
      return false;
    }
    used.set((int) subnet.offset(address));
    return true;
  }

  /// Gives an address back.
  synchronized void free(int address) {
    if (subnet.contains(address)) {
      used.clear((int) subnet.offset(address));
    }
  }

  /// Goes on behind this address, as if it had been the last one handed out.
  synchronized void continueAfter(int address) {
    if (subnet.contains(address)) {
      next = (int) subnet.offset(address) + 1;
    }
  }
}
