package gantry.store.protocol;

import gantry.http.Exchange;
import gantry.oci.Digest;
import gantry.store.access.Action;
import gantry.store.content.Registry;
import gantry.store.content.RepositoryName;
import gantry.store.content.StoreException;
import gantry.store.content.StoreException.Code;
import gantry.store.content.UploadSession;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// `/v2/<name>/blobs/uploads/` and what is below it.
///
/// Spec: OCI distribution-spec 1.1, "Pushing blobs", "Mounting a blob from another repository".
final class UploadRoutes {
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("(?:bytes )?(\\d{1,18})-(\\d{1,18})");

  private final Registry registry;

  UploadRoutes(Registry registry) {
    this.registry = registry;
  }

  /// `POST`: begins an upload, or does it as a whole, or spares it.
  void begin(Call call, RepositoryName repository) throws IOException {
    if (!call.method().equals("POST")) {
      throw new StoreException(Code.UNSUPPORTED, "uploads are begun with POST");
    }
    call.require(repository, Action.PUSH);
    Exchange exchange = call.exchange();
    Optional<Digest> mount = exchange.query().first("mount").map(Registry::digest);
    if (mount.isPresent() && mount(call, repository, mount.get())) {
      exchange.send(created(exchange, repository, mount.get()));
      return;
    }
    Optional<Digest> digest = exchange.query().first("digest").map(Registry::digest);
    UploadSession session = registry.beginUpload(repository);
    if (digest.isPresent()) {
      exchange.send(finish(call, session, digest.get()));
    } else {
      describe(exchange, session);
      exchange.send(202);
    }
  }

  private boolean mount(Call call, RepositoryName repository, Digest digest) {
    Optional<String> from = call.exchange().query().first("from");
    Optional<RepositoryName> source = from.flatMap(RepositoryName::parse);
    if (from.isPresent() && source.isEmpty()) {
      throw new StoreException(
          Code.NAME_INVALID, "'" + from.get() + "' is no name of a repository");
    }
    // A token is made for the source too when a client asks for it, and rules decide else.
    return registry.mount(repository, digest, source, call::sees, call.client());
  }

  void handle(Call call, RepositoryName repository, String id) throws IOException {
    call.require(repository, Action.PUSH);
    // Answered after the lock was given back: the client's next request may be here at once.
    call.exchange().send(locked(call, repository, id));
  }

  private int locked(Call call, RepositoryName repository, String id) throws IOException {
    UploadSession session = registry.upload(repository, id);
    if (!session.lock().tryLock()) {
      throw new StoreException(
          Code.BLOB_UPLOAD_INVALID, 409, "another request is at work with upload '" + id + "'");
    }
    try {
      if (session.ended()) {
        throw new StoreException(Code.BLOB_UPLOAD_UNKNOWN, "upload '" + id + "' has ended");
      }
      return handle(call, session);
    } finally {
      session.lock().unlock();
    }
  }

  /// Does what is asked and sets the response's headers; returns its status.
  private int handle(Call call, UploadSession session) throws IOException {
    Exchange exchange = call.exchange();
    return switch (call.method()) {
      case "GET", "HEAD" -> {
        describe(exchange, session);
        yield 204;
      }
      case "PATCH" -> {
        append(call, session);
        describe(exchange, session);
        yield 202;
      }
      case "PUT" -> {
        Optional<String> digest = exchange.query().first("digest");
        if (digest.isEmpty()) {
          throw new StoreException(Code.DIGEST_INVALID, "the end of an upload needs ?digest=");
        }
        yield complete(call, session, Registry.digest(digest.get()));
      }
      case "DELETE" -> {
        registry.cancel(session);
        yield 204;
      }
      default ->
          throw new StoreException(Code.UNSUPPORTED, "an upload takes PATCH, PUT, GET and DELETE");
    };
  }

  private int finish(Call call, UploadSession session, Digest digest) throws IOException {
    session.lock().lock();
    try {
      return complete(call, session, digest);
    } finally {
      session.lock().unlock();
    }
  }

  private int complete(Call call, UploadSession session, Digest digest) throws IOException {
    append(call, session);
    registry.commit(session, digest, call.client());
    return created(call.exchange(), session.repository(), digest);
  }

  private void append(Call call, UploadSession session) throws IOException {
    Exchange exchange = call.exchange();
    long length = exchange.bodyLength();
    Optional<String> range = exchange.header("Content-Range");
    if (range.isPresent()) {
      checkRange(exchange, session, range.get(), length);
    }
    if (length != 0) {
      registry.append(
          session, exchange.body(), length == Exchange.UNKNOWN_LENGTH ? Long.MAX_VALUE : length);
    }
  }

  private static void checkRange(
      Exchange exchange, UploadSession session, String range, long length) {
    Matcher match = CONTENT_RANGE.matcher(range.strip());
    if (!match.matches()) {
      throw new StoreException(
          Code.BLOB_UPLOAD_INVALID, "Content-Range is <first>-<last>, got '" + range + "'");
    }
    long first = Long.parseLong(match.group(1));
    long last = Long.parseLong(match.group(2));
    if (first != session.sizeBytes()) {
      describe(exchange, session);
      throw new StoreException(
          Code.RANGE_INVALID,
          "the next chunk begins at byte %d, this one at %d".formatted(session.sizeBytes(), first));
    }
    if (length != Exchange.UNKNOWN_LENGTH && last - first + 1 != length) {
      throw new StoreException(
          Code.SIZE_INVALID,
          "Content-Range '%s' has %d bytes, Content-Length says %d"
              .formatted(range, last - first + 1, length));
    }
  }

  private static void describe(Exchange exchange, UploadSession session) {
    exchange.setHeader(
        "Location", "/v2/%s/blobs/uploads/%s".formatted(session.repository(), session.id()));
    exchange.setHeader("Range", "0-" + Math.max(0, session.sizeBytes() - 1));
    exchange.setHeader("Docker-Upload-UUID", session.id());
  }

  private static int created(Exchange exchange, RepositoryName repository, Digest digest) {
    exchange.setHeader("Location", "/v2/%s/blobs/%s".formatted(repository, digest));
    exchange.setHeader("Docker-Content-Digest", digest.toString());
    return 201;
  }
}
