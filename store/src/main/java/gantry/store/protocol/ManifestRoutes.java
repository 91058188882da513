package gantry.store.protocol;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import gantry.http.Exchange;
import gantry.oci.Descriptor;
import gantry.oci.Digest;
import gantry.oci.Index;
import gantry.oci.Json;
import gantry.oci.MediaType;
import gantry.store.access.Action;
import gantry.store.content.ManifestDocument;
import gantry.store.content.Metadata;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import gantry.store.content.StoredManifest;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/// `/v2/<name>/manifests/<reference>` and `/v2/<name>/referrers/<digest>`.
///
/// Spec: OCI distribution-spec 1.1, "Pulling manifests", "Pushing Manifests", "Listing Referrers".
final class ManifestRoutes {
  private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}");
  private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

  private final Registry registry;

  ManifestRoutes(Registry registry) {
    this.registry = registry;
  }

  void handle(Call call, RepositoryName repository, String reference) throws IOException {
    if (reference.indexOf(':') >= 0) {
      Digest _ = Registry.digest(reference);
    } else if (!TAG.matcher(reference).matches()) {
      throw new StoreException(
          call.reads() ? Code.MANIFEST_UNKNOWN : Code.TAG_INVALID,
          "a tag has up to 128 of a-z A-Z 0-9 _ . -, got '" + reference + "'");
    }
    switch (call.method()) {
      case "GET", "HEAD" -> {
        call.require(repository, Action.PULL);
        send(call, repository, registry.manifest(repository, reference));
      }
      case "PUT" -> put(call, repository, reference);
      case "DELETE" -> {
        call.require(repository, Action.DELETE);
        registry.deleteManifest(repository, reference);
        call.exchange().send(202);
      }
      default ->
          throw new StoreException(Code.UNSUPPORTED, "a manifest takes GET, HEAD, PUT and DELETE");
    }
  }

  /// Sends a manifest that was found; does not block.
  void send(Call call, RepositoryName repository, StoredManifest manifest) {
    Exchange exchange = call.exchange();
    String tag = "\"" + manifest.digest() + "\"";
    exchange.setHeader("Docker-Content-Digest", manifest.digest().toString());
    exchange.setHeader("ETag", tag);
    if (exchange.header("If-None-Match").filter(tag::equals).isPresent()) {
      exchange.send(304);
      return;
    }
    if (call.method().equals("GET")) {
      registry.metadata().pulled(repository, manifest.digest(), Instant.now());
    }
    exchange.send(200, manifest.mediaType(), manifest.bytes(), manifest.bytes().length);
  }

  private void put(Call call, RepositoryName repository, String reference) throws IOException {
    call.require(repository, Action.PUSH);
    Exchange exchange = call.exchange();
    if (exchange.bodyLength() > ManifestDocument.MAX_BYTES) {
      throw tooLarge();
    }
    byte[] bytes = exchange.body().readNBytes(ManifestDocument.MAX_BYTES + 1);
    if (bytes.length > ManifestDocument.MAX_BYTES) {
      throw tooLarge();
    }
    ManifestDocument document =
        registry.putManifest(
            repository,
            reference,
            bytes,
            exchange.header("Content-Type").orElse(""),
            call.principal().display(),
            call.client());
    Digest digest = reference.indexOf(':') >= 0 ? Registry.digest(reference) : Digest.sha256(bytes);
    document
        .subject()
        .ifPresent(subject -> exchange.setHeader("OCI-Subject", subject.digest().toString()));
    exchange.setHeader("Location", "/v2/%s/manifests/%s".formatted(repository, digest));
    exchange.setHeader("Docker-Content-Digest", digest.toString());
    exchange.send(201);
  }

  private static StoreException tooLarge() {
    return new StoreException(
        Code.SIZE_INVALID,
        413,
        "a manifest has %d bytes at most".formatted(ManifestDocument.MAX_BYTES));
  }

  void referrers(Call call, RepositoryName repository, String subject) {
    if (!call.reads()) {
      throw new StoreException(Code.UNSUPPORTED, "referrers are read with GET");
    }
    Digest digest = Registry.digest(subject);
    call.require(repository, Action.PULL);
    Optional<String> type = call.exchange().query().first("artifactType");
    int n = call.pageSize();
    List<Metadata.ManifestEntry> found =
        registry.referrers(repository, digest, type, call.exchange().query().text("last"), n + 1);
    if (found.size() > n) {
      found = found.subList(0, n);
      call.linkNext(
          "/v2/%s/referrers/%s".formatted(repository, digest),
          n,
          n == 0 ? "" : found.getLast().digest().toString());
    }
    type.ifPresent(_ -> call.exchange().setHeader("OCI-Filters-Applied", "artifactType"));
    byte[] index = Json.write(Index.of(found.stream().map(ManifestRoutes::descriptor).toList()));
    call.exchange().send(200, MediaType.OCI_INDEX, index, index.length);
  }

  private static Descriptor descriptor(Metadata.ManifestEntry entry) {
    return new Descriptor(
        entry.mediaType(),
        entry.digest(),
        entry.sizeBytes(),
        List.of(),
        annotations(entry),
        Optional.empty(),
        entry.artifactType());
  }

  private static Map<String, String> annotations(Metadata.ManifestEntry entry) {
    try {
      return Json.mapper().readValue(entry.annotations(), TEXTS);
    } catch (JsonProcessingException e) {
      throw new AssertionError("written by us", e);
    }
  }
}
