package gantry.cli.network;

import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.FlagChecks;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.List;

/// `network connect` and `network disconnect`.
public final class MembershipCommands {

  public static final Command CONNECT =
      Command.of(
          "[OPTIONS] NETWORK CONTAINER",
          "Connect a container to a network",
          Arity.exactly(2),
          List.of(
              Flag.of(FlagType.STRINGS, "alias", "Name that others of the network find it by"),
              Flag.of(FlagType.STRINGS, "driver-opt", "Option of the network's driver"),
              Flag.of(FlagType.INT, "gw-priority", "The highest gives the default gateway"),
              Flag.text("ip", "IPv4 address"),
              Flag.text("ip6", "IPv6 address"),
              Flag.list("link", "Make another container known by name").checked(FlagChecks::link),
              Flag.of(FlagType.STRINGS, "link-local-ip", "Link-local address")),
          MembershipCommands::connect);

  public static final Command DISCONNECT =
      Command.of(
          "[OPTIONS] NETWORK CONTAINER",
          "Disconnect a container from a network",
          Arity.exactly(2),
          List.of(Flag.bool("force", 'f', "Disconnect it whatever state it is in")),
          MembershipCommands::disconnect);

  private MembershipCommands() {}

  private static int connect(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    JsonObject settings =
        JsonObject.create()
            .put("IPAMConfig", addresses(flags))
            .put("Links", flags.changed("link") ? flags.list("link") : JsonNull.NULL)
            .put("Aliases", flags.list("alias"))
            .put("DriverOpts", options(flags.list("driver-opt")))
            .put("GwPriority", flags.number("gw-priority"));
    post(
        session,
        invocation,
        "/connect",
        JsonObject.create()
            .put("Container", invocation.argument(1))
            .put("EndpointConfig", settings));
    return 0;
  }

  private static int disconnect(Session session, Invocation invocation) throws IOException {
    post(
        session,
        invocation,
        "/disconnect",
        JsonObject.create()
            .put("Container", invocation.argument(1))
            .put("Force", invocation.flags().bool("force")));
    return 0;
  }

  private static void post(Session session, Invocation invocation, String verb, JsonObject body)
      throws IOException {
    session.daemon().post("/networks/" + Query.segment(invocation.argument(0)) + verb, body);
  }

  private static JsonObject addresses(FlagValues flags) {
    JsonObject addresses = JsonObject.create();
    if (!flags.text("ip").isEmpty()) {
      addresses.put("IPv4Address", flags.text("ip"));
    }
    if (!flags.text("ip6").isEmpty()) {
      addresses.put("IPv6Address", flags.text("ip6"));
    }
    if (flags.changed("link-local-ip")) {
      addresses.put("LinkLocalIPs", flags.list("link-local-ip"));
    }
    return addresses;
  }

  private static JsonObject options(List<String> entries) {
    JsonObject options = JsonObject.create();
    for (String entry : entries) {
      int equals = entry.indexOf('=');
      String name = equals < 0 ? "" : entry.substring(0, equals).strip();
      if (name.isEmpty()) {
        throw new CliException("invalid key/value pair format in driver options");
      }
      options.put(name, entry.substring(equals + 1));
    }
    return options;
  }
}
