package gantry.daemon.api;

import gantry.build.BuildException;
import gantry.daemon.json.JsonException;
import gantry.daemon.json.JsonWriter;
import gantry.engine.Engine;
import gantry.engine.EngineException;
import gantry.http.Exchange;
import gantry.http.Handler;
import gantry.oci.FormatException;
import java.io.InterruptedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The Docker Engine API of one engine: versions, routes, errors.
///
/// Every path exists twice, as `/containers/json` and as `/v1.43/containers/json`.
public final class DockerApi implements Handler {
  private static final Logger LOG = LoggerFactory.getLogger(DockerApi.class);

  private final Supplier<Engine> engine;
  private final Routes routes = new Routes();

  /// @param engine may block until the engine is open; `/_ping` does not ask for it
  public DockerApi(Supplier<Engine> engine) {
    this.engine = engine;
    SystemRoutes.addTo(routes);
    ContainerRoutes.addTo(routes);
    StreamRoutes.addTo(routes);
    EventRoutes.addTo(routes);
    ExecRoutes.addTo(routes);
    ArchiveRoutes.addTo(routes);
    ImageRoutes.addTo(routes);
    TransferRoutes.addTo(routes);
    NetworkRoutes.addTo(routes);
    VolumeRoutes.addTo(routes);
    new BuildRoutes().addTo(routes);
    AbsentRoutes.addTo(routes);
  }

  /// What every response carries.
  public static Map<String, String> ordinaryHeaders() {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Api-Version", ApiVersion.NEWEST.toString());
    headers.put("Docker-Experimental", "false");
    headers.put("Ostype", "linux");
    headers.put("Server", "Docker/" + Product.VERSION + " (linux)");
    return headers;
  }

  @Override
  public boolean immediate(String method, String path) {
    return path.endsWith("/_ping");
  }

  @Override
  public void handle(Exchange exchange) throws Exception {
    String path = exchange.path();
    if (path.contains("//")) {
      redirect(exchange, path);
      return;
    }
    Optional<String> prefix = versionPrefix(path);
    Optional<ApiVersion> asked = prefix.flatMap(ApiVersion::parse);
    ApiVersion version = asked.orElse(ApiVersion.NEWEST);
    if (prefix.isPresent()) {
      path = path.substring(2 + prefix.get().length());
      if (!checkVersion(exchange, prefix.get(), asked)) {
        return;
      }
    }
    if (exchange.method().equals("OPTIONS")) {
      exchange.send(200);
      return;
    }
    route(exchange, path, version);
  }

  private void route(Exchange exchange, String path, ApiVersion version) throws Exception {
    Optional<Routes.Match> match = routes.find(exchange.method(), path);
    if (match.isEmpty()) {
      refuse(exchange, 404, "page not found");
      return;
    }
    Routes.Route route = match.get().route();
    if (version.before(route.since())) {
      throw Call.invalid(
          "\"%s %s\" requires minimum API version 1.%d"
              .formatted(route.method(), path, route.since()));
    }
    Call call = new Call(engine, exchange, version, match.get().variables());
    call.readForm();
    route.handler().handle(call);
  }

  // `1.43` of `/v1.43/info`: digits and dots, anything else is no version but a path.
  private static Optional<String> versionPrefix(String path) {
    if (!path.startsWith("/v")) {
      return Optional.empty();
    }
    int end = 2;
    while (end < path.length() && isVersionCharacter(path.charAt(end))) {
      end++;
    }
    boolean version = end > 2 && end < path.length() && path.charAt(end) == '/';
    return version ? Optional.of(path.substring(2, end)) : Optional.empty();
  }

  private static boolean isVersionCharacter(char c) {
    return c == '.' || (c >= '0' && c <= '9');
  }

  private boolean checkVersion(Exchange exchange, String text, Optional<ApiVersion> version) {
    if (version.isEmpty()) {
      refuse(exchange, 400, "invalid API version: " + text);
      return false;
    }
    if (version.get().compareTo(ApiVersion.NEWEST) > 0) {
      refuse(
          exchange,
          400,
          "client version %s is too new. Maximum supported API version is %s"
              .formatted(text, ApiVersion.NEWEST));
      return false;
    }
    if (version.get().compareTo(ApiVersion.OLDEST) < 0) {
      // Clients that old do not read JSON errors.
      exchange.send(
          400,
          "text/plain; charset=utf-8",
          "client version %s is too old. Minimum supported API version is %s, please upgrade your client to a newer version\n"
              .formatted(text, ApiVersion.OLDEST));
      return false;
    }
    return true;
  }

  private static void redirect(Exchange exchange, String path) {
    exchange.setHeader("Location", path.replaceAll("/{2,}", "/"));
    exchange.send(301);
  }

  static void refuse(Exchange exchange, int status, String message) {
    new JsonWriter().object().put("message", message).end().send(exchange, status);
  }

  @Override
  public void failed(Exchange exchange, Throwable failure) {
    int status = statusOf(failure);
    if (status == 304) {
      exchange.send(304);
      return;
    }
    if (failure instanceof InterruptedException || failure instanceof InterruptedIOException) {
      LOG.debug("{} was given up by its client", exchange);
    } else if (status == 500) {
      LOG.error("{} failed: {}", exchange, failure.getMessage(), failure);
    } else {
      LOG.debug("{} was answered with {}: {}", exchange, status, failure.getMessage());
    }
    refuse(exchange, status, message(failure));
  }

  static int statusOf(Throwable failure) {
    return switch (failure) {
      case EngineException e ->
          switch (e.kind()) {
            case INVALID_ARGUMENT -> 400;
            case UNAUTHORIZED -> 401;
            case FORBIDDEN -> 403;
            case NOT_FOUND -> 404;
            case CONFLICT -> 409;
            case UNCHANGED -> 304;
            case NOT_IMPLEMENTED -> 501;
            case UNAVAILABLE -> 503;
            case INTERNAL -> 500;
          };
      case BuildException e ->
          switch (e.kind()) {
            case INVALID -> 400;
            case NOT_FOUND -> 404;
            case CHANGED -> 409;
            case STEP_FAILED, CANCELLED, INTERNAL -> 500;
          };
      case JsonException _, FormatException _ -> 400;
      default -> 500;
    };
  }

  static String message(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isEmpty() ? failure.toString() : message;
  }
}
