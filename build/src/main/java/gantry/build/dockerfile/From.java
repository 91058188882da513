package gantry.build.dockerfile;

import java.util.Optional;

/// `FROM [--platform=PLATFORM] BASE [AS NAME]`: begins a stage.
///
/// @param base an image, `scratch` or an earlier stage: [Dockerfile#base] tells which
/// @param name in lower case
/// @param nameAsWritten the name as it stands in the file, for messages
/// @param as the word between, as written
public record From(
    Origin origin,
    String base,
    Optional<String> platform,
    Optional<String> name,
    Optional<String> nameAsWritten,
    Optional<String> as)
    implements Instruction {
  /// The base that has no files.
  public static final String SCRATCH = "scratch";

  @Override
  public From expand(Variables variables) {
    Expander expander = new Expander(origin, variables);
    String expanded = expander.word(base);
    if (expanded.isBlank()) {
      throw origin.problem("base name (%s) should not be blank".formatted(base), base);
    }
    Optional<String> expandedPlatform = expander.word(platform);
    if (expandedPlatform.filter(String::isBlank).isPresent()) {
      String raw = platform.orElse("");
      throw origin.problem(
          "empty platform value from expression %s%s"
              .formatted(raw, Suggestion.of(raw.replaceAll("[${}]", ""), Dockerfile.PLATFORM_ARGS)),
          raw);
    }
    return new From(origin, expanded, expandedPlatform, name, nameAsWritten, as);
  }
}
