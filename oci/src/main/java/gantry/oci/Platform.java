package gantry.oci;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// What a program runs on: `linux/amd64`, `linux/arm/v7`; in Go's names.
///
/// Spec: OCI image-spec 1.1, `image-index.md`, `platform`. The normal form and the rules of
/// matching are those of containerd's `platforms`: `x86_64` is `amd64`, `aarch64` is `arm64` whose
/// `v8` goes without saying, `armhf` is `arm/v7`, `armel` is `arm/v6`.
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Platform(
    String architecture,
    String os,
    @JsonProperty("os.version") Optional<String> osVersion,
    @JsonProperty("os.features") List<String> osFeatures,
    Optional<String> variant) {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_.-]+");

  public Platform {
    architecture = Values.text(architecture);
    os = Values.text(os);
    osVersion = osVersion.filter(v -> !v.isEmpty());
    osFeatures = Values.list(osFeatures);
    variant = variant.filter(v -> !v.isEmpty());
  }

  /// Operating system and architecture alone.
  public static Platform of(String os, String architecture) {
    return of(os, architecture, Optional.empty());
  }

  /// Operating system, architecture and variant, in normal form.
  public static Platform of(String os, String architecture, Optional<String> variant) {
    return new Platform(architecture, os, Optional.empty(), List.of(), variant).normalized();
  }

  /// What this machine runs itself.
  public static Platform host() {
    return of("linux", System.getProperty("os.arch", "amd64"));
  }

  /// Reads `os[/arch[/variant]]` or an architecture alone, in normal form; what is missing is the
  /// host's.
  ///
  /// @throws FormatException in containerd's words
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    for (String part : parts) {
      if (!PART.matcher(part).matches()) {
        throw new FormatException(
            "\"%s\" is an invalid component of \"%s\": platform specifier component must match \"%s\": invalid argument"
                .formatted(part, text, "^[A-Za-z0-9_.-]+$"));
      }
    }
    return switch (parts.length) {
      case 1 -> parseSingle(parts[0], text);
      case 2 -> of(parts[0], parts[1]);
      case 3 -> of(parts[0], parts[1], Optional.of(parts[2]));
      default ->
          throw new FormatException(
              "\"%s\": cannot parse platform specifier: invalid argument".formatted(text));
    };
  }

  private static Platform parseSingle(String part, String text) {
    String word = part.toLowerCase(Locale.ROOT);
    Platform host = host();
    if (isOs(word)) {
      return of(word, host.architecture, host.variant);
    }
    Platform candidate = of(host.os, word);
    if (isArchitecture(candidate.architecture)) {
      return candidate;
    }
    throw new FormatException(
        "\"%s\": unknown operating system or architecture: invalid argument".formatted(text));
  }

  private static boolean isOs(String word) {
    return switch (word) {
      case "aix",
          "android",
          "darwin",
          "dragonfly",
          "freebsd",
          "illumos",
          "ios",
          "js",
          "linux",
          "macos",
          "netbsd",
          "openbsd",
          "plan9",
          "solaris",
          "wasip1",
          "windows" ->
          true;
      default -> false;
    };
  }

  private static boolean isArchitecture(String word) {
    return switch (word) {
      case "386",
          "amd64",
          "arm",
          "arm64",
          "loong64",
          "mips",
          "mips64",
          "mips64le",
          "mipsle",
          "ppc64",
          "ppc64le",
          "riscv",
          "riscv64",
          "s390",
          "s390x",
          "sparc",
          "sparc64",
          "wasm" ->
          true;
      default -> false;
    };
  }

  /// The same platform in the one form that is compared.
  public Platform normalized() {
    String system = os.toLowerCase(Locale.ROOT);
    String machine = architecture.toLowerCase(Locale.ROOT);
    String kind = variant.orElse("").toLowerCase(Locale.ROOT);
    switch (machine) {
      case "i386" -> {
        machine = "386";
        kind = "";
      }
      case "x86_64", "x86-64", "amd64" -> {
        machine = "amd64";
        kind = kind.equals("v1") ? "" : kind;
      }
      case "aarch64", "arm64" -> {
        machine = "arm64";
        kind = kind.equals("8") || kind.equals("v8") ? "" : kind;
      }
      case "armhf" -> {
        machine = "arm";
        kind = "v7";
      }
      case "armel" -> {
        machine = "arm";
        kind = "v6";
      }
      case "arm" ->
          kind =
              switch (kind) {
                case "", "7" -> "v7";
                case "5", "6", "8" -> "v" + kind;
                default -> kind;
              };
      default -> {}
    }
    return new Platform(
        machine,
        system.equals("macos") ? "darwin" : system,
        osVersion,
        osFeatures,
        Optional.of(kind));
  }

  /// Whether an image made for `image` runs where this platform is asked for: the same, or an older
  /// variant (`arm/v7` runs `arm/v6`, `arm64` runs none of `arm`'s).
  public boolean runs(Platform image) {
    Platform mine = normalized();
    Platform theirs = image.normalized();
    if (!mine.os.equals(theirs.os) || !mine.architecture.equals(theirs.architecture)) {
      return false;
    }
    return mine.variant.equals(theirs.variant)
        || (mine.variantNumber() >= theirs.variantNumber() && theirs.variantNumber() >= 0);
  }

  /// The order of preference among images that [#runs]: the nearest variant comes first.
  public static Comparator<Platform> nearestFirst() {
    return Comparator.comparingInt((Platform p) -> p.normalized().variantNumber()).reversed();
  }

  /// The number in `v7`; what goes without saying is `v1` of amd64 and `v8` of arm64. -1 for a
  /// word.
  private int variantNumber() {
    String text = variant.orElse(architecture.equals("arm64") ? "v8" : "v1");
    if (text.length() != 2 || text.charAt(0) != 'v' || !Character.isDigit(text.charAt(1))) {
      return -1;
    }
    return text.charAt(1) - '0';
  }

  /// `os/arch[/variant]`.
  @Override
  public String toString() {
    return os + "/" + architecture + variant.map(v -> "/" + v).orElse("");
  }
}
