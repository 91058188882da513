package gantry.cli.create;

/// Tells IP and MAC addresses from other text, without asking a resolver.
public final class Addresses {

  private Addresses() {}

  /// `text` when it is an IP address.
  static String checked(String text, String complaint) {
    if (!isIp(text)) {
      throw new IllegalArgumentException(complaint + text);
    }
    return text;
  }

  /// Whether `text` is an IP address, IPv6 with its zone if it has one.
  public static boolean isIp(String text) {
    return text.indexOf(':') >= 0 ? isIpv6(text) : isIpv4(text);
  }

  private static boolean isIpv4(String text) {
    String[] parts = text.split("\\.", -1);
    if (parts.length != 4) {
      return false;
    }
    for (String part : parts) {
      if (part.isEmpty()
          || part.length() > 3
          || !part.chars().allMatch(c -> c >= '0' && c <= '9')
          || Integer.parseInt(part) > 255) {
        return false;
      }
    }
    return true;
  }

  private static boolean isIpv6(String text) {
    int zone = text.indexOf('%');
    String address = zone < 0 ? text : text.substring(0, zone);
    int gap = address.indexOf("::");
    if (gap >= 0 && address.indexOf("::", gap + 1) >= 0) {
      return false;
    }
    int groups = 0;
    for (String half :
        gap < 0
            ? new String[] {address}
            : new String[] {address.substring(0, gap), address.substring(gap + 2)}) {
      if (half.isEmpty()) {
        continue;
      }
      for (String group : half.split(":", -1)) {
        if (group.indexOf('.') >= 0 ? !isIpv4(group) : !isHexGroup(group)) {
          return false;
        }
        groups += group.indexOf('.') >= 0 ? 2 : 1;
      }
    }
    return gap < 0 ? groups == 8 : groups < 8;
  }

  private static boolean isHexGroup(String group) {
    return !group.isEmpty()
        && group.length() <= 4
        && group.chars().allMatch(c -> Character.digit(c, 16) >= 0);
  }

  /// Whether `text` is a MAC address of six bytes.
  static boolean isMac(String text) {
    String[] bytes = text.split("[:-]", -1);
    return bytes.length == 6
        && java.util.Arrays.stream(bytes).allMatch(b -> b.length() == 2 && isHexGroup(b));
  }
}
