package gantry.network.dns;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// What the networks of one container answer to a query.
final class Lookup {
  private static final String REVERSE = ".in-addr.arpa";
  private static final String REVERSE_IPV6 = ".ip6.arpa";

  private Lookup() {}

  /// The answer; empty when the query is none of these networks' business, and is to be asked
  /// elsewhere. A name that several containers have gives their addresses in any order. A name that
  /// is known has no records but addresses, and nobody elsewhere is asked for others.
  ///
  /// @param zones what the container is in: the first one that knows the name answers
  static Optional<Answer> answer(Query query, List<Zone> zones) {
    if (!query.ofInternet()) {
      return Optional.empty();
    }
    if (query.type() == RecordType.PTR) {
      return name(query, zones);
    }
    return addresses(query.name(), zones).map(found -> answer(query, found, query.type()));
  }

  private static Answer answer(Query query, List<InetAddress> found, int type) {
    List<InetAddress> addresses = new ArrayList<>();
    for (InetAddress address : found) {
      boolean ipv4 = address instanceof Inet4Address;
      if (type == (ipv4 ? RecordType.A : RecordType.AAAA) || type == RecordType.ANY) {
        addresses.add(address);
      }
    }
    Collections.shuffle(addresses, ThreadLocalRandom.current());
    Answer answer = Answer.to(query);
    addresses.forEach(answer::address);
    return answer;
  }

  /// A container's name as it is, or with its network's behind a dot.
  private static Optional<List<InetAddress>> addresses(String name, List<Zone> zones) {
    for (Zone zone : zones) {
      Optional<List<InetAddress>> found = zone.addresses(name);
      if (found.isPresent()) {
        return found;
      }
    }
    for (Zone zone : zones) {
      String ending = "." + zone.network();
      if (name.endsWith(ending)) {
        Optional<List<InetAddress>> found =
            zone.addresses(name.substring(0, name.length() - ending.length()));
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<Answer> name(Query query, List<Zone> zones) {
    Optional<InetAddress> address = reversed(query.name());
    for (Zone zone : zones) {
      Optional<String> name = address.flatMap(zone::name);
      if (name.isPresent()) {
        return Optional.of(Answer.to(query).name(name.get()));
      }
    }
    return Optional.empty();
  }

  /// The address that `2.0.17.172.in-addr.arpa` stands for.
  static Optional<InetAddress> reversed(String name) {
    if (name.endsWith(REVERSE)) {
      return reversed(name.substring(0, name.length() - REVERSE.length()), 4, 10);
    }
    return name.endsWith(REVERSE_IPV6)
        ? reversed(name.substring(0, name.length() - REVERSE_IPV6.length()), 32, 16)
        : Optional.empty();
  }

  private static Optional<InetAddress> reversed(String text, int count, int base) {
    String[] parts = text.split("\\.", count + 1);
    if (parts.length != count) {
      return Optional.empty();
    }
    byte[] bytes = new byte[base == 10 ? 4 : 16];
    for (int i = 0; i < count; i++) {
      int number = number(parts[count - 1 - i], base);
      if (number < 0) {
        return Optional.empty();
      }
      if (base == 10) {
        bytes[i] = (byte) number;
      } else {
        bytes[i / 2] |= (byte) (number << (i % 2 == 0 ? 4 : 0));
      }
    }
    try {
      return Optional.of(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException impossible) { // for other lengths than 4 and 16
      throw new AssertionError(impossible);
    }
  }

  /// A byte in decimal, or a hexadecimal digit; negative for anything else.
  private static int number(String text, int base) {
    boolean right = base == 10 ? text.matches("0|[1-9][0-9]{0,2}") : text.matches("[0-9a-f]");
    int number = right ? Integer.parseInt(text, base) : -1;
    return number > 255 ? -1 : number;
  }
}
