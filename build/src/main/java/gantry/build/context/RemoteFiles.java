package gantry.build.context;

import static gantry.linux.file.OpenFlags.O_CREAT;
import static gantry.linux.file.OpenFlags.O_EXCL;
import static gantry.linux.file.OpenFlags.O_NOFOLLOW;
import static gantry.linux.file.OpenFlags.O_RDONLY;
import static gantry.linux.file.OpenFlags.O_WRONLY;
import static java.nio.charset.StandardCharsets.UTF_8;

import gantry.build.BuildException;
import gantry.image.FdInputStream;
import gantry.image.tar.Compression;
import gantry.image.tar.TarException;
import gantry.image.tar.TarReader;
import gantry.linux.Errno;
import gantry.linux.Fd;
import gantry.linux.OwnedFd;
import gantry.linux.SyscallException;
import gantry.linux.file.At;
import gantry.linux.file.Directory;
import gantry.linux.file.DirectoryEntry;
import gantry.linux.file.FileIo;
import gantry.linux.file.FileStat;
import gantry.linux.file.TimeSpec;
import gantry.linux.file.Transfer;
import gantry.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// Files from URLs, kept so that asking again costs one conditional request, or none if the
/// checksum is known.
///
/// Each is one file in `downloads`, named by the digest of the URL; what the server said of it is
/// at the end of that file, so that both change in one rename. Those longest unused are removed
/// when they come to more than a bound.
final class RemoteFiles implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final long KEPT_BYTES = 2L << 30;
  private static final int TRAILER_MAX = 16 * 1024;
  private static final int BUFFER = 256 * 1024;
  private static final String PARTIAL = ".partial";

  /// What the server said, and what came of it.
  ///
  /// @param etag empty if it gave none
  private record Trailer(long sizeBytes, String sha256, Instant modified, String etag) {
    /// Lines, and their length in the last four characters of the file.
    byte[] encode() {
      String text =
          String.join(
              "\n",
              Long.toString(sizeBytes),
              sha256,
              Long.toString(modified.getEpochSecond()),
              etag);
      return (text + "%04x".formatted(text.getBytes(UTF_8).length)).getBytes(UTF_8);
    }

    static Optional<Trailer> read(Fd file, long length) {
      byte[] end = new byte[(int) Math.min(TRAILER_MAX, length)];
      int count = FileIo.pread(file, end, 0, end.length, length - end.length);
      try {
        int size = Integer.parseInt(new String(end, count - 4, 4, UTF_8), 16);
        String[] lines = new String(end, count - 4 - size, size, UTF_8).split("\n", 4);
        Trailer trailer =
            new Trailer(
                Long.parseLong(lines[0]),
                lines[1],
                Instant.ofEpochSecond(Long.parseLong(lines[2])),
                lines[3]);
        return trailer.sizeBytes() + size + 4 == length ? Optional.of(trailer) : Optional.empty();
      } catch (RuntimeException _) {
        return Optional.empty(); // torn by a power cut: fetched anew
      }
    }
  }

  /// A file that is here. For one thread.
  static final class Fetched implements AutoCloseable {
    private final OwnedFd file;
    private final Trailer trailer;

    private Fetched(OwnedFd file, Trailer trailer) {
      this.file = file;
      this.trailer = trailer;
    }

    /// Whether it is a tar archive, packed or not.
    boolean isArchive() {
      try (InputStream stream = stream()) {
        return TarReader.of(Compression.unpacked(stream)).next().isPresent();
      } catch (TarException | UncheckedIOException | IOException _) {
        return false;
      }
    }

    /// Its content from the beginning.
    InputStream stream() {
      return new BoundedStream(new FdInputStream(file), trailer.sizeBytes());
    }

    /// Copies it into a directory under a name.
    void place(Fd directory, String name, ExtractedContents known) {
      try (OwnedFd copy = At.open(directory, name, O_WRONLY | O_CREAT | O_EXCL, 0600)) {
        gantry.linux.file.FileControl.seek(file, 0);
        Transfer.copy(file, copy, trailer.sizeBytes());
        At.chmod(copy, 0600);
        TimeSpec time = TimeSpec.of(trailer.modified());
        At.utimes(copy, "", time, time);
        known.put(At.stat(copy), Sha256.of(HexFormat.of().parseHex(trailer.sha256())), false);
      }
    }

    @Override
    public void close() {
      file.close();
    }
  }

  private final OwnedFd directory;
  private final long limitBytes;
  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NORMAL)
          .connectTimeout(PATIENCE)
          .build();

  private RemoteFiles(OwnedFd directory, long limitBytes) {
    this.directory = directory;
    this.limitBytes = limitBytes;
  }

  static RemoteFiles open(Fd parent, ContextLimits limits) {
    At.mkdirIfAbsent(parent, "downloads", 0700);
    RemoteFiles files = new RemoteFiles(At.openDirectory(parent, "downloads"), limits.sizeBytes());
    for (DirectoryEntry entry : files.list()) {
      if (entry.name().contains(PARTIAL)) {
        At.unlinkIfExists(files.directory, entry.name());
      }
    }
    return files;
  }

  private List<DirectoryEntry> list() {
    try (OwnedFd listed = At.openDirectory(directory, ".")) {
      return Directory.list(listed);
    }
  }

  /// What an ADD of a URL calls the file: the last part of the path.
  static String nameOf(URI url) {
    String name = TreePath.name(TreePath.clean(Optional.ofNullable(url.getPath()).orElse("")));
    return name.isEmpty() || name.indexOf('\0') >= 0 ? "__unnamed__" : name;
  }

  /// The file at a URL.
  ///
  /// @throws BuildException if the server does not give it, or it has another checksum
  Fetched fetch(URI url, Optional<Digest> checksum) {
    check(url);
    String name = Digest.sha256(url.toString().getBytes(UTF_8)).hex();
    Optional<Fetched> kept = kept(name);
    if (kept.isPresent() && checksum.isPresent() && matches(kept.get(), checksum.get())) {
      return used(kept.get());
    }
    Fetched fetched = ask(url, name, kept);
    if (checksum.isPresent() && !matches(fetched, checksum.get())) {
      fetched.close();
      throw BuildException.invalid(
          "digest mismatch sha256:%s: %s".formatted(fetched.trailer.sha256(), checksum.get()));
    }
    return used(fetched);
  }

  private static void check(URI url) {
    String scheme = Optional.ofNullable(url.getScheme()).orElse("");
    boolean web = scheme.equalsIgnoreCase("http") || scheme.equalsIgnoreCase("https");
    if (!web || url.getHost() == null) {
      throw BuildException.invalid("'%s' is no http or https URL".formatted(url));
    }
  }

  private static boolean matches(Fetched fetched, Digest checksum) {
    return checksum.equals(Digest.ofSha256(fetched.trailer.sha256()));
  }

  private static Fetched used(Fetched fetched) {
    TimeSpec now = TimeSpec.of(Instant.now());
    At.utimes(fetched.file, "", now, now); // of the kept one, to tell what is longest unused
    return fetched;
  }

  private Optional<Fetched> kept(String name) {
    return At.openIfExists(directory, name, O_RDONLY | O_NOFOLLOW)
        .flatMap(
            file -> {
              Optional<Trailer> trailer = Trailer.read(file, At.stat(file).sizeBytes());
              if (trailer.isEmpty()) {
                file.close();
              }
              return trailer.map(t -> new Fetched(file, t));
            });
  }

  private Fetched ask(URI url, String name, Optional<Fetched> kept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url).timeout(PATIENCE).header("User-Agent", "gantry");
    kept.map(file -> file.trailer.etag())
        .filter(etag -> !etag.isEmpty())
        .ifPresent(etag -> request.header("If-None-Match", etag));
    try {
      HttpResponse<InputStream> response =
          client.send(request.build(), BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        if (response.statusCode() == 304 && kept.isPresent()) {
          return kept.get();
        }
        kept.ifPresent(Fetched::close);
        if (response.statusCode() / 100 != 2) {
          throw BuildException.invalid(
              "invalid response status %d from %s".formatted(response.statusCode(), url));
        }
        return keep(name, response, body);
      }
    } catch (IOException e) {
      kept.ifPresent(Fetched::close);
      throw new BuildException(
          BuildException.Kind.INVALID, "cannot fetch %s: %s".formatted(url, said(e)), e);
    } catch (InterruptedException e) {
      kept.ifPresent(Fetched::close);
      Thread.currentThread().interrupt();
      throw new BuildException(BuildException.Kind.CANCELLED, "the build was given up", e);
    }
  }

  private static String said(IOException e) {
    return Optional.ofNullable(e.getMessage()).orElse(e.getClass().getSimpleName());
  }

  private Fetched keep(String name, HttpResponse<?> response, InputStream body) throws IOException {
    makeRoom();
    String partial = name + PARTIAL + Thread.currentThread().threadId();
    At.unlinkIfExists(directory, partial);
    try (OwnedFd file = At.open(directory, partial, O_WRONLY | O_CREAT | O_EXCL, 0600)) {
      MessageDigest hash = Digest.Algorithm.SHA256.newHash();
      long sizeBytes = write(body, file, hash, response.uri());
      Trailer trailer =
          new Trailer(
              sizeBytes,
              HexFormat.of().formatHex(hash.digest()),
              modified(response),
              etag(response));
      FileIo.writeFully(file, trailer.encode());
      OwnedFd readable = At.open(directory, partial, O_RDONLY | O_NOFOLLOW);
      At.rename(directory, partial, directory, name);
      return new Fetched(readable, trailer);
    } catch (RuntimeException | IOException e) {
      At.unlinkIfExists(directory, partial);
      throw e;
    }
  }

  private long write(InputStream body, Fd file, MessageDigest hash, URI url) throws IOException {
    byte[] buffer = new byte[BUFFER];
    long sizeBytes = 0;
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      sizeBytes += count;
      if (sizeBytes > limitBytes) {
        throw BuildException.invalid("%s is larger than %d bytes".formatted(url, limitBytes));
      }
      hash.update(buffer, 0, count);
      FileIo.writeFully(file, count == buffer.length ? buffer : Arrays.copyOf(buffer, count));
    }
    return sizeBytes;
  }

  private static Instant modified(HttpResponse<?> response) {
    try {
      return response
          .headers()
          .firstValue("Last-Modified")
          .map(text -> ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant())
          .orElse(Instant.EPOCH);
    } catch (DateTimeParseException _) {
      return Instant.EPOCH; // as if it had said nothing
    }
  }

  private static String etag(HttpResponse<?> response) {
    return response
        .headers()
        .firstValue("ETag")
        .filter(etag -> etag.length() < 1000 && etag.indexOf('\n') < 0)
        .orElse("");
  }

  /// Removes those longest unused until what remains is within the bound.
  private void makeRoom() {
    record Kept(String name, FileStat stat) {}
    List<Kept> files = new ArrayList<>();
    for (DirectoryEntry entry : list()) {
      At.statIfExists(directory, entry.name())
          .filter(stat -> !entry.name().contains(PARTIAL))
          .ifPresent(stat -> files.add(new Kept(entry.name(), stat)));
    }
    files.sort(Comparator.comparing((Kept kept) -> kept.stat().modified().toInstant()).reversed());
    long sum = 0;
    for (Kept kept : files) {
      sum += kept.stat().sizeBytes();
      if (sum > KEPT_BYTES) {
        removeKept(kept.name());
      }
    }
  }

  private void removeKept(String name) {
    try {
      At.unlinkIfExists(directory, name);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  @Override
  public void close() {
    client.close();
    directory.close();
  }

  /// The beginning of a stream.
  private static final class BoundedStream extends InputStream {
    private final InputStream stream;
    private long left;

    BoundedStream(InputStream stream, long length) {
      this.stream = stream;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      int next = left == 0 ? -1 : stream.read();
      left -= next < 0 ? 0 : 1;
      return next;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = stream.read(target, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }
  }
}
