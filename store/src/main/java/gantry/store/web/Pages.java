package gantry.store.web;

import gantry.http.Exchange;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.History;
import gantry.oci.ImageConfig;
import gantry.store.access.Access;
import gantry.store.access.Action;
import gantry.store.access.Principal;
import gantry.store.content.ManifestDocument;
import gantry.store.content.Metadata;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import gantry.store.content.StoredManifest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// The pages: `/` lists and searches, `/r/<name>` is a repository, `/r/<name>:<tag>` and
/// `/r/<name>@<digest>` are an image.
public final class Pages {
  private static final String CSP =
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
  private static final int PER_PAGE = 50;
  private static final int FILES_SHOWN = 200;
  private static final double BAR_LEAST = 1.5;

  private final Registry registry;
  private final Access access;
  private final Layers layers;
  private final byte[] style;

  public Pages(Registry registry, Access access) {
    this.registry = registry;
    this.access = access;
    this.layers = new Layers(registry);
    try (InputStream css = Pages.class.getResourceAsStream("style.css")) {
      if (css == null) {
        throw new IllegalStateException("the style sheet is not in the jar");
      }
      this.style = css.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Answers with a page; with one that says so where there is none.
  public void handle(Exchange exchange) {
    exchange.setHeader("Content-Security-Policy", CSP);
    exchange.setHeader("X-Content-Type-Options", "nosniff");
    exchange.setHeader("Referrer-Policy", "no-referrer");
    if (exchange.path().equals("/style.css")) {
      exchange.setHeader("Cache-Control", "max-age=300");
      exchange.send(200, "text/css; charset=utf-8", style, style.length);
      return;
    }
    try {
      send(exchange, 200, page(exchange));
    } catch (StoreException e) {
      if (e.status() == 401) {
        exchange.setHeader("WWW-Authenticate", "Basic realm=\"Gantry Store\"");
      }
      send(exchange, e.status(), apology(e));
    }
  }

  private static void send(Exchange exchange, int status, String html) {
    exchange.send(status, "text/html; charset=utf-8", html);
  }

  private static String apology(StoreException e) {
    return new Html("Not here")
        .raw("<h1>")
        .text(e.status() == 404 ? "Not here" : "Not for you")
        .raw("</h1>")
        .element("p", String.valueOf(e.getMessage()))
        .end();
  }

  private String page(Exchange exchange) {
    Principal principal =
        access
            .authenticate(exchange.header("Authorization"))
            .orElseThrow(() -> new StoreException(Code.UNAUTHORIZED, "name or password is wrong"));
    String path = exchange.path();
    if (path.equals("/")) {
      return list(principal, exchange.query().text("q"), number(exchange));
    }
    if (!path.startsWith("/r/")) {
      throw new StoreException(Code.NAME_UNKNOWN, "there is no page '" + path + "'");
    }
    String rest = path.substring("/r/".length());
    int at = rest.indexOf('@');
    int colon = at >= 0 ? at : rest.indexOf(':');
    RepositoryName name =
        RepositoryName.parse(colon < 0 ? rest : rest.substring(0, colon))
            .orElseThrow(() -> new StoreException(Code.NAME_UNKNOWN, "that is no repository"));
    if (!access.allowed(principal, name.text(), Action.PULL)) {
      throw new StoreException(
          principal.anonymous() && access.hasUsers() ? Code.UNAUTHORIZED : Code.DENIED,
          "this repository is not open to everybody");
    }
    String host = exchange.header("Host").filter(h -> h.matches("[\\w.:\\[\\]-]+")).orElse("");
    return colon < 0
        ? repository(name, number(exchange), host)
        : image(name, rest.substring(colon + 1), at >= 0 ? "@" : ":", host);
  }

  private static int number(Exchange exchange) {
    String text = exchange.query().text("page");
    return text.matches("[1-9]\\d{0,5}") ? Integer.parseInt(text) : 1;
  }

  // ---- the list

  private String list(Principal principal, String search, int page) {
    Html html = new Html(search.isEmpty() ? "Gantry Store" : search + " · Gantry Store");
    html.raw("<h1>").text(search.isEmpty() ? "Repositories" : "“" + search + "”").raw("</h1>");
    List<Metadata.RepositoryLine> lines =
        registry
            .metadata()
            .search(search.toLowerCase(Locale.ROOT), (page - 1) * PER_PAGE, PER_PAGE + 1);
    if (lines.isEmpty()) {
      html.raw("<p class=\"quiet\">Nothing here yet. Push something:</p><pre>")
          .text("docker push HOST/NAME:TAG")
          .raw("</pre>");
    }
    html.raw("<ul class=\"cards\">");
    lines.stream()
        .limit(PER_PAGE)
        .filter(line -> access.allowed(principal, line.name().text(), Action.PULL))
        .forEach(line -> card(html, line));
    html.raw("</ul>");
    pager(html, "/?q=" + encoded(search), page, lines.size() > PER_PAGE);
    return html.end();
  }

  private static void card(Html html, Metadata.RepositoryLine line) {
    html.raw("<li>").link("/r/" + line.name(), line.name().text());
    if (!line.description().isEmpty()) {
      html.element("p", line.description());
    }
    html.raw("<p class=\"quiet\">")
        .text(
            "%d tag%s · %d pull%s · changed %s"
                .formatted(
                    line.tags(),
                    line.tags() == 1 ? "" : "s",
                    line.pulls(),
                    line.pulls() == 1 ? "" : "s",
                    Html.ago(line.changed())))
        .raw("</p></li>");
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private static void pager(Html html, String base, int page, boolean more) {
    html.raw("<nav>");
    if (page > 1) {
      html.link(base + "&page=" + (page - 1), "← newer");
    }
    if (more) {
      html.link(base + "&page=" + (page + 1), "older →");
    }
    html.raw("</nav>");
  }

  // ---- a repository

  private String repository(RepositoryName name, int page, String host) {
    Metadata.RepositoryLine line =
        registry
            .metadata()
            .line(name)
            .orElseThrow(
                () ->
                    new StoreException(Code.NAME_UNKNOWN, "there is no repository '" + name + "'"));
    Html html = new Html(name + " · Gantry Store");
    html.element("h1", name.text());
    if (!line.description().isEmpty()) {
      html.raw("<p class=\"lead\">").text(line.description()).raw("</p>");
    }
    List<Metadata.TagLine> tags =
        registry.metadata().tags(name, (page - 1) * PER_PAGE, PER_PAGE + 1);
    if (!tags.isEmpty()) {
      html.element("pre", "docker pull %s/%s:%s".formatted(host, name, tags.getFirst().name()));
    }
    html.raw(
        "<table><thead><tr><th>Tag<th>Platforms<th class=\"n\">Size<th>Pushed<th>By</tr></thead><tbody>");
    tags.stream().limit(PER_PAGE).forEach(tag -> row(html, name, tag));
    html.raw("</tbody></table>");
    pager(html, "/r/" + name + "?", page, tags.size() > PER_PAGE);
    registry
        .metadata()
        .readme(name)
        .ifPresent(
            text -> html.raw("<h2>README</h2><pre class=\"readme\">").text(text).raw("</pre>"));
    return html.end();
  }

  private static void row(Html html, RepositoryName name, Metadata.TagLine tag) {
    Metadata.ManifestEntry manifest = tag.manifest();
    html.raw("<tr><td>").link("/r/" + name + ":" + tag.name(), tag.name());
    html.raw("<td>").text(manifest.platforms());
    html.raw("<td class=\"n\">").text(Html.size(manifest.totalBytes()));
    html.raw("<td><time datetime=\"")
        .text(tag.pushed().toString())
        .raw("\">")
        .text(Html.ago(tag.pushed()))
        .raw("</time><td>")
        .text(tag.pushedBy())
        .raw("</tr>");
  }

  // ---- an image

  private String image(RepositoryName name, String reference, String sign, String host) {
    StoredManifest stored = registry.manifest(name, reference);
    ManifestDocument document = ManifestDocument.parse(stored.bytes(), stored.mediaType());
    Html html = new Html(name + sign + reference);
    html.raw("<p class=\"quiet\">").link("/r/" + name, name.text()).raw("</p><h1>");
    html.text(sign.equals("@") ? stored.digest().shortHex() : reference).raw("</h1>");
    html.element("pre", "docker pull %s/%s%s%s".formatted(host, name, sign, reference));
    html.raw("<p class=\"digest\">").text(stored.digest().toString()).raw("</p>");
    if (document.config().isEmpty()) {
      children(html, name, document);
    } else {
      Optional<ImageConfig> config = registry.config(document);
      bars(html, name, document, config);
      config.ifPresent(c -> config(html, c));
    }
    annotations(html, document.annotations());
    referrers(html, name, stored.digest());
    return html.end();
  }

  private void children(Html html, RepositoryName name, ManifestDocument index) {
    html.raw("<h2>Images</h2><table><tbody>");
    for (Metadata.Part part : index.parts()) {
      Optional<Metadata.ManifestEntry> child = registry.metadata().manifest(name, part.digest());
      html.raw("<tr><td>")
          .link("/r/" + name + "@" + part.digest(), part.digest().shortHex())
          .raw("<td>")
          .text(child.map(Metadata.ManifestEntry::platforms).orElse(""))
          .raw("<td class=\"n\">")
          .text(child.map(c -> Html.size(c.totalBytes())).orElse(""))
          .raw("</tr>");
    }
    html.raw("</tbody></table>");
  }

  // The instructions that made a layer, in the order of the layers.
  private static List<History> instructions(Optional<ImageConfig> config) {
    return config.map(ImageConfig::history).orElse(List.of()).stream()
        .filter(step -> !step.emptyLayer())
        .toList();
  }

  private void bars(
      Html html, RepositoryName name, ManifestDocument document, Optional<ImageConfig> config) {
    List<History> steps = instructions(config);
    long largest = document.layers().stream().mapToLong(Descriptor::sizeBytes).max().orElse(1);
    long total = document.layers().stream().mapToLong(Descriptor::sizeBytes).sum();
    html.raw("<h2>Layers</h2><p class=\"quiet\">")
        .text("%d layers, %s".formatted(document.layers().size(), Html.size(total)))
        .raw("</p><ol class=\"layers\">");
    Set<String> below = new HashSet<>();
    for (int i = 0; i < document.layers().size(); i++) {
      Descriptor layer = document.layers().get(i);
      double width = Math.max(BAR_LEAST, 100.0 * layer.sizeBytes() / Math.max(1, largest));
      html.raw(
              "<li><svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
          .text(Html.size(layer.sizeBytes()))
          .raw("\"><rect width=\"100\" height=\"1\" class=\"rest\"/><rect height=\"1\" width=\"")
          .raw(String.format(Locale.ROOT, "%.2f", width))
          .raw("\"/></svg><span class=\"n\">")
          .text(Html.size(layer.sizeBytes()))
          .raw("</span><code>")
          .text(i < steps.size() ? instruction(steps.get(i)) : layer.digest().toString())
          .raw("</code>");
      files(html, layers.files(name, layer.digest()), below);
      html.raw("</li>");
    }
    html.raw("</ol>");
  }

  private static String instruction(History step) {
    return step.createdBy()
        .replaceFirst("^/bin/sh -c #\\(nop\\) +", "")
        .replaceFirst("^/bin/sh -c ", "RUN ");
  }

  // What a layer adds, changes and removes against those below it.
  private static void files(Html html, Layers.Listing listing, Set<String> below) {
    int added = 0;
    int changed = 0;
    int removed = 0;
    for (Map.Entry<String, Long> file : listing.files().entrySet()) {
      if (file.getValue() < 0) {
        removed++;
      } else if (below.contains(file.getKey())) {
        changed++;
      } else {
        added++;
      }
    }
    html.raw("<details><summary>")
        .text(
            "%d added, %d changed, %d removed%s"
                .formatted(
                    added, changed, removed, listing.complete() ? "" : " (not read to the end)"))
        .raw("</summary><ul class=\"files\">");
    int shown = 0;
    for (Map.Entry<String, Long> file : listing.files().entrySet()) {
      if (shown++ == FILES_SHOWN) {
        html.raw("<li class=\"quiet\">").text("and more").raw("</li>");
        break;
      }
      boolean gone = file.getValue() < 0;
      String kind = gone ? "del" : below.contains(file.getKey()) ? "chg" : "add";
      html.raw("<li class=\"" + kind + "\">")
          .text(file.getKey())
          .raw(" <span class=\"quiet\">")
          .text(gone ? "removed" : Html.size(file.getValue()))
          .raw("</span></li>");
    }
    html.raw("</ul></details>");
    listing.files().forEach((path, size) -> note(below, path, size));
  }

  private static void note(Set<String> below, String path, long size) {
    if (size < 0) {
      below.remove(path);
    } else {
      below.add(path);
    }
  }

  private static void config(Html html, ImageConfig config) {
    html.raw("<h2>Config</h2><dl>");
    fact(html, "Platform", config.platform().toString());
    config.created().ifPresent(time -> fact(html, "Created", time.toString()));
    fact(html, "User", config.config().user());
    fact(html, "Working directory", config.config().workingDir());
    fact(html, "Entrypoint", String.join(" ", config.config().entrypoint()));
    fact(html, "Command", String.join(" ", config.config().cmd()));
    fact(html, "Environment", String.join("\n", config.config().env()));
    html.raw("</dl>");
  }

  private static void fact(Html html, String name, String value) {
    if (!value.isEmpty()) {
      html.element("dt", name).element("dd", value);
    }
  }

  private static void annotations(Html html, Map<String, String> annotations) {
    if (!annotations.isEmpty()) {
      html.raw("<h2>Annotations</h2><dl>");
      annotations.forEach((name, value) -> fact(html, name, value));
      html.raw("</dl>");
    }
  }

  private void referrers(Html html, RepositoryName name, Digest digest) {
    List<Metadata.ManifestEntry> found =
        registry.referrers(name, digest, Optional.empty(), "", PER_PAGE);
    if (found.isEmpty()) {
      return;
    }
    html.raw("<h2>Referred to by</h2><ul>");
    for (Metadata.ManifestEntry entry : found) {
      html.raw("<li>")
          .link("/r/" + name + "@" + entry.digest(), entry.digest().shortHex())
          .raw(" ")
          .text(entry.artifactType().orElse(entry.mediaType()))
          .raw("</li>");
    }
    html.raw("</ul>");
  }
}
