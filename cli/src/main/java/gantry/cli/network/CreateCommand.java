package gantry.cli.network;

import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.create.CreateBody;
import gantry.cli.create.FlagChecks;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonNull;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.List;

/// `network create`.
public final class CreateCommand {

  public static final Command COMMAND =
      Command.of(
          "[OPTIONS] NETWORK",
          "Create a network",
          Arity.exactly(1),
          List.of(
              Flag.bool("attachable", "Let containers join it by hand"),
              Flag.of(FlagType.MAP, "aux-address", "Address that no container gets (name=address)"),
              Flag.text("config-from", "Network to take the settings from"),
              Flag.bool("config-only", "Make settings for other networks, and no network"),
              Flag.text("driver", 'd', "Driver of the network").preset("bridge"),
              Flag.of(FlagType.STRINGS, "gateway", "Gateway of a subnet, IPv4 or IPv6"),
              Flag.bool("ingress", "Make the routing mesh of a swarm"),
              Flag.bool("internal", "Let nothing in from outside and nothing out"),
              Flag.of(FlagType.STRINGS, "ip-range", "Part of a subnet that containers get"),
              Flag.text("ipam-driver", "Driver that gives addresses").preset("default"),
              Flag.of(FlagType.MAP, "ipam-opt", "Option of the driver that gives addresses"),
              Flag.bool("ipv4", "Give IPv4 addresses").preset("true"),
              Flag.bool("ipv6", "Give IPv6 addresses"),
              Flag.list("label", "Set a label").checked(FlagChecks::label),
              Flag.of(FlagType.MAP, "opt", 'o', "Option of the driver"),
              Flag.text("scope", "Scope of the network"),
              Flag.of(FlagType.STRINGS, "subnet", "Subnet in CIDR notation, e.g. 10.1.0.0/16")),
          CreateCommand::run);

  private CreateCommand() {}

  private static int run(Session session, Invocation invocation) throws IOException {
    JsonObject body = body(invocation.flags(), invocation.argument(0));
    session.println(session.daemon().post("/networks/create", body).text("Id"));
    return 0;
  }

  private static JsonObject body(FlagValues flags, String name) {
    JsonObject addresses =
        JsonObject.create()
            .put("Driver", flags.text("ipam-driver"))
            .put("Options", CreateBody.pairs(flags.list("ipam-opt")))
            .put(
                "Config",
                Pools.of(
                    flags.list("subnet"),
                    flags.list("ip-range"),
                    flags.list("gateway"),
                    CreateBody.pairs(flags.list("aux-address"))));
    JsonObject body =
        JsonObject.create().put("Driver", flags.text("driver")).put("Scope", flags.text("scope"));
    if (flags.changed("ipv4")) {
      body.put("EnableIPv4", flags.bool("ipv4"));
    }
    if (flags.changed("ipv6")) {
      body.put("EnableIPv6", flags.bool("ipv6"));
    }
    return body.put("IPAM", addresses)
        .put("Internal", flags.bool("internal"))
        .put("Attachable", flags.bool("attachable"))
        .put("Ingress", flags.bool("ingress"))
        .put("ConfigOnly", flags.bool("config-only"))
        .put("ConfigFrom", settingsOf(flags.text("config-from")))
        .put("Options", CreateBody.pairs(flags.list("opt")))
        .put("Labels", CreateBody.pairs(flags.list("label")))
        .put("Name", name);
  }

  private static Object settingsOf(String network) {
    return network.isEmpty() ? JsonNull.NULL : JsonObject.create().put("Network", network);
  }
}
