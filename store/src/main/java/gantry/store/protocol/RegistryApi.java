package gantry.store.protocol;

import gantry.http.Exchange;
import gantry.http.Query;
import gantry.store.access.Access;
import gantry.store.access.Action;
import gantry.store.access.Audit;
import gantry.store.access.Principal;
import gantry.store.content.Metadata;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import gantry.store.content.StoredManifest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What registry clients ask for: `/v2/`, `/token` and `/v1/search`.
///
/// Spec: OCI distribution-spec 1.1, "Endpoints".
public final class RegistryApi {
  private static final Pattern UPLOADS = Pattern.compile("/v2/(.+)/blobs/uploads/?");
  private static final Pattern UPLOAD = Pattern.compile("/v2/(.+)/blobs/uploads/([^/]+)");
  private static final Pattern TAGS = Pattern.compile("/v2/(.+)/tags/list");
  private static final Pattern THING =
      Pattern.compile("/v2/(.+)/(blobs|manifests|referrers)/([^/]+)");
  // Names that begin with an underscore are left to registries: distribution-spec, "Extensions".
  private static final Pattern README = Pattern.compile("/v2/(.+)/_gantry/readme");
  private static final int README_MAX_BYTES = 64 << 10;
  private static final int FORM_MAX_BYTES = 64 << 10;
  private static final int SEARCH_DEFAULT = 25;
  private static final int SEARCH_MAX = 100;
  private static final int CATALOG_READ = 500;

  private final Registry registry;
  private final Access access;
  private final Audit audit;
  private final BlobRoutes blobs;
  private final UploadRoutes uploads;
  private final ManifestRoutes manifests;

  public RegistryApi(Registry registry, Access access, Audit audit) {
    this.registry = registry;
    this.access = access;
    this.audit = audit;
    this.blobs = new BlobRoutes(registry);
    this.uploads = new UploadRoutes(registry);
    this.manifests = new ManifestRoutes(registry);
  }

  /// Whether a request is one of these.
  public static boolean serves(String path) {
    return path.equals("/v2")
        || path.startsWith("/v2/")
        || path.equals("/token")
        || path.equals("/v1/search");
  }

  /// Whether [#handle] answers this at once: a manifest that is in memory.
  public boolean immediate(Exchange exchange) {
    boolean reads = exchange.method().equals("GET") || exchange.method().equals("HEAD");
    return reads && Access.quick(exchange.header("Authorization")) && cached(exchange).isPresent();
  }

  private record Cached(RepositoryName repository, StoredManifest manifest) {}

  private Optional<Cached> cached(Exchange exchange) {
    Matcher match = THING.matcher(exchange.path());
    if (!match.matches() || !match.group(2).equals("manifests")) {
      return Optional.empty();
    }
    return RepositoryName.parse(match.group(1))
        .flatMap(
            name ->
                registry
                    .cachedManifest(name, match.group(3))
                    .map(found -> new Cached(name, found)));
  }

  /// Answers a request.
  public void handle(Exchange exchange) throws IOException {
    exchange.setHeader("Docker-Distribution-Api-Version", "registry/2.0");
    exchange.setHeader("X-Content-Type-Options", "nosniff");
    switch (exchange.path()) {
      case "/token" -> token(exchange);
      case "/v1/search" -> search(Call.of(exchange, access));
      case "/v2", "/v2/" -> version(exchange);
      case "/v2/_catalog" -> catalog(Call.of(exchange, access));
      default -> audited(Call.of(exchange, access));
    }
  }

  private void audited(Call call) throws IOException {
    if (call.reads()) {
      route(call);
      return;
    }
    int status = 0;
    try {
      route(call);
    } catch (StoreException e) {
      status = e.status();
      throw e;
    } finally {
      boolean worth = !call.method().equals("PATCH") || status != 0;
      if (worth) {
        audit.note(
            call.principal().display(),
            call.exchange().client(),
            call.method(),
            call.exchange().path(),
            status == 0 ? 200 : status);
      }
    }
  }

  private void route(Call call) throws IOException {
    String path = call.exchange().path();
    Matcher match = UPLOADS.matcher(path);
    if (match.matches()) {
      uploads.begin(call, name(match));
      return;
    }
    match = UPLOAD.matcher(path);
    if (match.matches()) {
      uploads.handle(call, name(match), match.group(2));
      return;
    }
    match = TAGS.matcher(path);
    if (match.matches()) {
      tags(call, name(match));
      return;
    }
    match = README.matcher(path);
    if (match.matches()) {
      readme(call, name(match));
      return;
    }
    match = THING.matcher(path);
    if (!match.matches()) {
      throw new StoreException(Code.NAME_UNKNOWN, "nothing is served at '" + path + "'");
    }
    RepositoryName name = name(match);
    switch (match.group(2)) {
      case "blobs" -> blobs.handle(call, name, match.group(3));
      case "manifests" -> manifest(call, name, match.group(3));
      default -> manifests.referrers(call, name, match.group(3));
    }
  }

  // What is in memory is answered on the event loop, where nothing may block.
  private void manifest(Call call, RepositoryName name, String reference) throws IOException {
    Optional<StoredManifest> cached =
        call.reads() ? registry.cachedManifest(name, reference) : Optional.empty();
    if (cached.isPresent()) {
      call.require(name, Action.PULL);
      manifests.send(call, name, cached.get());
    } else {
      manifests.handle(call, name, reference);
    }
  }

