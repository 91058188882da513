package gantry.cli.network;

import gantry.cli.api.Query;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.flag.FlagType;
import gantry.cli.flag.FlagValues;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.Column;
import gantry.cli.listing.FormatFlag;
import gantry.cli.listing.Listing;
import gantry.cli.listing.Texts;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// `network ls`.
public final class NetworkCommands {

  public static final Command LIST =
      Command.of(
              "[OPTIONS]",
              "List networks",
              Arity.NONE,
              List.of(
                  Flag.of(
                      FlagType.FILTER,
                      "filter",
                      'f',
                      "Show only what matches, e.g. \"driver=bridge\""),
                  FormatFlag.forLists(),
                  Flag.bool("no-trunc", "Show IDs in full"),
                  Flag.bool("quiet", 'q', "Show IDs alone")),
              NetworkCommands::list)
          .alias("network ls", "network list");

  private static final String TABLE = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}";

  private NetworkCommands() {}

  private record Network(JsonObject json, boolean truncates) implements Listing.Labelled {
    static final Listing<Network> LISTING =
        new Listing<>(
            "*network.networkContext",
            List.of(
                Column.of(
                    "ID",
                    "NETWORK ID",
                    network ->
                        network.truncates
                            ? Texts.shortId(network.json.text("Id"))
                            : network.json.text("Id")),
                Column.of("Name", "NAME", network -> network.json.text("Name")),
                Column.of("Driver", "DRIVER", network -> network.json.text("Driver")),
                Column.of("Scope", "SCOPE", network -> network.json.text("Scope")),
                Column.of(
                    "IPv4", "IPV4", network -> Boolean.toString(network.json.bool("EnableIPv4"))),
                Column.of(
                    "IPv6", "IPV6", network -> Boolean.toString(network.json.bool("EnableIPv6"))),
                Column.of(
                    "Internal",
                    "INTERNAL",
                    network -> Boolean.toString(network.json.bool("Internal"))),
                Column.of(
                    "Labels", "LABELS", network -> Texts.pairs(network.json.object("Labels"))),
                Column.of("CreatedAt", "CREATED AT", Network::created)));

    private String created() {
      String created = json.text("Created");
      try {
        Instant time = Instant.parse(created);
        return Texts.goTime(time, created.endsWith("Z") ? ZoneOffset.UTC : ZoneId.systemDefault());
      } catch (DateTimeParseException _) {
        return created; // not a time that we know how to word differently
      }
    }

    @Override
    public String label(String key) {
      return json.object("Labels").text(key);
    }
  }

  private static int list(Session session, Invocation invocation) throws IOException {
    FlagValues flags = invocation.flags();
    boolean truncates = !flags.bool("no-trunc");
    List<Network> networks = new ArrayList<>();
    for (JsonObject json :
        session.daemon().getList(Query.of("/networks").filters(flags.list("filter")))) {
      networks.add(new Network(json, truncates));
    }
    networks.sort(Comparator.comparing(network -> network.json.text("Name")));
    String format = FormatFlag.choose(flags, session.config(), "networksFormat");
    if (FormatFlag.isTable(format)) {
      format = flags.bool("quiet") ? "{{.ID}}" : TABLE;
    }
    session.out().print(Network.LISTING.print(format, networks));
    return 0;
  }
}
