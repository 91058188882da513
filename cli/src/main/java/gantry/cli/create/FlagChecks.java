package gantry.cli.create;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/// What single flags refuse while the command line is read.
public final class FlagChecks {

  private static final Set<String> KERNEL_SYSCTLS =
      Set.of(
          "kernel.msgmax",
          "kernel.msgmnb",
          "kernel.msgmni",
          "kernel.sem",
          "kernel.shmall",
          "kernel.shmmax",
          "kernel.shmmni",
          "kernel.shm_rmid_forced");

  private FlagChecks() {}

  static void stream(String value) {
    if (!List.of("stdin", "stdout", "stderr").contains(value.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("valid streams are STDIN, STDOUT and STDERR");
    }
  }

  static void environment(String value) {
    if (value.isEmpty() || value.charAt(0) == '=') {
      throw new IllegalArgumentException("invalid environment variable: " + value);
    }
  }

  /// `--label`: a name, and a value behind `=` if there is one.
  public static void label(String value) {
    if (value.startsWith("=")) {
      throw new IllegalArgumentException("invalid label '" + value + "': empty name");
    }
  }

  static void ip(String value) {
    Addresses.checked(value.strip(), "IP address is not correctly formatted: ");
  }

  static void searchDomain(String value) {
    String domain = value.strip();
    boolean right =
        domain.equals(".")
            || (!domain.isEmpty()
                && domain
                    .chars()
                    .allMatch(
                        c -> Character.isLetterOrDigit(c) || c == '-' || c == '.' || c == '_'));
    if (!right) {
      throw new IllegalArgumentException(value + " is not a valid domain");
    }
  }

  /// `--link`: `container` or `container:alias`.
  public static void link(String value) {
    if (value.isEmpty() || value.split(":", -1).length > 2) {
      throw new IllegalArgumentException(
          value.isEmpty() ? "empty string specified for links" : "bad format for links: " + value);
    }
  }

  static void sysctl(String value) {
    int equals = value.indexOf('=');
    String name = equals < 0 ? "" : value.substring(0, equals);
    if (!KERNEL_SYSCTLS.contains(name)
        && !name.startsWith("net.")
        && !name.startsWith("fs.mqueue.")) {
      throw new IllegalArgumentException("sysctl '" + value + "' is not allowed");
    }
  }

  static void host(String value) {
    extraHost(value);
  }

  /// `--add-host`: `name:address` or `name=address`, as `name:address`.
  static String extraHost(String value) {
    int split = value.indexOf('=');
    if (split < 0) {
      split = value.indexOf(':');
    }
    if (split <= 0) {
      throw new IllegalArgumentException("bad format for add-host: \"" + value + "\"");
    }
    String name = value.substring(0, split);
    String address = value.substring(split + 1);
    if (address.startsWith("[") && address.endsWith("]")) {
      address = address.substring(1, address.length() - 1);
    }
    if (!address.equals("host-gateway") && !Addresses.isIp(address)) {
      throw new IllegalArgumentException("invalid IP address in add-host: \"" + address + "\"");
    }
    return name + ":" + address;
  }
}
