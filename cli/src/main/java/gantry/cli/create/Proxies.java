package gantry.cli.create;

import gantry.cli.command.Session;
import gantry.cli.json.JsonObject;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The proxies of the user's settings, for containers and builds.
public final class Proxies {

  private Proxies() {}

  /// Variables of the environment, each in upper and lower case.
  public static Map<String, String> of(Session session) throws IOException {
    JsonObject proxies = session.config().values().object("proxies");
    if (proxies.members().isEmpty()) {
      return Map.of();
    }
    String host = session.daemon().endpoint().toString();
    JsonObject chosen = proxies.has(host) ? proxies.object(host) : proxies.object("default");
    Map<String, String> variables = new LinkedHashMap<>();
    for (String name : List.of("http", "https", "no", "ftp", "all")) {
      String value = chosen.text(name + "Proxy");
      if (!value.isEmpty()) {
        String variable = name + "_proxy";
        variables.put(variable.toUpperCase(Locale.ROOT), value);
        variables.put(variable, value);
      }
    }
    return variables;
  }
}
