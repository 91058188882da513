package gantry.image;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Finds users and groups in the `/etc/passwd` and `/etc/group` of a container's own root.
///
/// Spec: passwd(5), group(5); words of the errors are Docker's.
public final class Accounts {
  private static final long ID_MAX = Integer.MAX_VALUE;

  /// A user as a process runs: its numbers, and its home.
  public record Account(int uid, int gid, List<Integer> groups, String home) {}

  /// A user that cannot be found; the message is in Docker's words.
  public static final class UnknownAccountException extends RuntimeException {
    private static final long serialVersionUID = 1;

    UnknownAccountException(String message) {
      super(message);
    }
  }

  private record User(String name, long uid, long gid, String home) {}

  private record Group(String name, long gid, List<String> members) {}

  private final List<User> users;
  private final List<Group> groups;

  private Accounts(List<User> users, List<Group> groups) {
    this.users = users;
    this.groups = groups;
  }

  /// Reads the two files; empty where a file is missing. Lines in a wrong form are passed over.
  public static Accounts read(byte[] passwd, byte[] group) {
    List<User> users = new ArrayList<>();
    for (String[] fields : lines(passwd, 4)) {
      Optional<Long> uid = id(fields[2]);
      Optional<Long> gid = id(fields[3]);
      if (uid.isPresent() && gid.isPresent()) {
        users.add(new User(fields[0], uid.get(), gid.get(), fields.length > 5 ? fields[5] : ""));
      }
    }
    List<Group> groups = new ArrayList<>();
    for (String[] fields : lines(group, 3)) {
      id(fields[2])
          .ifPresent(
              gid ->
                  groups.add(
                      new Group(
                          fields[0],
                          gid,
                          fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of())));
    }
    return new Accounts(users, groups);
  }

  /// The account that `user` means: empty for root, or `name|uid[:group|gid]`; with `additional`
  /// groups by name or number.
  ///
  /// @throws UnknownAccountException when a name is not in its file
  public Account find(String user, List<String> additional) {
    int colon = user.indexOf(':');
    String userPart = colon < 0 ? user : user.substring(0, colon);
    String groupPart = colon < 0 ? "" : user.substring(colon + 1);
    Optional<User> found = user(userPart);
    long uid = found.map(User::uid).orElseGet(() -> number(userPart, "user", "passwd"));
    long gid = found.map(User::gid).orElse(0L);
    if (!groupPart.isEmpty()) {
      gid = group(groupPart).map(Group::gid).orElseGet(() -> number(groupPart, "group", "group"));
    }
    // The main group is among the additional ones: a process that changes its main group must not
    // thereby escape what is denied to that group.
    Set<Integer> all = new LinkedHashSet<>(List.of((int) gid));
    if (groupPart.isEmpty() && found.isPresent()) {
      String name = found.get().name;
      groups.stream()
          .filter(group -> group.members.contains(name))
          .forEach(group -> all.add((int) group.gid));
    }
    for (String extra : additional) {
      all.add(
          (int)
              (long) group(extra).map(Group::gid).orElseGet(() -> number(extra, "group", "group")));
    }
    String home = found.map(User::home).filter(path -> !path.isEmpty()).orElse("/");
    return new Account((int) uid, (int) gid, List.copyOf(all), home);
  }

  private Optional<User> user(String text) {
    if (text.isEmpty()) {
      return first(users, user -> user.uid == 0).or(() -> Optional.of(new User("root", 0, 0, "/")));
    }
    return first(users, user -> user.name.equals(text))
        .or(() -> id(text).flatMap(uid -> first(users, user -> user.uid == uid)));
  }

  private Optional<Group> group(String text) {
    return first(groups, group -> group.name.equals(text))
        .or(() -> id(text).flatMap(gid -> first(groups, group -> group.gid == gid)));
  }

  private static <T> Optional<T> first(List<T> list, Predicate<T> wanted) {
    return list.stream().filter(wanted).findFirst();
  }

  private static long number(String text, String kind, String file) {
    Optional<Long> id = id(text);
    if (id.isPresent()) {
      return id.get();
    }
    if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw new UnknownAccountException("uids and gids must be in range 0-2147483647");
    }
    throw new UnknownAccountException(
        "unable to find %s %s: no matching entries in %s file".formatted(kind, text, file));
  }

  private static Optional<Long> id(String text) {
    if (text.isEmpty() || text.length() > 10 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    long id = Long.parseLong(text);
    return id <= ID_MAX ? Optional.of(id) : Optional.empty();
  }

  private static List<String[]> lines(byte[] file, int fields) {
    return new String(file, StandardCharsets.UTF_8)
        .lines()
        .map(String::trim)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(line -> line.split(":", -1))
        .filter(parts -> parts.length >= fields)
        .toList();
  }
}
