package gantry.build.dockerfile;

import java.util.List;
import java.util.Optional;

/// The text of one `--mount=`, divided: `type=cache,target=/root/.m2,ro`.
public record MountOptions(List<Option> options) {
  public MountOptions {
    options = List.copyOf(options);
  }

  /// One of them.
  ///
  /// @param key in lower case
  public record Option(String key, Optional<String> value) {
    @Override
    public String toString() {
      return key + value.map(v -> "=" + v).orElse("");
    }
  }

  MountOptions expand(Expander expander) {
    return new MountOptions(
        options.stream().map(o -> new Option(o.key, expander.word(o.value))).toList());
  }

  /// Whether a value holds a variable, so that only an expanded instruction tells what it is.
  boolean varies() {
    return options.stream().anyMatch(o -> o.value.orElse("").indexOf('$') >= 0);
  }
}
