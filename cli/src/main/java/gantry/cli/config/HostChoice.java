package gantry.cli.config;

import gantry.cli.http.TlsFiles;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/// Which daemon to speak to, and whether that was anybody's choice.
///
/// @param url the daemon's address, e.g. `unix:///run/gantry/gantry.sock`
/// @param preset whether it is where Gantry's own daemon listens unless it is told otherwise, so
///   that it is ours to start one
/// @param tls with which keys, where it listens on TCP
public record HostChoice(String url, boolean preset, Optional<TlsFiles> tls) {

  /// Where Gantry's own daemon listens unless it is told otherwise.
  public static final String DEFAULT_URL = "unix:///run/gantry/gantry.sock";

  private static final String DEFAULT_TLS_URL = "tcp://127.0.0.1:2376";

  /// What the command line and the environment say of daemons: `-H`, else `GANTRY_HOST`, else
  /// `DOCKER_HOST`; and `--context`.
  ///
  /// @param host empty when nothing names one
  public record Wish(String host, String context, Optional<TlsFiles> tls) {
    public static Wish of(
        String hostOption,
        String contextOption,
        Optional<TlsFiles> tls,
        Map<String, String> environment) {
      String host = hostOption;
      for (String name : new String[] {"GANTRY_HOST", "DOCKER_HOST"}) {
        host = host.isEmpty() ? environment.getOrDefault(name, "") : host;
      }
      return new Wish(host, contextOption, tls);
    }
  }

  /// The contexts, and which of them is in use: the one of `--context`, `default` where a host is
  /// named, that of `DOCKER_CONTEXT`, the configuration's `currentContext`, in this order.
  public static Contexts contexts(Wish wish, Map<String, String> environment, ConfigFile config) {
    String name = wish.context;
    if (name.isEmpty() && wish.host.isEmpty()) {
      name = environment.getOrDefault("DOCKER_CONTEXT", "");
      name = name.isEmpty() ? config.values().text("currentContext") : name;
    }
    String preset = wish.tls.isPresent() ? DEFAULT_TLS_URL : DEFAULT_URL;
    return new Contexts(
        config.directory(),
        name.isEmpty() ? Contexts.DEFAULT : name,
        wish.host.isEmpty() ? preset : wish.host);
  }

  /// The daemon of the context in use.
  ///
  /// @throws IOException when that cannot be read; the message is for the user
  public static HostChoice of(Wish wish, Contexts contexts) throws IOException {
    Contexts.Context context;
    try {
      context = contexts.find(contexts.current());
    } catch (Contexts.NotFoundException e) {
      throw new IOException(
          "Failed to initialize: unable to resolve docker endpoint: " + e.getMessage(), e);
    }
    if (context.name().equals(Contexts.DEFAULT)) {
      boolean preset = context.host().equals(DEFAULT_URL) && wish.tls.isEmpty();
      return new HostChoice(context.host(), preset, wish.tls);
    }
    return new HostChoice(context.host(), false, contexts.tlsFiles(context));
  }
}
