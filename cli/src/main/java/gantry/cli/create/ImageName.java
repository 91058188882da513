package gantry.cli.create;

import java.util.Locale;
import java.util.Optional;

/// An image's name as users write it: `busybox`, `host:5000/a/b:tag`, `name@sha256:…`.
///
/// @param name the repository in full, e.g. `docker.io/library/busybox`
/// @param tag empty when none was written
/// @param digest empty when none was written
public record ImageName(String name, String tag, String digest) {

  private static final String HUB = "docker.io";

  /// Parses a name.
  ///
  /// @throws IllegalArgumentException with the reference library's words
  public static ImageName parse(String text) {
    if (text.length() == 64 && isHex(text)) {
      throw new IllegalArgumentException(
          "invalid repository name (" + text + "), cannot specify 64-byte hexadecimal strings");
    }
    int slash = text.indexOf('/');
    String first = slash < 0 ? "" : text.substring(0, slash);
    boolean host =
        first.indexOf('.') >= 0
            || first.indexOf(':') >= 0
            || first.equals("localhost")
            || !first.equals(first.toLowerCase(Locale.ROOT));
    String domain = host ? first : HUB;
    String rest = host ? text.substring(slash + 1) : text;
    if (domain.equals("index.docker.io")) {
      domain = HUB;
    }
    if (domain.equals(HUB) && rest.indexOf('/') < 0) {
      rest = "library/" + rest;
    }
    int at = rest.indexOf('@');
    String digest = at < 0 ? "" : rest.substring(at + 1);
    String path = at < 0 ? rest : rest.substring(0, at);
    int colon = path.indexOf(':');
    String tag = colon < 0 ? "" : path.substring(colon + 1);
    String repository = colon < 0 ? path : path.substring(0, colon);
    if (!repository.equals(repository.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          "invalid reference format: repository name (" + repository + ") must be lowercase");
    }
    boolean right = isPath(repository) && (colon < 0 || isTag(tag)) && (at < 0 || isDigest(digest));
    if (!right) {
      throw new IllegalArgumentException("invalid reference format");
    }
    return new ImageName(domain + "/" + repository, tag, digest);
  }

  /// The name that a text has, or nothing when it is no name: it may be an ID then.
  public static Optional<ImageName> tryParse(String text) {
    try {
      return Optional.of(parse(text));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  private static boolean isPath(String path) {
    for (String component : path.split("/", -1)) {
      if (!isComponent(component)) {
        return false;
      }
    }
    return path.length() <= 255;
  }

  /// Lower-case letters and digits, parted by a dot, one or two underscores, or any number of
  /// dashes.
  private static boolean isComponent(String component) {
    int separators = 0;
    char separator = 0;
    for (int i = 0; i < component.length(); i++) {
      char c = component.charAt(i);
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
        separators = 0;
        continue;
      }
      boolean known = c == '.' || c == '_' || c == '-';
      boolean mixed = separators > 0 && c != separator;
      separator = c;
      separators++;
      boolean tooMany = c == '.' ? separators > 1 : c == '_' && separators > 2;
      if (!known || mixed || tooMany || i == 0) {
        return false;
      }
    }
    return !component.isEmpty() && separators == 0;
  }

  private static boolean isTag(String tag) {
    boolean right =
        !tag.isEmpty() && tag.length() <= 128 && tag.charAt(0) != '.' && tag.charAt(0) != '-';
    return right
        && tag.chars()
            .allMatch(
                c -> c < 128 && (Character.isLetterOrDigit(c) || c == '_' || c == '.' || c == '-'));
  }

  private static boolean isDigest(String digest) {
    int colon = digest.indexOf(':');
    return colon > 0 && digest.length() - colon > 32 && isHex(digest.substring(colon + 1));
  }

  private static boolean isHex(String text) {
    return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  /// The name without what everybody's names begin with: `busybox`.
  public String familiarName() {
    String bare = name.startsWith(HUB + "/") ? name.substring(HUB.length() + 1) : name;
    return bare.startsWith("library/") && name.startsWith(HUB)
        ? bare.substring("library/".length())
        : bare;
  }

  /// The familiar name with tag or digest; `latest` where neither was written.
  public String familiar() {
    String suffix =
        tag.isEmpty() && digest.isEmpty()
            ? ":latest"
            : (tag.isEmpty() ? "" : ":" + tag) + (digest.isEmpty() ? "" : "@" + digest);
    return familiarName() + suffix;
  }

  /// The part that a pull asks for besides the name: the digest, the tag, or `latest`.
  public String tagOrDigest() {
    return !digest.isEmpty() ? digest : tag.isEmpty() ? "latest" : tag;
  }
}
