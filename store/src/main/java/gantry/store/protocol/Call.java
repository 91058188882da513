package gantry.store.protocol;

import gantry.http.Exchange;
import gantry.oci.Json;
import gantry.store.access.Access;
import gantry.store.access.Action;
import gantry.store.access.Principal;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One request, and who sends it.
public final class Call {
  private static final int PAGE_DEFAULT = 1000;

  private final Exchange exchange;
  private final Access access;
  private final Principal principal;

  private Call(Exchange exchange, Access access, Principal principal) {
    this.exchange = exchange;
    this.access = access;
    this.principal = principal;
  }

  /// @throws StoreException `UNAUTHORIZED` when what the client shows is wrong or over
  public static Call of(Exchange exchange, Access access) {
    Optional<Principal> principal = access.authenticate(exchange.header("Authorization"));
    if (principal.isEmpty()) {
      exchange.setHeader("WWW-Authenticate", Access.challenge(origin(exchange), ""));
      throw new StoreException(
          Code.UNAUTHORIZED, "name, password or token are wrong, or the token is over");
    }
    return new Call(exchange, access, principal.get());
  }

  Exchange exchange() {
    return exchange;
  }

  Principal principal() {
    return principal;
  }

  /// Who pushes, for blobs that are about to be used.
  String client() {
    return principal.name() + "@" + exchange.client();
  }

  String method() {
    return exchange.method();
  }

  boolean reads() {
    return method().equals("GET") || method().equals("HEAD");
  }

  boolean may(RepositoryName repository, Action action) {
    return access.may(principal, repository.text(), action);
  }

  /// Whether it is allowed, whatever the token at hand was made for: what lists show.
  boolean sees(RepositoryName repository) {
    return access.allowed(principal, repository.text(), Action.PULL);
  }

  /// @throws StoreException `UNAUTHORIZED` with a challenge for who has not shown enough, `DENIED`
  ///   for who may not
  void require(RepositoryName repository, Action action) {
    if (may(repository, action)) {
      return;
    }
    boolean another =
        principal.anonymous()
            || (principal.scope().isPresent()
                && access.allowed(principal, repository.text(), action));
    if (!another || !access.hasUsers()) {
      throw new StoreException(
          Code.DENIED,
          "%s may not %s in repository '%s'"
              .formatted(principal.display(), action, repository.text()));
    }
    String wanted = action == Action.PUSH ? "pull,push" : action.toString();
    exchange.setHeader(
        "WWW-Authenticate",
        Access.challenge(
            origin(exchange), "repository:%s:%s".formatted(repository.text(), wanted)));
    throw new StoreException(Code.UNAUTHORIZED, "authentication required");
  }

  /// Scheme and host as the client knows us.
  static String origin(Exchange exchange) {
    String host = exchange.header("Host").filter(h -> h.matches("[\\w.:\\[\\]-]+")).orElse("");
    boolean encrypted =
        exchange.encrypted()
            || exchange.header("X-Forwarded-Proto").filter("https"::equalsIgnoreCase).isPresent();
    return (encrypted ? "https://" : "http://") + (host.isEmpty() ? "localhost" : host);
  }

  /// How many entries a page shall have.
  int pageSize() {
    Optional<String> n = exchange.query().first("n");
    if (n.isEmpty()) {
      return PAGE_DEFAULT;
    }
    if (!n.get().matches("\\d{1,9}")) {
      throw new StoreException(
          Code.PAGINATION_NUMBER_INVALID, "n is the size of a page, got '" + n.get() + "'");
    }
    return Math.min(Integer.parseInt(n.get()), PAGE_DEFAULT);
  }

  void linkNext(String path, int n, String last) {
    String query = "n=%d&last=%s".formatted(n, URLEncoder.encode(last, StandardCharsets.UTF_8));
    exchange.setHeader("Link", "<%s?%s>; rel=\"next\"".formatted(path, query));
  }

  void sendJson(int status, Object document) {
    byte[] bytes = Json.write(document);
    exchange.send(status, "application/json", bytes, bytes.length);
  }

  /// Answers a request that was refused.
  ///
  /// Spec: OCI distribution-spec 1.1, "Error Codes".
  public static void sendError(Exchange exchange, StoreException refusal) {
    Map<String, Object> error =
        Map.of(
            "code", refusal.code().name(),
            "message", String.valueOf(refusal.getMessage()),
            "detail", Map.of());
    byte[] bytes = Json.write(Map.of("errors", List.of(error)));
    exchange.send(refusal.status(), "application/json", bytes, bytes.length);
  }
}
