package gantry.network;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a bridge network's driver options say.
///
/// @param device name of the bridge; empty for one made from the network's id
/// @param interContainer whether its containers may speak to each other
/// @param masquerade whether what its containers send outside goes by the host's address
/// @param mtu empty for the engine's
/// @param hostBinding where ports are published that name no address of the host
/// @param devicePrefix of the containers' devices, usually `eth`
/// @param withoutHostIpv4 whether the bridge has no IPv4 address of the host's
/// @param gatewayMode how containers and the world reach each other by IPv4
/// @param source the host's address that IPv4 goes out by, where not that of the way out
public record BridgeOptions(
    Optional<String> device,
    boolean interContainer,
    boolean masquerade,
    Optional<Integer> mtu,
    Optional<IpAddress> hostBinding,
    String devicePrefix,
    boolean withoutHostIpv4,
    GatewayMode gatewayMode,
    GatewayMode ipv6GatewayMode,
    Optional<IpAddress> source,
    Optional<IpAddress> ipv6Source) {
  static final String NAME = "com.docker.network.bridge.name";
  static final String INTER_CONTAINER = "com.docker.network.bridge.enable_icc";
  static final String MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade";
  static final String HOST_BINDING = "com.docker.network.bridge.host_binding_ipv4";
  static final String MTU = "com.docker.network.driver.mtu";
  static final String DEFAULT_BRIDGE = "com.docker.network.bridge.default_bridge";
  private static final String PREFIX = "com.docker.network.container_iface_prefix";
  private static final String INHIBIT_IPV4 = "com.docker.network.bridge.inhibit_ipv4";
  private static final String GATEWAY_MODE = "com.docker.network.bridge.gateway_mode_ipv4";
  private static final String GATEWAY_MODE_IPV6 = "com.docker.network.bridge.gateway_mode_ipv6";
  private static final String SOURCE = "com.docker.network.host_ipv4";
  private static final String SOURCE_IPV6 = "com.docker.network.host_ipv6";
  private static final int MAX_DEVICE_NAME = 15; // IFNAMSIZ - 1, linux/if.h

  /// How a network's containers and the world reach each other.
  public enum GatewayMode {
    /// By the host's address, in by published ports.
    NAT("nat"),
    /// By the host's address, in by every port.
    NAT_UNPROTECTED("nat-unprotected"),
    /// By their own addresses, in by published ports.
    ROUTED("routed"),
    /// Not at all, and the host has no address in the network; for internal ones only.
    ISOLATED("isolated");

    private final String dockerName;

    GatewayMode(String dockerName) {
      this.dockerName = dockerName;
    }

    boolean translated() {
      return this == NAT || this == NAT_UNPROTECTED;
    }
  }

  /// Reads them; what other options there are is left alone, as Docker does.
  ///
  /// @throws NetworkException in Docker's words when one has no meaning
  static BridgeOptions parse(NetworkSpec spec) {
    Reader options = new Reader(spec.options());
    BridgeOptions read =
        new BridgeOptions(
            options.text(NAME),
            options.flag(INTER_CONTAINER, true),
            options.flag(MASQUERADE, true),
            options.mtu(),
            options.address(HOST_BINDING, false),
            options.text(PREFIX).orElse("eth"),
            options.flag(INHIBIT_IPV4, false),
            options.gatewayMode(GATEWAY_MODE),
            options.gatewayMode(GATEWAY_MODE_IPV6),
            options.address(SOURCE, false),
            options.address(SOURCE_IPV6, true));
    read.check(spec);
    return read;
  }

  private void check(NetworkSpec spec) {
    device.ifPresent(BridgeOptions::checkDevice);
    boolean isolated =
        gatewayMode == GatewayMode.ISOLATED || ipv6GatewayMode == GatewayMode.ISOLATED;
    if (isolated && !spec.internal()) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "gateway mode 'isolated' can only be used for an internal network");
    }
    if (devicePrefix.length() > MAX_DEVICE_NAME - 2 || !devicePrefix.matches("[A-Za-z0-9_.-]+")) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "invalid %s '%s': expected up to 13 letters, digits, '-', '_' or '.'"
              .formatted(PREFIX, devicePrefix));
    }
  }

  /// @throws NetworkException when the kernel takes no device of this name
  static void checkDevice(String name) {
    if (name.isEmpty()
        || name.length() > MAX_DEVICE_NAME
        || !name.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "invalid bridge name '%s': expected up to 15 letters, digits, '-', '_' or '.'"
              .formatted(name));
    }
  }

  private record Reader(Map<String, String> options) {
    Optional<String> text(String name) {
      return Optional.ofNullable(options.get(name)).filter(value -> !value.isEmpty());
    }

    /// As Go reads a truth value.
    boolean flag(String name, boolean unset) {
      String value = options.get(name);
      if (value == null) {
        return unset;
      }
      return switch (value) {
        case "1", "t", "T", "true", "TRUE", "True" -> true;
        case "0", "f", "F", "false", "FALSE", "False" -> false;
        default ->
            throw unreadable(name, value, "strconv.ParseBool: parsing \"%s\": invalid syntax");
      };
    }

    Optional<Integer> mtu() {
      Optional<String> value = Optional.ofNullable(options.get(MTU));
      Optional<Integer> mtu = value.map(text -> number(MTU, text));
      mtu.filter(number -> number < 0 || number > 65535)
          .ifPresent(
              number -> {
                throw new NetworkException(
                    NetworkException.Kind.INVALID, "invalid MTU number: " + number);
              });
      return mtu.filter(number -> number != 0);
    }

    private static int number(String name, String value) {
      if (value.matches("[+-]?[0-9]{1,9}")) {
        return Integer.parseInt(value);
      }
      throw unreadable(name, value, "strconv.Atoi: parsing \"%s\": invalid syntax");
    }

    Optional<IpAddress> address(String name, boolean ipv6) {
      return text(name)
          .map(
              value ->
                  IpAddress.find(value)
                      .filter(address -> address.ipv6() == ipv6)
                      .orElseThrow(() -> unreadable(name, value, "nil ip")));
    }

    GatewayMode gatewayMode(String name) {
      String value = options.getOrDefault(name, "");
      return value.isEmpty()
          ? GatewayMode.NAT
          : List.of(GatewayMode.values()).stream()
              .filter(mode -> mode.dockerName.equals(value))
              .findFirst()
              .orElseThrow(() -> unreadable(name, value, "unknown gateway mode %s"));
    }

    private static NetworkException unreadable(String name, String value, String reason) {
      return new NetworkException(
          NetworkException.Kind.INVALID,
          "failed to parse %s value: %s (%s)".formatted(name, value, reason.formatted(value)));
    }
  }
}
