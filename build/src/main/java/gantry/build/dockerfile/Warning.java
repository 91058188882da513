package gantry.build.dockerfile;

/// A place in a Dockerfile that breaks a rule.
///
/// @param message in Docker's words
public record Warning(Rule rule, String message, Source source, Span span) {
  /// The message, and below it file, line, text and a caret.
  public String render() {
    return new Problem(source, span, rule + ": " + message).render();
  }
}
