package gantry.daemon.api;

import gantry.daemon.json.JsonWriter;
import gantry.engine.container.Containers;
import gantry.engine.container.CopyInOptions;
import gantry.engine.container.PathStat;
import gantry.http.Exchange;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;

/// Files in and out of containers, as tar archives.
final class ArchiveRoutes {
  private static final int BUFFER_BYTES = 64 << 10;

  private ArchiveRoutes() {}

  static void addTo(Routes routes) {
    routes
        .add("HEAD", "/containers/{id}/archive", ArchiveRoutes::stat)
        .add("GET", "/containers/{id}/archive", ArchiveRoutes::copyOut)
        .add("PUT", "/containers/{id}/archive", ArchiveRoutes::copyIn)
        .add("GET", "/containers/{id}/export", ArchiveRoutes::export);
  }

  private static String path(Call call) {
    return call.some("path").orElseThrow(() -> Call.invalid("bad parameter: path cannot be empty"));
  }

  private static void stat(Call call) {
    PathStat stat = call.engine().containers().stat(call.variable("id"), path(call));
    call.exchange().setHeader("X-Docker-Container-Path-Stat", encode(stat));
    call.reply(200);
  }

  private static String encode(PathStat stat) {
    String json =
        new JsonWriter()
            .object()
            .put("name", stat.name())
            .put("size", stat.sizeBytes())
            .put("mode", GoFileMode.of(stat.mode()))
            .put("mtime", GoTime.nano(stat.modified()))
            .put("linkTarget", stat.linkTarget())
            .end()
            .toString();
    return Base64.getEncoder().encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  private static void copyOut(Call call) throws IOException {
    Forward tar = new Forward();
    call.engine()
        .containers()
        .copyOut(
            call.variable("id"),
            path(call),
            stat -> {
              call.exchange().setHeader("X-Docker-Container-Path-Stat", encode(stat));
              tar.open(compressed(call.exchange()));
            },
            tar);
    tar.close();
  }

  private static OutputStream compressed(Exchange exchange) {
    String accepted = exchange.header("Accept-Encoding").orElse("").toLowerCase(Locale.ROOT);
    try {
      if (accepted.contains("gzip")) {
        exchange.setHeader("Content-Encoding", "gzip");
        return new GZIPOutputStream(exchange.stream(200, "application/x-tar"), BUFFER_BYTES);
      }
      if (accepted.contains("deflate")) {
        exchange.setHeader("Content-Encoding", "deflate");
        // What Go calls deflate has no zlib header.
        Deflater raw = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        return new DeflaterOutputStream(
            exchange.stream(200, "application/x-tar"), raw, BUFFER_BYTES);
      }
      return exchange.stream(200, "application/x-tar");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void copyIn(Call call) throws IOException {
    CopyInOptions options =
        new CopyInOptions(call.flag("noOverwriteDirNonDir"), call.flag("copyUIDGID"));
    call.engine()
        .containers()
        .copyIn(call.variable("id"), path(call), call.exchange().body(), options);
    call.reply(200);
  }

  private static void export(Call call) throws IOException {
    Containers containers = call.engine().containers();
    String id = containers.find(call.variable("id")).id();
    Beginning tar = new Beginning(call.exchange(), "application/octet-stream");
    containers.export(id, tar);
    tar.close();
  }

  /// A response that begins with its first byte: a failure before that has a status of its own.
  private static final class Beginning extends OutputStream {
    private final Exchange exchange;
    private final String type;
    private OutputStream out = OutputStream.nullOutputStream();
    private boolean begun;

    Beginning(Exchange exchange, String type) {
      this.exchange = exchange;
      this.type = type;
    }

    private OutputStream begin() {
      if (!begun) {
        begun = true;
        out = exchange.stream(200, type);
      }
      return out;
    }

    @Override
    public void write(int b) throws IOException {
      begin().write(b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      begin().write(bytes, offset, length);
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      begin().close();
    }
  }
}
