package gantry.network;

import java.util.Map;
import java.util.Optional;

/// What the driver options of a macvlan or ipvlan network say.
///
/// @param parent device of the host's that containers' devices hang on; empty for one of the
///   network's own that leads nowhere, as an internal network has it
/// @param mode as linux/if_link.h has it
record ParentedOptions(Optional<String> parent, int mode) {
  private static final Map<String, Integer> MACVLAN =
      Map.of("private", 1, "vepa", 2, "bridge", 4, "passthru", 8);
  private static final Map<String, Integer> IPVLAN = Map.of("l2", 0, "l3", 1, "l3s", 2);

  /// @throws NetworkException in Docker's words when one has no meaning
  static ParentedOptions parse(NetworkSpec spec) {
    boolean macvlan = spec.driver() == Network.Driver.MACVLAN;
    String name = macvlan ? "macvlan_mode" : "ipvlan_mode";
    String asked = spec.options().getOrDefault(name, "");
    String standard = macvlan ? "bridge" : "l2";
    Integer mode = (macvlan ? MACVLAN : IPVLAN).get(asked.isEmpty() ? standard : asked);
    if (mode == null) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "requested %s mode '%s' is not valid, '%s' mode is the %s driver default"
              .formatted(spec.driver().dockerName(), asked, standard, spec.driver().dockerName()));
    }
    Optional<String> parent =
        Optional.ofNullable(spec.options().get("parent")).filter(device -> !device.isEmpty());
    parent.ifPresent(device -> checkParent(device, spec.driver()));
    return new ParentedOptions(parent.filter(_ -> !spec.internal()), mode);
  }

  private static void checkParent(String device, Network.Driver driver) {
    if (device.equals("lo")) {
      throw new NetworkException(
          NetworkException.Kind.INVALID,
          "loopback interface is not a valid %s parent link".formatted(driver.dockerName()));
    }
    BridgeOptions.checkDevice(device);
  }
}
