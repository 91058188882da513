package gantry.store.access;

import gantry.oci.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who changed what, and who was refused: `audit.log`, a line of JSON each. At 64 MiB it becomes
/// `audit.log.1`, in place of the one before. Thread-safe.
public final class Audit implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Audit.class);
  private static final long SIZE_MAX_BYTES = 64L << 20;

  private final Path file;
  private FileChannel channel; // guarded by this

  private Audit(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  public static Audit open(Path file) throws IOException {
    return new Audit(file, append(file));
  }

  private static FileChannel append(Path file) throws IOException {
    return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /// Writes one line down.
  ///
  /// @param client the address it came from
  public void note(String who, String client, String action, String on, int status) {
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("time", Instant.now().toString());
    line.put("who", who);
    line.put("client", client);
    line.put("action", action);
    line.put("on", on);
    line.put("status", status);
    write(Json.write(line));
  }

  private synchronized void write(byte[] json) {
    ByteBuffer line = ByteBuffer.allocate(json.length + 1).put(json).put((byte) '\n').flip();
    try {
      if (channel.size() > SIZE_MAX_BYTES) {
        channel.close();
        Files.move(file, file.resolveSibling("audit.log.1"), StandardCopyOption.REPLACE_EXISTING);
        channel = append(file);
      }
      while (line.hasRemaining()) {
        channel.write(line);
      }
    } catch (IOException e) {
      LOG.error("cannot write to {}: {}", file, e.getMessage());
    }
  }

  @Override
  public synchronized void close() {
    try {
      channel.close();
    } catch (IOException e) {
      LOG.warn("cannot close {}: {}", file, e.getMessage());
    }
  }
}
