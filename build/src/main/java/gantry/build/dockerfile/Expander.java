package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Expands the words of one instruction; an error names the instruction's place.
final class Expander {
  private final Origin origin;
  private final Variables variables;

  Expander(Origin origin, Variables variables) {
    this.origin = origin;
    this.variables = variables;
  }

  String word(String raw) {
    return at(raw, () -> Expansion.word(raw, origin.escape(), variables));
  }

  Optional<String> word(Optional<String> raw) {
    return raw.map(this::word);
  }

  List<String> each(List<String> raw) {
    return raw.stream().map(this::word).toList();
  }

  /// A word that may become several, or none.
  List<String> divided(List<String> raw) {
    return raw.stream()
        .flatMap(w -> at(w, () -> Expansion.words(w, origin.escape(), variables)).stream())
        .toList();
  }

  List<KeyValue> pairs(List<KeyValue> raw) {
    return raw.stream().map(p -> new KeyValue(word(p.key()), word(p.value()))).toList();
  }

  List<Heredoc> bodies(List<Heredoc> raw) {
    return raw.stream().map(this::body).toList();
  }

  private Heredoc body(Heredoc raw) {
    return raw.expands()
        ? raw.withContent(at("<<" + raw.name(), () -> Expansion.body(raw.content(), variables)))
        : raw;
  }

  private <T> T at(String raw, Supplier<T> expansion) {
    try {
      return expansion.get();
    } catch (ExpansionException e) {
      throw origin.problem(
          "failed to process %s: %s".formatted(GoText.quote(raw), e.getMessage()), raw);
    }
  }
}
