package gantry.store.access;

import gantry.oci.Json;
import gantry.store.content.Glob;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Names for programs: each with a token in place of a password, rights of its own, and an end.
/// Kept in `robots.json`, the tokens as digests. Thread-safe.
public final class Robots {
  private static final String PREFIX = "robot+";
  private static final int SECRET_BYTES = 24;

  /// A robot as it is kept.
  ///
  /// @param expires seconds since 1970
  public record Robot(
      String name, String digest, String repository, List<String> may, long expires) {
    Set<Action> actions() {
      Set<Action> actions = EnumSet.noneOf(Action.class);
      may.forEach(word -> Action.parse(word).ifPresent(actions::add));
      return actions;
    }
  }

  private record Document(List<Robot> robots) {}

  private final Path file;
  private List<Robot> robots; // guarded by this

  Robots(Path file) throws IOException {
    this.file = file;
    this.robots =
        Files.exists(file)
            ? Json.read(Files.readAllBytes(file), Document.class, "robots.json").robots()
            : List.of();
  }

  /// Makes a robot, in place of one of that name.
  ///
  /// @param name lower-case letters, digits and dashes; users write `robot+<name>`
  /// @return its token, which is told this once
  public synchronized String create(String name, Glob repository, Set<Action> may, Instant expires)
      throws IOException {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,62}")) {
      throw new IllegalArgumentException(
          "a robot's name is of lower-case letters, digits and dashes, got '" + name + "'");
    }
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    String token = "gst_" + HexFormat.of().formatHex(secret);
    List<Robot> changed = without(name);
    changed.add(
        new Robot(
            name,
            digest(token),
            repository.toString(),
            may.stream().map(Action::toString).sorted().toList(),
            expires.getEpochSecond()));
    save(changed);
    return token;
  }

  /// Takes a robot away; false when there is none of that name.
  public synchronized boolean remove(String name) throws IOException {
    List<Robot> changed = without(name);
    if (changed.size() == robots.size()) {
      return false;
    }
    save(changed);
    return true;
  }

  public synchronized List<Robot> list() {
    return robots;
  }

  private List<Robot> without(String name) {
    List<Robot> rest = new ArrayList<>(robots);
    rest.removeIf(robot -> robot.name().equals(name));
    return rest;
  }

  private void save(List<Robot> changed) throws IOException {
    Path fresh = file.resolveSibling("robots.json.new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(fresh, Json.write(new Document(changed)));
    try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    robots = List.copyOf(changed);
  }

  private static String digest(String token) {
    return gantry.oci.Digest.sha256(token.getBytes(StandardCharsets.UTF_8)).hex();
  }

  static boolean isRobot(String user) {
    return user.startsWith(PREFIX);
  }

  boolean check(String user, String token, Instant now) {
    byte[] digest = digest(token).getBytes(StandardCharsets.US_ASCII);
    return find(user, now)
        .filter(
            robot ->
                MessageDigest.isEqual(robot.digest().getBytes(StandardCharsets.US_ASCII), digest))
        .isPresent();
  }

  boolean allows(String user, CharSequence repository, Action action, Instant now) {
    return find(user, now)
        .filter(robot -> robot.actions().contains(action))
        .filter(robot -> Glob.of(robot.repository()).matches(repository))
        .isPresent();
  }

  private synchronized Optional<Robot> find(String user, Instant now) {
    return robots.stream()
        .filter(robot -> (PREFIX + robot.name()).equals(user))
        .filter(robot -> robot.expires() > now.getEpochSecond())
        .findFirst();
  }
}