  private static RepositoryName name(Matcher match) {
    return RepositoryName.parse(match.group(1))
        .orElseThrow(
            () ->
                new StoreException(
                    Code.NAME_INVALID,
                    "'%s' is no name of a repository: lower-case letters, digits, and . _ - / between them"
                        .formatted(match.group(1))));
  }

  /// `GET /v2/`: whether this is a registry, and whether one has to log in.
  private void version(Exchange exchange) {
    Call call = Call.of(exchange, access);
    if (call.principal().anonymous() && call.principal().scope().isEmpty() && access.hasUsers()) {
      exchange.setHeader("WWW-Authenticate", Access.challenge(Call.origin(exchange), ""));
      throw new StoreException(Code.UNAUTHORIZED, "authentication required");
    }
    call.sendJson(200, Map.of());
  }

  /// `GET /v2/_catalog`. Not of the spec; in Docker's registry since its beginning.
  private void catalog(Call call) {
    int n = call.pageSize();
    String last = call.exchange().query().text("last");
    List<String> names = new ArrayList<>();
    boolean more = true;
    while (names.size() <= n && more) {
      List<RepositoryName> page = registry.metadata().repositories(last, CATALOG_READ);
      page.stream().filter(call::sees).map(RepositoryName::text).forEach(names::add);
      more = page.size() == CATALOG_READ;
      last = page.isEmpty() ? last : page.getLast().text();
    }
    List<String> shown = names.subList(0, Math.min(n, names.size()));
    if (names.size() > n && n > 0) {
      call.linkNext("/v2/_catalog", n, shown.getLast());
    }
    call.sendJson(200, Map.of("repositories", shown));
  }

  private void tags(Call call, RepositoryName repository) {
    if (!call.reads()) {
      throw new StoreException(Code.UNSUPPORTED, "tags are listed with GET");
    }
    call.require(repository, Action.PULL);
    if (!registry.metadata().hasRepository(repository)) {
      throw new StoreException(Code.NAME_UNKNOWN, "no repository '" + repository + "'");
    }
    int n = call.pageSize();
    List<String> names =
        registry.metadata().tagNames(repository, call.exchange().query().text("last"), n + 1);
    List<String> shown = names.subList(0, Math.min(n, names.size()));
    if (names.size() > n && n > 0) {
      call.linkNext("/v2/%s/tags/list".formatted(repository), n, shown.getLast());
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("name", repository.text());
    document.put("tags", shown);
    call.sendJson(200, document);
  }

  /// `PUT /v2/<name>/_gantry/readme`: the text that goes with a repository; an empty one takes it
  /// away.
  private void readme(Call call, RepositoryName repository) throws IOException {
    if (!call.method().equals("PUT")) {
      throw new StoreException(Code.UNSUPPORTED, "a README is sent with PUT");
    }
    call.require(repository, Action.PUSH);
    if (!registry.metadata().hasRepository(repository)) {
      throw new StoreException(Code.NAME_UNKNOWN, "no repository '" + repository + "'");
    }
    byte[] text = call.exchange().body().readNBytes(README_MAX_BYTES + 1);
    if (text.length > README_MAX_BYTES) {
      throw new StoreException(
          Code.SIZE_INVALID, 413, "a README has %d bytes at most".formatted(README_MAX_BYTES));
    }
    registry.metadata().setReadme(repository, new String(text, StandardCharsets.UTF_8));
    call.exchange().send(204);
  }

  /// `GET /v1/search?q=…&n=…`, as `docker search` asks an index.
  private void search(Call call) {
    String text = call.exchange().query().text("q");
    String asked = call.exchange().query().text("n");
    int n = asked.matches("[1-9]\\d{0,5}") ? Integer.parseInt(asked) : SEARCH_DEFAULT;
    List<Map<String, Object>> results =
        registry
            .metadata()
            .search(text.toLowerCase(Locale.ROOT), 0, Math.min(n, SEARCH_MAX))
            .stream()
            .filter(line -> call.sees(line.name()))
            .map(RegistryApi::result)
            .toList();
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("num_pages", 1);
    document.put("num_results", results.size());
    document.put("page", 1);
    document.put("page_size", Math.min(n, SEARCH_MAX));
    document.put("query", text);
    document.put("results", results);
    call.sendJson(200, document);
  }

  private static Map<String, Object> result(Metadata.RepositoryLine line) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", line.name().text());
    result.put("description", line.description());
    result.put("star_count", line.pulls());
    result.put("is_official", false);
    result.put("is_automated", false);
    return result;
  }

  /// `GET /token` with a password in its head, and `POST /token` with one in its form (OAuth 2).
  private void token(Exchange exchange) throws IOException {
    Query form = exchange.query();
    Optional<Principal> principal;
    if (exchange.method().equals("POST")) {
      byte[] body = exchange.body().readNBytes(FORM_MAX_BYTES);
      form = Query.parse(new String(body, StandardCharsets.UTF_8));
      principal =
          form.text("grant_type").equals("password")
              ? access.login(form.text("username"), form.text("password"))
              : Optional.empty();
    } else {
      principal = access.authenticate(exchange.header("Authorization"));
    }
    if (principal.isEmpty() || principal.get().scope().isPresent()) {
      audit.note("anonymous", exchange.client(), "LOGIN", "/token", 401);
      throw new StoreException(Code.UNAUTHORIZED, "name or password is wrong");
    }
    byte[] token = access.issue(principal.get(), form.all("scope"));
    exchange.setHeader("Cache-Control", "no-store");
    exchange.send(200, "application/json", token, token.length);
  }
}
