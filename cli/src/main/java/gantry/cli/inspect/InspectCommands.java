package gantry.cli.inspect;

import gantry.cli.api.DaemonException;
import gantry.cli.api.Query;
import gantry.cli.command.CliException;
import gantry.cli.command.Command;
import gantry.cli.command.Command.Invocation;
import gantry.cli.command.Session;
import gantry.cli.flag.Arity;
import gantry.cli.flag.Flag;
import gantry.cli.json.Json;
import gantry.cli.json.JsonObject;
import gantry.cli.listing.FormatFlag;
import java.io.IOException;
import java.util.List;

/// `inspect` for anything, and the `inspect` of each kind.
public final class InspectCommands {

  private static final Flag SIZE = Flag.bool("size", 's', "Show how much a container has written");
  private static final List<String> TYPES =
      List.of(
          "config",
          "container",
          "image",
          "network",
          "node",
          "plugin",
          "secret",
          "service",
          "task",
          "volume");

  public static final Command ANY =
      Command.of(
          "[OPTIONS] NAME|ID [NAME|ID...]",
          "Return low-level information on containers, images, networks and volumes",
          Arity.atLeast(1),
          List.of(
              FormatFlag.forOne(), SIZE, Flag.text("type", "Look for this kind of thing alone")),
          InspectCommands::any);

  public static final Command CONTAINER =
      Command.of(
          "[OPTIONS] CONTAINER [CONTAINER...]",
          "Display detailed information on one or more containers",
          Arity.atLeast(1),
          List.of(FormatFlag.forOne(), SIZE),
          (session, invocation) ->
              Inspection.print(
                  session,
                  invocation.arguments(),
                  invocation.flags().text("format"),
                  name -> fetch(session, invocation, "container", name)));

  public static final Command IMAGE =
      Command.of(
          "[OPTIONS] IMAGE [IMAGE...]",
          "Display detailed information on one or more images",
          Arity.atLeast(1),
          List.of(
              FormatFlag.forOne(),
              Flag.text(
                  "platform",
                  "Platform of a multi-platform image to inspect (os[/arch[/variant]])")),
          (session, invocation) ->
              Inspection.print(
                  session,
                  invocation.arguments(),
                  invocation.flags().text("format"),
                  name -> fetch(session, invocation, "image", name)));

  public static final Command NETWORK =
      Command.of(
          "[OPTIONS] NETWORK [NETWORK...]",
          "Display detailed information on one or more networks",
          Arity.atLeast(1),
          List.of(FormatFlag.forOne(), Flag.bool("verbose", 'v', "Show diagnostics too")),
          (session, invocation) ->
              Inspection.print(
                  session,
                  invocation.arguments(),
                  invocation.flags().text("format"),
                  name -> fetch(session, invocation, "network", name)));

  public static final Command VOLUME =
      Command.of(
          "[OPTIONS] VOLUME [VOLUME...]",
          "Display detailed information on one or more volumes",
          Arity.atLeast(1),
          List.of(FormatFlag.forOne()),
          (session, invocation) ->
              Inspection.print(
                  session,
                  invocation.arguments(),
                  invocation.flags().text("format"),
                  name -> fetch(session, invocation, "volume", name)));

  private InspectCommands() {}

  private static int any(Session session, Invocation invocation) throws IOException {
    String type = invocation.flags().text("type");
    if (invocation.flags().changed("type") && !TYPES.contains(type)) {
      throw new CliException(
          "unknown type: \""
              + type
              + "\": must be one of \""
              + String.join("\", \"", TYPES)
              + "\"");
    }
    String format = invocation.flags().text("format");
    return Inspection.print(
        session,
        invocation.arguments(),
        format,
        name ->
            type.isEmpty()
                ? first(session, invocation, name)
                : fetch(session, invocation, type, name));
  }

  /// The first kind of thing that has the name.
  private static byte[] first(Session session, Invocation invocation, String name)
      throws IOException {
    for (String type : List.of("container", "image", "network", "volume")) {
      try {
        return fetch(session, invocation, type, name);
      } catch (DaemonException e) {
        if (!e.notFound()) {
          throw e;
        }
      }
    }
    throw new DaemonException(404, "Error: No such object: " + name);
  }

  private static byte[] fetch(Session session, Invocation invocation, String type, String name)
      throws IOException {
    String segment = Query.segment(name);
    boolean sized = invocation.flags().knows("size") && invocation.flags().bool("size");
    Query query =
        switch (type) {
          case "container" -> Query.of("/containers/" + segment + "/json").flag("size", sized);
          case "image" -> Query.of("/images/" + segment + "/json");
          case "network" ->
              Query.of("/networks/" + segment)
                  .flag(
                      "verbose",
                      invocation.flags().knows("verbose") && invocation.flags().bool("verbose"));
          case "volume" -> Query.of("/volumes/" + segment);
          default -> Query.of("/" + type + "s/" + segment + (type.equals("plugin") ? "/json" : ""));
        };
    if (type.equals("image") && invocation.flags().knows("platform")) {
      query.optional("platform", platformJson(invocation.flags().text("platform")));
    }
    return session.daemon().getBytes(query);
  }

  /// `os/arch/variant` as the JSON that some calls take.
  public static String platformJson(String platform) {
    if (platform.isEmpty()) {
      return "";
    }
    String[] parts = platform.split("/", -1);
    JsonObject json = JsonObject.create();
    json.put("architecture", parts.length > 1 ? parts[1] : "").put("os", parts[0]);
    if (parts.length > 2) {
      json.put("variant", parts[2]);
    }
    return Json.write(json, Json.Escaping.PLAIN);
  }
}
