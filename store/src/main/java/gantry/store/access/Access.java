package gantry.store.access;

import gantry.oci.Json;
import gantry.store.content.Glob;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who may do what: users with passwords, robots with tokens, rules. Thread-safe.
///
/// Clients show a password (`Basic`) at [#issue] or with any request, and afterwards the token that
/// they got (`Bearer`).
public final class Access {
  private static final String SERVICE = "gantry-store";
  private static final int KEY_BYTES = 32;

  private final Optional<Users> users;
  private final Robots robots;
  private final Tokens tokens;
  private final List<Rule> rules;

  private Access(Optional<Users> users, Robots robots, Tokens tokens, List<Rule> rules) {
    this.users = users;
    this.robots = robots;
    this.tokens = tokens;
    this.rules = rules;
  }

  /// Opens what `root` has of robots and keys.
  ///
  /// @param htpasswd the users; without them there are robots alone
  /// @param rules what anybody may do
  public static Access open(Path root, Optional<Path> htpasswd, List<Rule> rules)
      throws IOException {
    Optional<Users> users =
        htpasswd.isPresent() ? Optional.of(new Users(htpasswd.get())) : Optional.empty();
    return new Access(
        users,
        new Robots(root.resolve("robots.json")),
        new Tokens(key(root.resolve("token.key"))),
        List.copyOf(rules));
  }

  /// The rules where nothing was configured: everybody may read, and write where `open`, else who
  /// is logged in.
  public static List<Rule> defaultRules(boolean open) {
    Set<Action> all = EnumSet.allOf(Action.class);
    return List.of(
        new Rule(Glob.of("**"), Set.of(Rule.EVERYBODY), EnumSet.of(Action.PULL)),
        new Rule(Glob.of("**"), Set.of(open ? Rule.EVERYBODY : Rule.USERS), all));
  }

  private static byte[] key(Path file) throws IOException {
    if (Files.exists(file) && Files.size(file) == KEY_BYTES) {
      return Files.readAllBytes(file);
    }
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(file, key, StandardOpenOption.WRITE);
    return key;
  }

  public Robots robots() {
    return robots;
  }

  /// Whether there is anybody to log in as.
  public boolean hasUsers() {
    return users.isPresent() || !robots.list().isEmpty();
  }

  /// Who sends a request with this `Authorization`; empty when what it shows is wrong or over.
  public Optional<Principal> authenticate(Optional<String> authorization) {
    if (authorization.isEmpty()) {
      return Optional.of(Principal.ANONYMOUS);
    }
    String[] words = authorization.get().strip().split("\\s+", 2);
    if (words.length < 2) {
      return Optional.empty();
    }
    return switch (words[0].toLowerCase(Locale.ROOT)) {
      case "bearer" -> tokens.verify(words[1], Instant.now());
      case "basic" -> basic(words[1]);
      default -> Optional.empty();
    };
  }

  /// Whether [#authenticate] needs no password check, which takes long.
  public static boolean quick(Optional<String> authorization) {
    return authorization.isEmpty() || !authorization.get().regionMatches(true, 0, "basic", 0, 5);
  }

  private Optional<Principal> basic(String encoded) {
    String text;
    try {
      text = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
    int colon = text.indexOf(':');
    return colon < 0
        ? Optional.empty()
        : login(text.substring(0, colon), text.substring(colon + 1));
  }

  /// Who has this name and password.
  public Optional<Principal> login(String name, String password) {
    boolean right =
        Robots.isRobot(name)
            ? robots.check(name, password, Instant.now())
            : users.isPresent() && users.get().check(name, password);
    return right ? Optional.of(new Principal(name, Optional.empty())) : Optional.empty();
  }

  /// Whether somebody may do that, and the token shown was made for it.
  public boolean may(Principal principal, CharSequence repository, Action action) {
    boolean asked =
        principal.scope().isEmpty()
            || principal.scope().get().stream()
                .anyMatch(
                    grant ->
                        grant.repository().contentEquals(repository)
                            && grant.actions().contains(action));
    return asked && allowed(principal, repository, action);
  }

  /// Whether somebody may do that, whatever the token shown was made for.
  public boolean allowed(Principal principal, CharSequence repository, Action action) {
    if (Robots.isRobot(principal.name())) {
      return robots.allows(principal.name(), repository, action, Instant.now())
          || rules.stream().anyMatch(r -> r.allows(Principal.ANONYMOUS, repository, action));
    }
    return rules.stream().anyMatch(rule -> rule.allows(principal, repository, action));
  }

  /// A token for what is asked for, as far as it is allowed, in the JSON that clients expect.
  ///
  /// Spec: distribution's `docs/content/spec/auth/token.md`.
  public byte[] issue(Principal principal, List<String> scopes) {
    List<Grant> grants =
        scopes.stream()
            .flatMap(text -> List.of(text.split(" ", -1)).stream())
            .flatMap(scope -> Grant.parse(scope).stream())
            .map(grant -> allowed(principal, grant))
            .filter(grant -> !grant.actions().isEmpty())
            .toList();
    Instant now = Instant.now();
    String token = tokens.issue(principal.name(), grants, now);
    return Json.write(
        Map.of(
            "token",
            token,
            "access_token",
            token,
            "expires_in",
            Tokens.LIFETIME.toSeconds(),
            "issued_at",
            now.toString()));
  }

  private Grant allowed(Principal principal, Grant grant) {
    Set<Action> actions = EnumSet.noneOf(Action.class);
    for (Action action : grant.actions()) {
      if (allowed(principal, grant.repository(), action)) {
        actions.add(action);
      }
    }
    return new Grant(grant.repository(), actions);
  }

  /// What a client is told that must show who it is.
  ///
  /// @param origin scheme and host as the client knows us: `https://store.example`
  /// @param scope what a token has to be made for; empty for none in particular
  public static String challenge(String origin, String scope) {
    String realm = "Bearer realm=\"%s/token\",service=\"%s\"".formatted(origin, SERVICE);
    return scope.isEmpty() ? realm : realm + ",scope=\"" + scope + "\"";
  }
}
