package gantry.store.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Users and their passwords, in a file as `htpasswd -B` writes it; read anew when it changes.
///
/// A check costs tenths of a second of processor time, on purpose. So one that succeeded is
/// remembered for a while, by a digest with a secret of this process, and two run at a time.
final class Users {
  private static final Logger LOG = LoggerFactory.getLogger(Users.class);
  private static final long REMEMBERED_NANOS = Duration.ofMinutes(5).toNanos();
  private static final long LOOK_NANOS = Duration.ofSeconds(1).toNanos();
  // Of no password; checked for a user who does not exist, who must not be told by the time it
  // takes.
  private static final String NOBODY =
      "$2y$10$abcdefghijklmnopqrstuu5Lo0g67CiD3M4RpN1BmBb4Crp5w7dbK";
  private static final int CONCURRENT = 2;
  private static final int REMEMBERED_MAX = 1024;

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Remembered(byte[] digest, long untilNanos) {}

  private final Path file;
  private final byte[] secret = new byte[32];
  private final Semaphore checks = new Semaphore(CONCURRENT);
  private final Map<String, Remembered> remembered = new ConcurrentHashMap<>();
  private Map<String, String> hashes = Map.of(); // guarded by this
  private FileTime read = FileTime.fromMillis(0); // guarded by this
  private long lookedNanos; // guarded by this

  Users(Path file) throws IOException {
    this.file = file;
    new SecureRandom().nextBytes(secret);
    this.read = Files.getLastModifiedTime(file);
    this.hashes = parse(Files.readString(file));
    this.lookedNanos = System.nanoTime();
  }

  private Map<String, String> parse(String text) {
    Map<String, String> users = new HashMap<>();
    for (String line : text.lines().map(String::strip).toList()) {
      int colon = line.indexOf(':');
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (colon <= 0 || !Bcrypt.readable(line.substring(colon + 1))) {
        LOG.warn(
            "{}: passed over a line that is not name:bcrypt of cost 4 to 14 (htpasswd -B)", file);
        continue;
      }
      users.put(line.substring(0, colon), line.substring(colon + 1));
    }
    return users;
  }

  private synchronized Map<String, String> hashes() {
    long now = System.nanoTime();
    if (now - lookedNanos > LOOK_NANOS) {
      lookedNanos = now;
      try {
        FileTime changed = Files.getLastModifiedTime(file);
        if (!changed.equals(read)) {
          hashes = parse(Files.readString(file));
          read = changed;
          remembered.clear();
        }
      } catch (IOException e) {
        LOG.warn("cannot read {}, its users stay as they were: {}", file, e.getMessage());
      }
    }
    return hashes;
  }

  boolean has(String name) {
    return hashes().containsKey(name);
  }

  /// Whether there is such a user with this password.
  boolean check(String name, String password) {
    String hash = hashes().get(name);
    byte[] digest = digest(name, password);
    Remembered known = remembered.get(name);
    if (hash != null
        && known != null
        && known.untilNanos() - System.nanoTime() > 0
        && MessageDigest.isEqual(known.digest(), digest)) {
      return true;
    }
    checks.acquireUninterruptibly();
    boolean right;
    try {
      right = Bcrypt.matches(password, hash == null ? NOBODY : hash) && hash != null;
    } finally {
      checks.release();
    }
    if (right) {
      if (remembered.size() >= REMEMBERED_MAX) {
        remembered.clear();
      }
      remembered.put(name, new Remembered(digest, System.nanoTime() + REMEMBERED_NANOS));
    }
    return right;
  }

  private byte[] digest(String name, String password) {
    MessageDigest hash = gantry.oci.Digest.Algorithm.SHA256.newHash();
    hash.update(secret);
    hash.update(name.getBytes(StandardCharsets.UTF_8));
    hash.update((byte) 0);
    return Arrays.copyOf(hash.digest(password.getBytes(StandardCharsets.UTF_8)), 32);
  }
}
