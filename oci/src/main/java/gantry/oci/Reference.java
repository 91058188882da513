package gantry.oci;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The name of an image: `docker.io/library/alpine:3.20` or `quay.io/x/y@sha256:…`, complete with
/// its domain.
///
/// ```
/// reference := name [ ":" tag ] [ "@" digest ]
/// name      := domain "/" path
/// path      := component { "/" component }   component: a-z 0-9, separated by . _ __ or dashes
/// tag       := [A-Za-z0-9_] then up to 127 of [A-Za-z0-9_.-]
/// ```
///
/// The path is at most 255 characters with its domain. Spec: the grammar and normal form of
/// `distribution/reference`, which every Docker client shares.
public record Reference(String domain, String path, Optional<String> tag, Optional<Digest> digest)
    implements Comparable<Reference> {
  private static final String DEFAULT_DOMAIN = "docker.io";
  private static final String LEGACY_DEFAULT_DOMAIN = "index.docker.io";
  private static final String OFFICIAL = "library/";
  private static final String DEFAULT_TAG = "latest";
  private static final int NAME_MAX = 255;

  private static final Pattern DOMAIN =
      Pattern.compile(
          "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
              + "(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*"
              + "|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?");
  private static final Pattern COMPONENT =
      Pattern.compile("[a-z0-9]++(?:(?:[._]|__|-++)[a-z0-9]++)*+");
  private static final Pattern TAG = Pattern.compile("[\\w][\\w.-]{0,127}");
  private static final Pattern HEX_ID = Pattern.compile("[a-f0-9]{64}");

  public Reference {
    checkDomain(domain);
    checkPath(path);
    if (domain.length() + 1 + path.length() > NAME_MAX) {
      throw new FormatException(
          "repository name must not be more than " + NAME_MAX + " characters");
    }
    tag.ifPresent(Reference::checkTag);
  }

  /// Reads what a user types: `alpine` is `docker.io/library/alpine`, without a tag.
  ///
  /// @throws FormatException in Docker's words: `invalid reference format`, …
  @JsonCreator
  public static Reference parse(String text) {
    if (text.isEmpty()) {
      throw new FormatException("invalid reference format");
    }
    if (HEX_ID.matcher(text).matches()) {
      throw new FormatException(
          "invalid repository name (%s), cannot specify 64-byte hexadecimal strings"
              .formatted(text));
    }
    int at = text.indexOf('@');
    Optional<Digest> digest =
        at < 0 ? Optional.empty() : Optional.of(parseDigest(text.substring(at + 1)));
    String rest = at < 0 ? text : text.substring(0, at);
    int slash = rest.indexOf('/');
    boolean hasDomain = slash >= 0 && isDomain(rest.substring(0, slash));
    String domain = hasDomain ? rest.substring(0, slash) : DEFAULT_DOMAIN;
    String remainder = hasDomain ? rest.substring(slash + 1) : rest;
    int colon = remainder.indexOf(':');
    Optional<String> tag =
        colon < 0 ? Optional.empty() : Optional.of(remainder.substring(colon + 1));
    String path = colon < 0 ? remainder : remainder.substring(0, colon);
    return normalized(domain, path, tag, digest);
  }

  private static Reference normalized(
      String domain, String path, Optional<String> tag, Optional<Digest> digest) {
    if (!path.equals(path.toLowerCase(Locale.ROOT))) {
      throw new FormatException(
          "invalid reference format: repository name (%s) must be lowercase".formatted(path));
    }
    String host = domain.equals(LEGACY_DEFAULT_DOMAIN) ? DEFAULT_DOMAIN : domain;
    boolean official = host.equals(DEFAULT_DOMAIN) && path.indexOf('/') < 0;
    return new Reference(host, official ? OFFICIAL + path : path, tag, digest);
  }

  /// The first part of a name is a domain when it cannot be a path component that a user means.
  private static boolean isDomain(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  private static Digest parseDigest(String text) {
    try {
      return Digest.parse(text);
    } catch (FormatException e) {
      boolean shaped =
          text.matches("[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}");
      throw shaped ? e : new FormatException("invalid reference format", e);
    }
  }

  private static void checkDomain(String domain) {
    if (!DOMAIN.matcher(domain).matches()) {
      throw new FormatException("invalid reference format");
    }
  }

  private static void checkPath(String path) {
    if (path.length() > NAME_MAX) {
      throw new FormatException(
          "repository name must not be more than " + NAME_MAX + " characters");
    }
    for (String component : path.split("/", -1)) {
      if (!COMPONENT.matcher(component).matches()) {
        throw new FormatException("invalid reference format");
      }
    }
  }

  private static void checkTag(String tag) {
    if (!isTag(tag)) {
      throw new FormatException("invalid reference format");
    }
  }

  /// Whether `text` can be a tag.
  public static boolean isTag(String text) {
    return TAG.matcher(text).matches();
  }

  /// Domain and path: `docker.io/library/alpine`.
  public String name() {
    return domain + "/" + path;
  }

  /// The same repository, without tag and digest.
  public Reference repository() {
    return new Reference(domain, path, Optional.empty(), Optional.empty());
  }

  /// With the tag `latest` where there is neither tag nor digest.
  public Reference withDefaultTag() {
    return tag.isPresent() || digest.isPresent() ? this : withTag(DEFAULT_TAG);
  }

  /// The same repository under this tag, without digest.
  public Reference withTag(String replaced) {
    return new Reference(domain, path, Optional.of(replaced), Optional.empty());
  }

  /// The same repository at this digest, without tag.
  public Reference withDigest(Digest replaced) {
    return new Reference(domain, path, Optional.empty(), Optional.of(replaced));
  }

  /// Without its tag where it has both tag and digest: the digest alone decides.
  public Reference canonical() {
    return digest.map(this::withDigest).orElse(this);
  }

  /// Domain and path as users write them: `alpine`, `quay.io/x/y`.
  public String familiarName() {
    if (!domain.equals(DEFAULT_DOMAIN)) {
      return name();
    }
    boolean official = path.startsWith(OFFICIAL) && path.indexOf('/', OFFICIAL.length()) < 0;
    return official ? path.substring(OFFICIAL.length()) : path;
  }

  /// As users write it: `alpine:3.20`, `alpine@sha256:…`.
  public String familiar() {
    return familiarName() + suffix();
  }

  private String suffix() {
    return tag.map(t -> ":" + t).orElse("") + digest.map(d -> "@" + d).orElse("");
  }

  @Override
  public int compareTo(Reference other) {
    return toString().compareTo(other.toString());
  }

  /// The complete form: `docker.io/library/alpine:3.20`.
  @JsonValue
  @Override
  public String toString() {
    return name() + suffix();
  }
}
