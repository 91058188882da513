package gantry.store.protocol;

import gantry.http.Exchange;
import gantry.oci.Digest;
import gantry.store.access.Action;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `/v2/<name>/blobs/<digest>`.
///
/// Spec: OCI distribution-spec 1.1, "Pulling blobs", "Deleting Blobs"; RFC 9110, section 14.
final class BlobRoutes {
  private static final String BYTES = "application/octet-stream";
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  private record Part(long offset, long length) {}

  private final Registry registry;

  BlobRoutes(Registry registry) {
    this.registry = registry;
  }

  void handle(Call call, RepositoryName repository, String reference) throws IOException {
    Digest digest = Registry.digest(reference);
    switch (call.method()) {
      case "HEAD" -> head(call, repository, digest);
      case "GET" -> get(call, repository, digest);
      case "DELETE" -> {
        call.require(repository, Action.DELETE);
        registry.deleteBlob(repository, digest);
        call.exchange().send(202);
      }
      default ->
          throw new StoreException(
              Code.UNSUPPORTED, "a blob is read with GET and HEAD, or deleted");
    }
  }

  private void head(Call call, RepositoryName repository, Digest digest) throws IOException {
    call.require(repository, Action.PULL);
    Optional<String> pusher =
        call.may(repository, Action.PUSH) ? Optional.of(call.client()) : Optional.empty();
    if (registry.blobSize(repository, digest, pusher).isEmpty()) {
      throw new StoreException(
          Code.BLOB_UNKNOWN, "blob %s is not in repository '%s'".formatted(digest, repository));
    }
    send(call.exchange(), digest, registry.openBlob(repository, digest), Optional.empty());
  }

  private void get(Call call, RepositoryName repository, Digest digest) throws IOException {
    call.require(repository, Action.PULL);
    if (call.exchange().header("If-None-Match").filter(tag(digest)::equals).isPresent()
        && registry.blobSize(repository, digest, Optional.empty()).isPresent()) {
      call.exchange().setHeader("ETag", tag(digest));
      call.exchange().send(304);
      return;
    }
    send(
        call.exchange(),
        digest,
        registry.openBlob(repository, digest),
        call.exchange().header("Range"));
  }

  private static String tag(Digest digest) {
    return "\"" + digest + "\"";
  }

  private static void send(
      Exchange exchange, Digest digest, FileChannel file, Optional<String> range)
      throws IOException {
    boolean sent = false;
    try {
      long size = file.size();
      exchange.setHeader("Docker-Content-Digest", digest.toString());
      exchange.setHeader("ETag", tag(digest));
      exchange.setHeader("Accept-Ranges", "bytes");
      exchange.setHeader("Cache-Control", "max-age=31536000");
      Optional<Part> part = range.flatMap(text -> part(text, size));
      if (part.isPresent() && part.get().length() <= 0) {
        exchange.setHeader("Content-Range", "bytes */" + size);
        throw new StoreException(
            Code.RANGE_INVALID,
            "the blob has %d bytes; '%s' is none of them".formatted(size, range.get()));
      }
      part.ifPresent(
          p ->
              exchange.setHeader(
                  "Content-Range",
                  "bytes %d-%d/%d".formatted(p.offset(), p.offset() + p.length() - 1, size)));
      Part whole = part.orElse(new Part(0, size));
      exchange.sendFile(part.isPresent() ? 206 : 200, BYTES, file, whole.offset(), whole.length());
      sent = true;
    } finally {
      if (!sent) {
        file.close();
      }
    }
  }

  /// The part that is asked for, of no length when there is no such part; empty for what is not one
  /// range of bytes, which is passed over.
  private static Optional<Part> part(String range, long size) {
    Matcher match = RANGE.matcher(range.strip());
    if (!match.matches() || (match.group(1).isEmpty() && match.group(2).isEmpty())) {
      return Optional.empty();
    }
    if (match.group(1).isEmpty()) {
      long last = Math.min(Long.parseLong(match.group(2)), size);
      return Optional.of(new Part(size - last, last));
    }
    long first = Long.parseLong(match.group(1));
    long end = match.group(2).isEmpty() ? size - 1 : Long.parseLong(match.group(2));
    if (end < first && !match.group(2).isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(new Part(first, Math.min(end, size - 1) - first + 1));
  }
}
