package gantry.build.context;

import gantry.build.BuildException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A git repository, and what of it is meant, as contexts and ADD name it:
/// `https://github.com/moby/buildkit.git#v0.25.0:docs`, `git@github.com:moby/buildkit.git`,
/// `ssh://git@host/repo?branch=main&subdir=docs`.
///
/// Source: Docker's documentation, "Build context", "Git repositories" and "URL queries".
///
/// @param remote what git is given: a URL or `user@host:path`
/// @param reference a branch, a tag, a full reference or a commit; empty for the default branch
/// @param subdirectory of the repository, below its root; empty for all of it
/// @param commit which commit it has to come to: all 40 (or 64) hex characters, or its beginning
/// @param keepGitDirectory whether `.git` stays among the files
/// @param submodules whether those are fetched too
public record GitReference(
    String remote,
    Optional<String> reference,
    String subdirectory,
    Optional<String> commit,
    boolean keepGitDirectory,
    boolean submodules) {
  private static final Pattern SCP = Pattern.compile("[A-Za-z0-9_-]+@[A-Za-z0-9.-]+:(?!//)[^#?]*");
  private static final Pattern SCHEME = Pattern.compile("(?i)(https?|ssh|git)://.*");
  private static final Pattern WEB = Pattern.compile("(?i)https?://.*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{7,64}");

  public GitReference {
    check(!remote.startsWith("-"), "a git repository cannot begin with '-': '%s'", remote);
    reference.ifPresent(
        name ->
            check(
                name.matches("[^-\\s~^:?*\\[\\\\][^\\s~^:?*\\[\\\\]*") && !name.contains(".."),
                "'%s' is no name of a branch, a tag or a commit",
                name));
    commit.ifPresent(
        hex ->
            check(
                COMMIT.matcher(hex).matches(),
                "'%s' is no commit: expected 7 to 64 lower-case hex characters",
                hex));
    check(
        !("/" + subdirectory + "/").contains("/../"),
        "'%s' leads out of the git repository",
        subdirectory);
  }

  private static void check(boolean right, String message, String value) {
    if (!right) {
      throw BuildException.invalid(message.formatted(value));
    }
  }

  /// Reads such a text; empty if it means something else: a path, or a file at a URL.
  ///
  /// @throws BuildException if it means a repository and something in it is wrong
  public static Optional<GitReference> parse(String text) {
    String location = text.startsWith("github.com/") ? "https://" + text : text;
    int hash = location.indexOf('#');
    String fragment = hash < 0 ? "" : location.substring(hash + 1);
    String remote = hash < 0 ? location : location.substring(0, hash);
    int question = remote.indexOf('?');
    String query = question < 0 ? "" : remote.substring(question + 1);
    String bare = question < 0 ? remote : remote.substring(0, question);
    if (SCP.matcher(bare).matches()) {
      return Optional.of(of(bare, fragment, query));
    }
    if (!SCHEME.matcher(bare).matches()
        || (WEB.matcher(bare).matches() && !isRepository(text, bare))) {
      return Optional.empty();
    }
    checkUrl(bare);
    return Optional.of(of(bare, fragment, query));
  }

  /// What is at a web address may be any file; a repository has `.git` at its end.
  private static boolean isRepository(String text, String url) {
    return url.endsWith(".git") || text.startsWith("github.com/");
  }

  private static void checkUrl(String url) {
    try {
      URI uri = new URI(url);
      check(
          uri.getHost() != null && !uri.getHost().startsWith("-"),
          "'%s' is no URL of a git repository",
          url);
    } catch (URISyntaxException e) {
      throw BuildException.invalid(
          "'%s' is no URL of a git repository: %s".formatted(url, e.getReason()));
    }
  }

  private static GitReference of(String remote, String fragment, String query) {
    Map<String, String> options = options(query);
    int colon = fragment.indexOf(':');
    String fragmentReference = colon < 0 ? fragment : fragment.substring(0, colon);
    String fragmentDirectory = colon < 0 ? "" : fragment.substring(colon + 1);
    Optional<String> reference = nonEmpty(fragmentReference);
    for (String name : new String[] {"ref", "branch", "tag"}) {
      Optional<String> value =
          Optional.ofNullable(options.remove(name)).flatMap(GitReference::nonEmpty);
      if (value.isPresent()) {
        check(reference.isEmpty(), "more than one of #, ref, branch and tag: '%s'", query);
        reference = value.map(text -> full(name, text));
      }
    }
    String directory = options.getOrDefault("subdir", "");
    options.remove("subdir");
    check(directory.isEmpty() || fragmentDirectory.isEmpty(), "two subdirectories: '%s'", query);
    Optional<String> commit = Optional.ofNullable(options.remove("commit"));
    Optional<String> checksum = Optional.ofNullable(options.remove("checksum"));
    boolean keep = truth("keep-git-dir", options.remove("keep-git-dir"), false);
    boolean submodules = truth("submodules", options.remove("submodules"), true);
    check(options.isEmpty(), "unexpected query '%s'", String.join(",", options.keySet()));
    return new GitReference(
        remote,
        reference.isPresent() ? reference : commit,
        TreePath.clean(directory.isEmpty() ? checked(fragmentDirectory) : checked(directory)),
        commit.isPresent() ? commit : checksum,
        keep,
        submodules);
  }

  /// Refused before it is cleaned, when it can still be seen.
  private static String checked(String subdirectory) {
    check(
        !("/" + subdirectory + "/").contains("/../"),
        "'%s' leads out of the git repository",
        subdirectory);
    return subdirectory;
  }

  private static String full(String kind, String name) {
    return switch (kind) {
      case "branch" -> "refs/heads/" + name;
      case "tag" -> "refs/tags/" + name;
      default -> name;
    };
  }

  private static Optional<String> nonEmpty(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private static Map<String, String> options(String query) {
    Map<String, String> options = new LinkedHashMap<>();
    for (String pair : query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
      String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
      check(options.put(name, value) == null, "'%s' is there twice", name);
    }
    return options;
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw BuildException.invalid("'%s': %s".formatted(text, e.getMessage()));
    }
  }

  private static boolean truth(
      String name, @org.jspecify.annotations.Nullable String value, boolean otherwise) {
    return switch (value) {
      case null -> otherwise;
      case "", "1", "true" -> true;
      case "0", "false" -> false;
      default ->
          throw BuildException.invalid("%s is true or false, got '%s'".formatted(name, value));
    };
  }

  /// The same with `.git` kept among the files (`ADD --keep-git-dir`).
  public GitReference keepingGitDirectory() {
    return new GitReference(remote, reference, subdirectory, commit, true, submodules);
  }

  /// The same, bound to a commit (`ADD --checksum`).
  ///
  /// @throws BuildException if `hex` is no commit
  public GitReference at(String hex) {
    return new GitReference(
        remote, reference, subdirectory, Optional.of(hex), keepGitDirectory, submodules);
  }

  /// The host and path alone, without a password: for logs.
  @Override
  public String toString() {
    Matcher user = Pattern.compile("://[^/@]*@").matcher(remote);
    return user.replaceFirst("://") + reference.map(name -> "#" + name).orElse("");
  }
}
